"""The bodies of Binance's tickers and books, byte for byte in the order and the number formats of the real ones.

What a quote does not know of its day (range and volume) is made up from it: plausible, and the same for the same
quote. Other windows are those of ``history``, and trades are numbered as there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from exchanges.binance.endpoints import DAY
from exchanges.binance.history import TRADE_MS, high_and_low, trades_between, volume_of
from exchanges.binance.periods import DAY_MS, MINUTE_MS
from exchanges.binance.query import Asked
from exchanges.book import Book, Level
from exchanges.exchange import Instrument
from exchanges.instruments import decimals_of
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.view import View


@dataclass(frozen=True, slots=True)
class Mark:
    """How a market is written: its symbol, and ``on_grid``, which prints a price that was made up on its grid."""

    symbol: str
    on_grid: str

    @classmethod
    def of(cls, instrument: Instrument) -> Mark:
        digits = min(8, decimals_of(instrument.price_step))
        return cls(instrument.symbol, f"%.{digits}f{'0' * (8 - digits) if digits else '.00000000'}")


def ticker(asked: Asked, mark: Mark, pair: Pair, view: View) -> str:
    """Any ticker of a pair, as it was asked for."""
    quote = view.quote(pair)
    match asked.path.rpartition("/")[2]:
        case "bookTicker":
            return book_ticker(mark, quote)
        case "price":
            return price(mark, quote)
        case "24hr":
            return mini(mark, quote, asked.units) if asked.mini else ticker_24hr(mark, quote, asked.units)
    now_ms = view.time_us // 1000
    if asked.path == TRADING_DAY:
        day = asked.periods.number_at(now_ms)
        opened_ms, closes_ms = asked.periods.start_ms(day), asked.periods.start_ms(day + 1) * asked.units - 1
    else:
        opened_ms, closes_ms = (now_ms - asked.window_ms) // MINUTE_MS * MINUTE_MS, now_ms * asked.units
    first = view.at(opened_ms * 1000).quote(pair)
    return window(
        mark, quote, _since(mark, quote, first, opened_ms, now_ms), (opened_ms * asked.units, closes_ms), asked.mini
    )


class Statistics(NamedTuple):
    """What happened in a window: prices as they are written, volume in base and in quote, and its trades."""

    opened: str
    high: str
    low: str
    mean: float
    volume: float
    turnover: float
    first: int
    trades: int


def ticker_24hr(mark: Mark, quote: Quote, units: int = 1) -> str:
    """The day's statistics, with bid and ask; times are in units of which ``units`` make a millisecond."""
    last, size = f"{quote.last or quote.bid:.8f}", f"{quote.bid_size or 0:.8f}"
    closed = _time_ms(quote)
    opened, high, low, mean, volume, turnover, first, trades = _day(mark, quote, closed)
    # One statement of many short pieces: an all-market body renders thousands of these.
    return (
        f'{{"symbol":"{mark.symbol}","priceChange":"{float(last) - float(opened):.8f}","priceChangePercent":"2.041",'
        f'"weightedAvgPrice":"{mean:.8f}","prevClosePrice":"{opened}","lastPrice":"{last}","lastQty":"{size}",'
        f'"bidPrice":"{quote.bid:.8f}","bidQty":"{size}","askPrice":"{quote.ask:.8f}",'
        f'"askQty":"{quote.ask_size or 0:.8f}","openPrice":"{opened}","highPrice":"{high}",'
        f'"lowPrice":"{low}","volume":"{volume:.8f}","quoteVolume":"{turnover:.8f}",'
        f'"openTime":{(closed - DAY_MS) * units},"closeTime":{closed * units},"firstId":{first},'
        f'"lastId":{first + trades - 1},"count":{trades}}}'
    )


def window(mark: Mark, quote: Quote, found: Statistics, times: tuple[int, int], is_mini: bool) -> str:
    """The statistics of another window (``ticker``, ``ticker/tradingDay``), which opens and closes at ``times``: no
    bid, no ask, no previous close."""
    change = ""
    if not is_mini:
        opened, last = float(found.opened), float(quote.last or quote.bid)
        percent = (last - opened) / opened * 100 if opened else 0.0
        change = (
            f'"priceChange":"{last - opened:.8f}","priceChangePercent":"{percent:.3f}",'
            f'"weightedAvgPrice":"{found.mean:.8f}",'
        )
    return f'{{"symbol":"{mark.symbol}",{change}{_rest(quote, found, times)}'


