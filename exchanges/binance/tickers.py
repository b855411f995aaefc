"""The bodies of Binance's tickers and books, byte for byte in the order and the number formats of the real ones.

What a quote does not know (a day's range, volume and trade numbers) is made up from it: plausible, and the same for
the same quote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from exchanges.book import Book, Level
from exchanges.exchange import Instrument
from exchanges.instruments import decimals_of
from exchanges.quote import Quote

DAY_MS: Final = 86_400_000
_TRADES_A_DAY: Final = 460_443


@dataclass(frozen=True, slots=True)
class Mark:
    """How a market is written: its symbol, and ``on_grid``, which prints a price that was made up on its grid."""

    symbol: str
    on_grid: str

    @classmethod
    def of(cls, instrument: Instrument) -> Mark:
        digits = min(8, decimals_of(instrument.price_step))
        return cls(instrument.symbol, f"%.{digits}f{'0' * (8 - digits) if digits else '.00000000'}")


def ticker_24hr(mark: Mark, quote: Quote) -> str:
    """The day's statistics, with bid and ask."""
    last, size = f"{quote.last or quote.bid:.8f}", f"{quote.bid_size or 0:.8f}"
    opened, high, low, mean, volume, turnover = _day_of(mark, quote)
    closed, first = _times_of(quote)
    # One statement of many short pieces: an all-market body renders thousands of these.
    return (
        f'{{"symbol":"{mark.symbol}","priceChange":"{float(last) - float(opened):.8f}","priceChangePercent":"2.041",'
        f'"weightedAvgPrice":"{mean:.8f}","prevClosePrice":"{opened}","lastPrice":"{last}","lastQty":"{size}",'
        f'"bidPrice":"{quote.bid:.8f}","bidQty":"{size}","askPrice":"{quote.ask:.8f}",'
        f'"askQty":"{quote.ask_size or 0:.8f}","openPrice":"{opened}","highPrice":"{high}",'
        f'"lowPrice":"{low}","volume":"{volume:.8f}","quoteVolume":"{turnover:.8f}",'
        f'"openTime":{closed - DAY_MS},"closeTime":{closed},"firstId":{first},"lastId":{first + _TRADES_A_DAY - 1},'
        f'"count":{_TRADES_A_DAY}}}'
    )


def window(mark: Mark, quote: Quote) -> str:
    """The statistics of another window (``ticker``, ``ticker/tradingDay``): no bid, no ask, no previous close."""
    opened, _, _, mean, _, _ = _day_of(mark, quote)
    change = float(quote.last or quote.bid) - float(opened)
    head = f'{{"symbol":"{mark.symbol}","priceChange":"{change:.8f}","priceChangePercent":"2.041",'
    return head + f'"weightedAvgPrice":"{mean:.8f}",' + mini(mark, quote).partition(",")[2]


def mini(mark: Mark, quote: Quote) -> str:
    """``type=MINI`` of any of them."""
    opened, high, low, _, volume, turnover = _day_of(mark, quote)
    closed, first = _times_of(quote)
    return (
        f'{{"symbol":"{mark.symbol}","openPrice":"{opened}","highPrice":"{high}","lowPrice":"{low}",'
        f'"lastPrice":"{quote.last or quote.bid:.8f}","volume":"{volume:.8f}","quoteVolume":"{turnover:.8f}",'
        f'"openTime":{closed - DAY_MS},"closeTime":{closed},"firstId":{first},"lastId":{first + _TRADES_A_DAY - 1},'
        f'"count":{_TRADES_A_DAY}}}'
    )


def book_ticker(mark: Mark, quote: Quote) -> str:
    return (
        f'{{"symbol":"{mark.symbol}","bidPrice":"{quote.bid:.8f}","bidQty":"{quote.bid_size or 0:.8f}",'
        f'"askPrice":"{quote.ask:.8f}","askQty":"{quote.ask_size or 0:.8f}"}}'
    )


def price(mark: Mark, quote: Quote) -> str:
    return f'{{"symbol":"{mark.symbol}","price":"{quote.last or quote.bid:.8f}"}}'


def _times_of(quote: Quote) -> tuple[int, int]:
    """The end of the window in milliseconds, and the number of its first trade."""
    closed = quote.time_us // 1000 if quote.time_us is not None else DAY_MS
    return closed, closed // 400


def _day_of(mark: Mark, quote: Quote) -> tuple[str, str, str, float, float, float]:
    """Open, high, low, mean, volume in base and in quote: a day that opened 2 % lower and ranged a tenth of that
    beyond. In floats, which print faster than decimals and need not be exact here."""
    last = float(quote.last or quote.bid)
    change = last * 0.02
    opened, swing = last - change, change * 0.1
    volume = float(quote.bid_size or 1) * 7919
    mean, on_grid = opened + swing, mark.on_grid
    return on_grid % opened, on_grid % (last + swing), on_grid % (opened - swing), mean, volume, volume * mean


TICKERS: Final[dict[str, Callable[[Mark, Quote], str]]] = {
    "/api/v3/ticker/24hr": ticker_24hr,
    "/api/v3/ticker/bookTicker": book_ticker,
    "/api/v3/ticker/price": price,
    "/api/v3/ticker/tradingDay": window,
    "/api/v3/ticker": window,
}


def depth(book: Book) -> str:
    """A book; ``lastUpdateId`` grows with the exchange's time, by one a millisecond."""
    update = (book.time_us or 0) // 1000
    return f'{{"lastUpdateId":{update},"bids":[{_rows(book.bids)}],"asks":[{_rows(book.asks)}]}}'


def _rows(levels: Iterable[Level]) -> str:
    return ",".join([f'["{price:.8f}","{size:.8f}"]' for price, size in levels])
