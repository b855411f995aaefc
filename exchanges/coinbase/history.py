"""What Coinbase shows of the past: the latest trades, which its ticker is made of, and candles.

    GET /api/v3/brokerage/market/products/BTC-USD/ticker?limit=2[&start=...&end=...]         seconds since 1970
    GET /api/v3/brokerage/market/products/BTC-USD/candles?start=...&end=...&granularity=ONE_MINUTE
    {"candles": [{"start": "1673391780", "low": "17414.36", "high": "17417.99", "open": "17417.74",
                  "close": "17417.38", "volume": "1.87780853"}]}

Both come newest first, and nothing in them is from the future. The market's own past is what they show: each of its
ticks is a trade at the last price of then, whose id is its time in milliseconds, and a candle goes from the last price
at its beginning to that at its end. So a trade that was once the ticker's newest is found again among the older ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final

from exchanges.exchange import Instrument
from exchanges.quote import Quote
from exchanges.reading import time_text_for
from exchanges.view import View

MOST_TRADES: Final = 1000
MOST_CANDLES: Final = 350
GRANULARITIES: Final = {
    "ONE_MINUTE": 60, "FIVE_MINUTE": 300, "FIFTEEN_MINUTE": 900, "THIRTY_MINUTE": 1800, "ONE_HOUR": 3600,
    "TWO_HOUR": 7200, "FOUR_HOUR": 14_400, "SIX_HOUR": 21_600, "ONE_DAY": 86_400,
}  # fmt: skip
_SECOND: Final = 1_000_000


def ticker_text(quote: Quote, trades: str) -> str:
    """The ticker of these trades."""
    return f'{{"trades":[{trades}],"best_bid":"{quote.bid:f}","best_ask":"{quote.ask:f}"}}'


def trade_text(symbol: str, quote: Quote, time_us: int) -> str:
    """The trade that made the last price of a quote."""
    price = quote.last or quote.bid
    side = "BUY" if price >= quote.ask else "SELL"
    return (
        f'{{"trade_id":"{time_us // 1000}","product_id":"{symbol}","price":"{price:f}",'
        f'"size":"{size_text(10_000, quote.bid)}","time":"{time_text_for(time_us)}","side":"{side}","bid":"","ask":""}}'
    )


def trades_text(
    instrument: Instrument, view: View, trades: int, start_s: int | None = None, end_s: int | None = None
) -> str:
    """The newest ``trades``, those from ``start_s`` to ``end_s`` alone where these are given."""
    rows: list[str] = []
    for quote, at_us in _backwards(instrument, view, None if end_s is None else end_s * _SECOND):
        if len(rows) >= trades or at_us < (start_s or 0) * _SECOND:
            break
        rows.append(trade_text(instrument.symbol, quote, at_us))
    return ",".join(rows)


def _backwards(instrument: Instrument, view: View, end_us: int | None) -> Iterator[tuple[Quote, int]]:
    """The quotes of the past and their times, beginning with the one of now or, if it is earlier, of the end."""
    quote = view.quote(instrument.pair)
    # Its own time, which a client reads as that of the ticker, and which may be disturbed.
    at_us = view.time_us if quote.time_us is None else quote.time_us
    if end_us is None or at_us <= end_us:
        yield quote, at_us
        end_us = at_us - 1
    while end_us >= 0:
        view = view.at(end_us)
        yield view.quote(instrument.pair), view.time_us
        end_us = view.time_us - 1


def candles_text(
    instrument: Instrument, view: View, start_s: int, end_s: int, width_s: int, limit: int = MOST_CANDLES
) -> str:
    """The newest ``limit`` of the candles that begin from ``start_s`` to ``end_s`` and have begun already."""
    newest = min(end_s, view.time_us // _SECOND) // width_s * width_s
    starts = range(newest, max(start_s - 1, newest - limit * width_s), -width_s)
    closed = _last_price(view, instrument)
    if starts and (starts[0] + width_s) * _SECOND <= view.time_us:
        closed = _last_price(view.at((starts[0] + width_s) * _SECOND), instrument)
    rows: list[str] = []
    for start in starts:
        opened = _last_price(view.at(start * _SECOND), instrument)
        rows.append(_candle(start, width_s, instrument.price_step, opened, closed))
        closed = opened
    return f'{{"candles":[{",".join(rows)}]}}'


def size_text(money: int, price: Decimal) -> str:
    """How much of the base currency so much of the quote currency buys; a disturbed price may be 0 or below it."""
    return f"{money / price if price > 0 else 0:.8f}"


def _last_price(view: View, instrument: Instrument) -> Decimal:
    quote = view.quote(instrument.pair)
    return quote.last or quote.bid


# Pure, and asked for again and again: the candles of an hour ago are in every answer.
@lru_cache(maxsize=4096)
def _candle(start_s: int, width_s: int, step: Decimal, opened: Decimal, closed: Decimal) -> str:
    high, low = max(opened, closed) + step, min(opened, closed)
    volume = size_text(width_s * (1 + start_s // width_s % 7) * 100, opened)
    return (
        f'{{"start":"{start_s}","low":"{low:f}","high":"{high:f}","open":"{opened:f}","close":"{closed:f}",'
        f'"volume":"{volume}"}}'
    )
