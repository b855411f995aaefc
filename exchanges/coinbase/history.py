"""What Coinbase shows of the past: the latest trades, which its ticker is made of, and candles.

    GET /api/v3/brokerage/market/products/BTC-USD/ticker?limit=2[&start=...&end=...]         seconds since 1970
    GET /api/v3/brokerage/market/products/BTC-USD/candles?start=...&end=...&granularity=ONE_MINUTE
    {"candles": [{"start": "1673391780", "low": "17414.36", "high": "17417.99", "open": "17417.74",
                  "close": "17417.38", "volume": "1.87780853"}]}

Both come newest first. The past is invented from the quote of now: a trade each second that changes sides between bid
and ask, the newest of them carrying the quote's last price and time, and candles that wander by a few price steps.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.exchange import Instrument
from exchanges.quote import Quote
from exchanges.reading import time_text_for

MOST_TRADES: Final = 1000
MOST_CANDLES: Final = 350
GRANULARITIES: Final = {
    "ONE_MINUTE": 60, "FIVE_MINUTE": 300, "FIFTEEN_MINUTE": 900, "THIRTY_MINUTE": 1800, "ONE_HOUR": 3600,
    "TWO_HOUR": 7200, "FOUR_HOUR": 14_400, "SIX_HOUR": 21_600, "ONE_DAY": 86_400,
}  # fmt: skip
_SECOND: Final = 1_000_000


def ticker_text(
    instrument: Instrument, quote: Quote, trades: int, start_s: int | None = None, end_s: int | None = None
) -> str:
    """The ticker with its newest ``trades``, those from ``start_s`` to ``end_s`` alone where these are given."""
    rows = ",".join(_trades(instrument.symbol, quote, trades, start_s, end_s))
    return f'{{"trades":[{rows}],"best_bid":"{quote.bid:f}","best_ask":"{quote.ask:f}"}}'


def _trades(symbol: str, quote: Quote, trades: int, start_s: int | None, end_s: int | None) -> list[str]:
    now_us = quote.time_us or 0
    last = quote.last or quote.bid
    size = size_text(10_000, quote.bid)
    # Whole seconds back from now, so that the newest trade of an open-ended request is the quote's own.
    back = 0 if end_s is None else max(0, -((end_s * _SECOND - now_us) // _SECOND))
    rows: list[str] = []
    while len(rows) < trades:
        at_us = now_us - back * _SECOND
        if at_us < 0 or (start_s is not None and at_us < start_s * _SECOND):
            break
        number = at_us // _SECOND
        price = last if back == 0 else quote.ask if number % 2 else quote.bid
        side = "BUY" if price >= quote.ask else "SELL"
        rows.append(
            f'{{"trade_id":"{number}","product_id":"{symbol}","price":"{price:f}","size":"{size}",'
            f'"time":"{time_text_for(at_us)}","side":"{side}","bid":"","ask":""}}'
        )
        back += 1
    return rows


def candles_text(instrument: Instrument, quote: Quote, start_s: int, end_s: int, width_s: int) -> str:
    """The candles that begin from ``start_s`` to ``end_s``, at most MOST_CANDLES of them, the newest first."""
    newest = end_s - end_s % width_s
    starts = range(newest, max(start_s - 1, newest - MOST_CANDLES * width_s), -width_s)
    rows = ",".join(_candle(start, instrument.price_step, quote, width_s) for start in starts)
    return f'{{"candles":[{rows}]}}'


def size_text(money: int, price: Decimal) -> str:
    """How much of the base currency so much of the quote currency buys; a disturbed price may be 0 or below it."""
    return f"{money / price if price > 0 else 0:.8f}"


def _candle(start_s: int, step: Decimal, quote: Quote, width_s: int) -> str:
    number = start_s // width_s
    opened, closed = (quote.bid + step * _steps(at) for at in (number, number + 1))
    high, low = max(opened, closed) + step, min(opened, closed)
    volume = size_text(width_s * (1 + number % 7) * 100, quote.bid)
    return (
        f'{{"start":"{start_s}","low":"{low:f}","high":"{high:f}","open":"{opened:f}","close":"{closed:f}",'
        f'"volume":"{volume}"}}'
    )


def _steps(number: int) -> int:
    return number * 2_654_435_761 % 2**32 // 2**28
