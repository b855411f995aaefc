"""A moment of the market, as one exchange's server half sees it: the View behind one answer.

What is priced stands on a grid of time, whose grain the market decides by the number of entries of the body: a small
one is priced anew each tick, a large one each second. The moment notes when its prices were made, and for how long
they are good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from exchanges.book import Book
from exchanges.exchange import Exchange
from exchanges.pair import Pair
from exchanges.quote import Quote
from mock_server.market import Market, time_us_at

Change = Callable[[Quote], Quote]


class Moment:
    """``tick`` is the current one; ``entries`` how many pairs are asked for at least. ``changes`` are done to each
    quote, and to the first level of each side of a book."""

    def __init__(
        self, exchange: Exchange, market: Market, tick: int, entries: int = 1, changes: tuple[Change, ...] = ()
    ) -> None:
        self._exchange = exchange
        self._market = market
        self._tick = tick
        self._changes = changes
        self.first_tick, self.grain_ticks = self._grid(entries)
        self.priced_at: float | None = None

    @property
    def time_us(self) -> int:
        """The exchange's clock, at the beginning of what stands still."""
        return time_us_at(self.first_tick * self._market.tick_s)

    def quote(self, pair: Pair) -> Quote:
        self.priced_at = at_s = self.first_tick * self._market.tick_s
        return self._changed(self._market.quote(self._exchange, pair, at_s))

    def book(self, pair: Pair, levels: int) -> Book:
        if self.priced_at is None:
            self.first_tick, self.grain_ticks = self._grid(levels)
        self.priced_at = at_s = self.first_tick * self._market.tick_s
        book = self._market.book(self._exchange, pair, at_s, levels)
        if not self._changes or not book.bids or not book.asks:
            return book
        changed = self._changed(self._market.quote(self._exchange, pair, at_s))
        return replace(
            book,
            bids=(book.bids[0]._replace(price=changed.bid), *book.bids[1:]),
            asks=(book.asks[0]._replace(price=changed.ask), *book.asks[1:]),
            time_us=book.time_us if changed.time_us is None else changed.time_us,
        )

    def _changed(self, quote: Quote) -> Quote:
        for change in self._changes:
            quote = change(quote)
        return quote

    def _grid(self, entries: int) -> tuple[int, int]:
        """The first tick of the grain that the current one lies in, and the number of its ticks."""
        ticks = max(1, round(self._market.grain_s(entries) / self._market.tick_s))
        return self._tick - self._tick % ticks, ticks
