"""What Kraken shows of the past of one market: trades, spreads and candles, oldest first.

    GET /0/public/Trades?pair=XBTUSD[&since=&count=]    [["30243.40000", "0.34507674", 1688669597.8277369, "b", "m",
                                                          "", 61044952], ...] and "last" in nanoseconds
    GET /0/public/Spread?pair=XBTUSD[&since=]           [[1688671834, "30292.10000", "30297.50000"], ...]
    GET /0/public/OHLC?pair=XBTUSD[&interval=&since=]   [[1688671200, "30306.1", "30306.2", "30305.7", "30305.7",
                                                          "30306.1", "3.39243896", 23], ...]

The past is invented from the quote of now: each second a trade that changes sides between bid and ask, the newest one
at the last price, and candles that wander by a few price steps.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.exchange import Instrument
from exchanges.instruments import decimals_of
from exchanges.kraken.listing import id_of
from exchanges.kraken.target import Asked
from exchanges.quote import Quote

_SPREADS: Final = 200
_CANDLES: Final = 720


def history_text(asked: Asked, quote: Quote, time_us: int) -> str:
    """The result of Trades, Spread or OHLC."""
    (instrument,) = asked.instruments
    now_s = time_us // 1_000_000
    match asked.method:
        case "Trades":
            rows, last = _trades(asked, instrument, quote, time_us), f'"{time_us * 1000}"'
        case "Spread":
            rows, last = _spreads(asked, instrument, quote, now_s), str(now_s)
        case _:
            width_s = asked.interval_min * 60
            rows, last = _candles(asked, instrument, quote, now_s), str(now_s // width_s * width_s - width_s)
    return f'{{"{id_of(instrument.symbol)}":[{",".join(rows)}],"last":{last}}}'


def price_format(instrument: Instrument) -> str:
    """How Kraken prints prices of a market: five decimals, or more where its grid needs them."""
    return f".{max(5, decimals_of(instrument.price_step))}f"


def _trades(asked: Asked, instrument: Instrument, quote: Quote, time_us: int) -> list[str]:
    digits, now_s, micros = price_format(instrument), time_us // 1_000_000, time_us % 1_000_000
    # A since of ten digits is in seconds, one of nineteen in nanoseconds, as in the "last" of an earlier answer.
    since_us = asked.since // 1000 if asked.since >= 10**15 else asked.since * 1_000_000
    first = max(now_s - _SPREADS + 1, 0)
    if asked.since:
        first = max(first, (since_us - micros) // 1_000_000 + 1)
    rows = []
    for at_s in range(first, now_s + 1)[-asked.count :]:
        price = (quote.last or quote.bid) if at_s == now_s else quote.ask if at_s % 2 else quote.bid
        side = "b" if price >= quote.ask else "s"
        rows.append(f'["{price:{digits}}","{_size(100, price)}",{at_s}.{micros:06},"{side}","m","",{at_s}]')
    return rows


def _spreads(asked: Asked, instrument: Instrument, quote: Quote, now_s: int) -> list[str]:
    digits = price_format(instrument)
    first = max(now_s - _SPREADS + 1, asked.since, 0)
    return [f'[{at_s},"{quote.bid:{digits}}","{quote.ask:{digits}}"]' for at_s in range(first, now_s + 1)]


def _candles(asked: Asked, instrument: Instrument, quote: Quote, now_s: int) -> list[str]:
    width_s, step = asked.interval_min * 60, instrument.price_step
    digits = f".{decimals_of(step)}f"
    newest = now_s // width_s
    oldest = max(newest - _CANDLES + 1, asked.since // width_s + 1 if asked.since else 0, 0)
    rows = []
    for number in range(oldest, newest + 1):
        opened, closed = (quote.bid + step * _steps(at) for at in (number, number + 1))
        high, low = max(opened, closed) + step, min(opened, closed)
        volume = _size(width_s * 100, quote.bid)
        prices = ",".join(f'"{price:{digits}}"' for price in (opened, high, low, closed, (high + low) / 2))
        rows.append(f'[{number * width_s},{prices},"{volume}",{width_s}]')
    return rows


def _size(money: int, price: Decimal) -> str:
    # How much of the base currency that buys; a disturbed price may be 0 or below it.
    return f"{money / price if price > 0 else 0:.8f}"


def _steps(number: int) -> int:
    return number * 2_654_435_761 % 2**32 // 2**28
