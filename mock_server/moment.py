"""A moment of the market, as one exchange's server half sees it: the View behind one answer.

What is priced stands on a grid of time, whose grain the market decides by the number of entries of the body: a small
one is priced anew each tick, a large one each second. That is decided before anything is asked of the moment, which
then stands still. It notes when its prices were made, and for how long they are good.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from exchanges.book import Book
from exchanges.exchange import Exchange
from exchanges.pair import Pair
from exchanges.quote import Quote
from mock_server.market import Market

Change = Callable[[Quote], Quote]


class Moment:
    """``tick`` is the current one; ``entries`` how many pairs, levels, trades or candles the body prices. ``changes``
    are done to each quote, and to the first level of each side of a book; those of ``at`` are left as they were."""

    def __init__(
        self, exchange: Exchange, market: Market, tick: int, entries: int = 1, changes: tuple[Change, ...] = ()
    ) -> None:
        self._exchange = exchange
        self._market = market
        self._changes = changes
        self.grain_ticks = max(1, round(market.grain_s(entries) / market.tick_s))
        self.first_tick = tick - tick % self.grain_ticks
        self.priced_at: float | None = None

    @property
    def time_us(self) -> int:
        """The exchange's clock, at the beginning of what stands still."""
        return self._market.time_us_at(self.first_tick * self._market.tick_s)

    def quote(self, pair: Pair) -> Quote:
        self.priced_at = at_s = self.first_tick * self._market.tick_s
        return self._changed(self._market.quote(self._exchange, pair, at_s))

    def book(self, pair: Pair, levels: int) -> Book:
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

    def at(self, time_us: int) -> Moment:
        # A tick's time is told in whole milliseconds: the last tick that does not begin after this one.
        millis = (time_us - self._market.time_us_at(0.0)) // 1000
        tick = math.ceil((millis + 1) / (self._market.tick_s * 1000) - 1e-9) - 1
        return _Past(self._exchange, self._market, min(tick, self.first_tick))

    def _changed(self, quote: Quote) -> Quote:
        for change in self._changes:
            quote = change(quote)
        return quote


class _Past(Moment):
    """A moment that is over: what was priced then is remembered, because most answers look at the same few."""

    def quote(self, pair: Pair) -> Quote:
        return self._market.remembered_quote(self._exchange, pair, self.first_tick * self._market.tick_s)
