"""Binance's past: trades and candles, written from the market as it was.

Law: what is told of a trade, or of a candle that has closed, depends on its number alone, and never changes. A trade
is made every 10 ms at the last price of that moment, and its number is its time in hundredths of a second, for every
endpoint alike. A candle opens at the last price of its first moment and closes at that of the next one's; the newest is
still open and closes at the last price of now.
"""

from __future__ import annotations

from typing import Final

from exchanges.binance.query import Asked
from exchanges.quote import Quote
from exchanges.view import View

TRADE_MS: Final = 10
_VOLUME_A_MINUTE: Final = 97


def trades(asked: Asked, view: View) -> str:
    """The latest trades or those from a given one on, oldest first."""
    (pair,) = asked.pairs
    now, newest = view.quote(pair), view.time_us // (TRADE_MS * 1000)
    first = asked.first
    if first is None and asked.since_ms is not None:
        first = -(-asked.since_ms // TRADE_MS)
    last = None if asked.until_ms is None else asked.until_ms // TRADE_MS
    aggregate = asked.path.endswith("aggTrades")
    rows = []
    for number in _numbers(newest, asked.limit, first, last):
        at_ms = number * TRADE_MS
        quote = now if at_ms * 1000 == view.time_us else view.at(at_ms * 1000).quote(pair)
        price, size = quote.last or quote.bid, quote.bid_size or 1
        maker = "true" if price == quote.bid else "false"
        at = at_ms * asked.units
        rows.append(
            f'{{"a":{number},"p":"{price:.8f}","q":"{size:.8f}","f":{number},"l":{number},"T":{at},"m":{maker},"M":true}}'
            if aggregate
            else f'{{"id":{number},"price":"{price:.8f}","qty":"{size:.8f}","quoteQty":"{price * size:.8f}",'
            f'"time":{at},"isBuyerMaker":{maker},"isBestMatch":true}}'
        )
    return f"[{','.join(rows)}]"


def candles(asked: Asked, view: View, on_grid: str) -> str:
    """The latest candles or those from a given time on, oldest first; ``on_grid`` prints a price on its grid."""
    (pair,) = asked.pairs
    now_ms, units, periods = view.time_us // 1000, asked.units, asked.periods
    now = view.quote(pair)

    def at(time_ms: int) -> Quote:
        return view.at(time_ms * 1000).quote(pair) if time_ms < now_ms else now

    rows = []
    numbers = _candle_numbers(asked, now_ms)
    end_ms = periods.start_ms(numbers[0]) if numbers else now_ms
    after = at(end_ms)
    for number in numbers:
        start_ms, first = end_ms, after
        end_ms = periods.start_ms(number + 1)
        after, over_ms = at(end_ms), min(end_ms, now_ms + TRADE_MS)
        opened, closed = _last(first), _last(after)
        high, low = high_and_low(opened, closed)
        volume = volume_of(first, over_ms - start_ms)
        rows.append(
            f'[{start_ms * units},"{on_grid % opened}","{on_grid % high}","{on_grid % low}","{on_grid % closed}",'
            f'"{volume:.8f}",{end_ms * units - 1},"{volume * closed:.8f}",{trades_between(start_ms, over_ms)},'
            f'"{volume / 2:.8f}","{volume / 2 * closed:.8f}","0"]'
        )
    return f"[{','.join(rows)}]"


def high_and_low(opened: float, closed: float) -> tuple[float, float]:
    """The range of a stretch of time; somewhat wider than its ends, and not looked up in between."""
    return max(opened, closed) * 1.0005, min(opened, closed) * 0.9995


def volume_of(first: Quote, length_ms: int) -> float:
    """What is traded in so long a time that begins with this quote."""
    return float(first.bid_size or 1) * _VOLUME_A_MINUTE * length_ms / 60_000


def trades_between(start_ms: int, end_ms: int) -> int:
    """How many trades there are from one time up to but not including another."""
    return -(-end_ms // TRADE_MS) - -(-start_ms // TRADE_MS)


def _last(quote: Quote) -> float:
    return float(quote.last or quote.bid)


def _candle_numbers(asked: Asked, now_ms: int) -> range:
    since_ms, periods = asked.since_ms, asked.periods
    if since_ms is not None and since_ms > now_ms:
        return range(0)
    first = None if since_ms is None else periods.number_at(since_ms - 1) + 1
    last = None if asked.until_ms is None else periods.number_at(min(asked.until_ms, now_ms))
    return _numbers(periods.number_at(now_ms), asked.limit, first, last)


def _numbers(newest: int, most: int, first: int | None, last: int | None) -> range:
    """At most so many numbers up to the newest: from ``first`` on where one is given, else the last of them."""
    end = newest if last is None else min(last, newest)
    if first is None:
        return range(max(0, end - most + 1), end + 1)
    return range(first, min(end, first + most - 1) + 1)
