"""What Kraken shows of the past of one market: trades, spreads and candles, oldest first.

    GET /0/public/Trades?pair=XBTUSD[&since=&count=]    [["30243.40000", "0.34507674", 1688669597.8277369, "b", "m",
                                                          "", 61044952], ...] and "last" in nanoseconds
    GET /0/public/Spread?pair=XBTUSD[&since=]           [[1688671834, "30292.10000", "30297.50000"], ...]
    GET /0/public/OHLC?pair=XBTUSD[&interval=&since=]   [[1688671200, "30306.1", "30306.2", "30305.7", "30305.7",
                                                          "30306.1", "3.39243896", 23], ...]

The market's own past is what they show: each hundredth of a second a trade at the last price of then, each second a
spread, and candles from the last price at their beginning to that at their end. The number of a trade is that of its
hundredth since 1970, so what was once shown is found again, with the same price, as long as a since reaches back to it.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

from exchanges.exchange import Instrument
from exchanges.instruments import decimals_of
from exchanges.kraken.listing import id_of
from exchanges.kraken.target import Asked
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.view import View

_SECOND: Final = 1_000_000
_DAY_US: Final = 86_400 * _SECOND
_TRADE_US: Final = 10_000


def history_text(asked: Asked, view: View) -> str:
    """The result of Trades, Spread or OHLC."""
    (instrument,) = asked.instruments
    now = view.quote(instrument.pair)
    match asked.method:
        case "Trades":
            rows, last = _trades(asked, price_format(instrument), view, now)
        case "Spread":
            rows, last = _spreads(asked, price_format(instrument), view, now)
        case _:
            rows, last = _candles(asked, instrument, view, now)
    return f'{{"{id_of(instrument.symbol)}":[{",".join(rows)}],"last":{last}}}'


def price_format(instrument: Instrument) -> str:
    """How Kraken prints prices of a market: five decimals, or more where its grid needs them."""
    return f".{max(5, decimals_of(instrument.price_step))}f"


def opening_price(view: View, pair: Pair) -> Decimal:
    """What a pair cost when the day began, UTC."""
    return price_of(view.at(view.time_us // _DAY_US * _DAY_US).quote(pair))


def price_of(quote: Quote) -> Decimal:
    """The last price, which no quote of a Kraken that trades is without."""
    return quote.last or quote.bid


def _trades(asked: Asked, digits: str, view: View, now: Quote) -> tuple[list[str], str]:
    newest = view.time_us // _TRADE_US
    first, end = newest - asked.count + 1, newest + 1
    if asked.since:
        # A since of ten digits is in seconds, one of nineteen in nanoseconds, as in the "last" of an earlier answer.
        # The trades that follow it come first, so that "last" leads on to all the others.
        since_us = asked.since // 1000 if asked.since >= 10**15 else asked.since * _SECOND
        first = since_us // _TRADE_US + 1
        end = min(end, first + asked.count)
    numbers = range(max(first, 0), end)
    rows = [_trade(number, digits, _quote_at(number * _TRADE_US, view, now)) for number in numbers]
    last_us = numbers[-1] * _TRADE_US if numbers else view.time_us
    return rows, f'"{last_us * 1000}"'


def _trade(number: int, digits: str, quote: Quote) -> str:
    price = price_of(quote)
    side = "b" if price >= quote.ask else "s"
    seconds, part = divmod(number * _TRADE_US, _SECOND)
    return f'["{price:{digits}}","{_size(100, price)}",{seconds}.{part:06},"{side}","m","",{number}]'


def _spreads(asked: Asked, digits: str, view: View, now: Quote) -> tuple[list[str], str]:
    newest = view.time_us // _SECOND
    rows = []
    for at_s in range(max(newest - asked.count + 1, asked.since, 0), newest + 1):
        quote = _quote_at(at_s * _SECOND, view, now)
        rows.append(f'[{at_s},"{quote.bid:{digits}}","{quote.ask:{digits}}"]')
    return rows, str(newest)


def _candles(asked: Asked, instrument: Instrument, view: View, now: Quote) -> tuple[list[str], str]:
    width_s = asked.interval_min * 60
    newest = view.time_us // _SECOND // width_s
    oldest = max(newest - asked.count + 1, asked.since // width_s + 1 if asked.since else 0, 0)
    step, digits = instrument.price_step, f".{decimals_of(instrument.price_step)}f"
    closed = price_of(now)
    rows = []
    for number in range(newest, oldest - 1, -1):
        opened = price_of(_quote_at(number * width_s * _SECOND, view, now))
        rows.append(_candle(number * width_s, width_s, step, digits, opened, closed))
        closed = opened
    return rows[::-1], str((newest - 1) * width_s)


# Pure, and asked for again and again: the candles of an hour ago are in every answer.
@lru_cache(maxsize=8192)
def _candle(start_s: int, width_s: int, step: Decimal, digits: str, opened: Decimal, closed: Decimal) -> str:
    high, low = max(opened, closed) + step, min(opened, closed)
    prices = ",".join(f'"{price:{digits}}"' for price in (opened, high, low, closed, (high + low) / 2))
    return f'[{start_s},{prices},"{_size(width_s * 100, opened)}",{width_s}]'


def _quote_at(time_us: int, view: View, now: Quote) -> Quote:
    # What is of now may be disturbed, and is told as it stands.
    return now if time_us >= view.time_us else view.at(time_us).quote(now.pair)


def _size(money: int, price: Decimal) -> str:
    # How much of the base currency that buys; a disturbed price may be 0 or below it.
    return f"{money / price if price > 0 else 0:.8f}"