def mini(mark: Mark, quote: Quote, units: int = 1) -> str:
    """``type=MINI`` of the day's statistics."""
    closed = _time_ms(quote)
    times = (closed - DAY_MS) * units, closed * units
    return f'{{"symbol":"{mark.symbol}",{_rest(quote, _day(mark, quote, closed), times)}'


def book_ticker(mark: Mark, quote: Quote) -> str:
    return (
        f'{{"symbol":"{mark.symbol}","bidPrice":"{quote.bid:.8f}","bidQty":"{quote.bid_size or 0:.8f}",'
        f'"askPrice":"{quote.ask:.8f}","askQty":"{quote.ask_size or 0:.8f}"}}'
    )


def price(mark: Mark, quote: Quote) -> str:
    return f'{{"symbol":"{mark.symbol}","price":"{quote.last or quote.bid:.8f}"}}'


def _rest(quote: Quote, found: Statistics, times: tuple[int, int]) -> str:
    return (
        f'"openPrice":"{found.opened}","highPrice":"{found.high}","lowPrice":"{found.low}",'
        f'"lastPrice":"{quote.last or quote.bid:.8f}","volume":"{found.volume:.8f}",'
        f'"quoteVolume":"{found.turnover:.8f}","openTime":{times[0]},"closeTime":{times[1]},"firstId":{found.first},'
        f'"lastId":{found.first + found.trades - 1},"count":{found.trades}}}'
    )


def _time_ms(quote: Quote) -> int:
    """The end of a quote's day, in milliseconds."""
    return quote.time_us // 1000 if quote.time_us is not None else DAY_MS


def _day(mark: Mark, quote: Quote, closed_ms: int) -> Statistics:
    """A day that opened 2 % lower and ranged a tenth of that beyond. In floats, which print faster than decimals and
    need not be exact here."""
    last = float(quote.last or quote.bid)
    change = last * 0.02
    opened, swing = last - change, change * 0.1
    volume = float(quote.bid_size or 1) * 7919
    mean, on_grid = opened + swing, mark.on_grid
    newest = closed_ms // TRADE_MS
    first = newest - DAY_MS // TRADE_MS + 1
    return Statistics(
        on_grid % opened, on_grid % (last + swing), on_grid % (opened - swing), mean, volume, volume * mean,
        first, newest - first + 1,
    )  # fmt: skip


def _since(mark: Mark, quote: Quote, first: Quote, opened_ms: int, now_ms: int) -> Statistics:
    """What happened since the market stood as in ``first``: as the candle of that time tells it."""
    opened, last = float(first.last or first.bid), float(quote.last or quote.bid)
    high, low = high_and_low(opened, last)
    until_ms = now_ms + TRADE_MS
    volume, mean, on_grid = volume_of(first, until_ms - opened_ms), (opened + last) / 2, mark.on_grid
    return Statistics(
        on_grid % opened, on_grid % high, on_grid % low, mean, volume, volume * mean,
        -(-opened_ms // TRADE_MS), trades_between(opened_ms, until_ms),
    )  # fmt: skip


TRADING_DAY: Final = "/api/v3/ticker/tradingDay"
TICKERS: Final = frozenset({DAY, "/api/v3/ticker/bookTicker", "/api/v3/ticker/price", TRADING_DAY, "/api/v3/ticker"})


def depth(book: Book) -> str:
    """A book; ``lastUpdateId`` grows with the exchange's time, by one a millisecond."""
    update = (book.time_us or 0) // 1000
    return f'{{"lastUpdateId":{update},"bids":[{_rows(book.bids)}],"asks":[{_rows(book.asks)}]}}'


def _rows(levels: Iterable[Level]) -> str:
    return ",".join([f'["{price:.8f}","{size:.8f}"]' for price, size in levels])
