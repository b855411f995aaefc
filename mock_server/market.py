"""The market: a price path for every pair on every exchange, as a formula with nothing to remember.

Law: a quote depends on (seed, block, batch, motion, exchange, pair, tick) and on nothing else, with
``tick = floor(at_s / tick_s)``; its time, where it carries one, on the epoch as well. Whoever knows the seed and the
motion can compute the true price of any tick, afterwards and without the server. (The formula is in floats: two
machines whose C libraries round ``sin`` differently could disagree by one price step, once in a great while; one
machine agrees with itself.)

A book (``depth``) is a function of the same things and of the level; its first levels are the quote's.

All exchanges see the same motion of an asset (``mock_server.motion``); each adds a basis of its own that wobbles by
a basis point, a spread, and planted windows: some hundred milliseconds in which its price is lifted above what buying
elsewhere and both taker fees cost. ``mock_server.path`` has in numbers what a window is worth, and that nothing else
is worth anything.
"""

from __future__ import annotations

import math

from exchanges.book import Book
from exchanges.errors import UnknownPair
from exchanges.exchange import Exchange, Instrument
from exchanges.pair import Pair
from exchanges.plugins import nearest_name
from exchanges.quote import Quote
from mock_server.motion import WAVES, Motion
from mock_server.path import EPOCH_US, SLOT_S, Path, Window, time_us_at

__all__ = ["EPOCH_US", "Market", "Window", "time_us_at"]

# Up to this many pairs or levels a body is priced anew every tick; a larger one every second, because real exchanges
# cache those as well, and because nobody could render megabytes a hundred times a second.
_FRESH_ENTRIES = 100
_LARGE_GRAIN_S = 1.0
_REMEMBERED = 8192


class Market:
    """Prices for one batch. ``tick_s`` is the time between two changes of price, in seconds; ``epoch_us`` the
    exchanges' own time at the start, in whole milliseconds told as microseconds since 1970 (UTC); ``motion`` how prices
    move. ``hold_s`` is the second at which the market's clock stands still (None: it runs): it is for whoever asks what
    is current, and a price of any other second can be asked for as ever."""

    def __init__(
        self,
        seed: int,
        block: int = 0,
        batch: int = 0,
        tick_s: float = 0.01,
        epoch_us: int = EPOCH_US,
        motion: Motion = WAVES,
        hold_s: float | None = None,
    ) -> None:
        if not tick_s > 0:
            raise ValueError(f"expected a tick above zero seconds, found {tick_s}")
        self.key = (seed, block, batch)
        self.tick_s = tick_s
        self.epoch_us = epoch_us // 1000 * 1000
        self.motion = motion
        self.hold_s = hold_s
        self._paths: dict[tuple[str, Pair], Path] = {}
        self._remembered: dict[tuple[str, Pair, int], Quote] = {}
        self._listed: dict[str, dict[Pair, Instrument]] = {}

    def tick(self, at_s: float) -> int:
        """The tick that is current at ``at_s`` seconds after the start; a tick's own time belongs to it."""
        return math.floor(at_s / self.tick_s + 1e-9)

    def current_tick(self, elapsed_s: float) -> int:
        """The tick that is current when the market's clock was set going ``elapsed_s`` seconds ago."""
        return self.tick(elapsed_s if self.hold_s is None else self.hold_s)

    def time_us_at(self, at_s: float) -> int:
        """The exchanges' own clock at ``at_s``, in microseconds since 1970 (UTC)."""
        return time_us_at(at_s, self.epoch_us)

    def twin(self) -> Market:
        """The same market with nothing remembered: for another thread."""
        return Market(*self.key, self.tick_s, self.epoch_us, self.motion, self.hold_s)

    def quote(self, exchange: Exchange, pair: Pair, at_s: float) -> Quote:
        """The quote that ``exchange`` gives at ``at_s``, on the price grid and with the fields it carries.

        Raises:
            UnknownPair: the exchange does not list the pair.
        """
        return self._path(exchange, pair).quote(self.tick(at_s))

    def remembered_quote(self, exchange: Exchange, pair: Pair, at_s: float) -> Quote:
        """``quote``, kept for the next time: for what is looked at again and again, such as the opening of a day.

        Raises:
            UnknownPair: the exchange does not list the pair.
        """
        key = (exchange.name, pair, self.tick(at_s))
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self.quote(exchange, pair, at_s)
        return found

    def book(self, exchange: Exchange, pair: Pair, at_s: float, levels: int) -> Book:
        """The best ``levels`` of each side at ``at_s``, of which the first are the quote's. Its sizes and its time are
        there even where the exchange's quotes carry none.

        Raises:
            UnknownPair: the exchange does not list the pair.
        """
        return self._path(exchange, pair).book(self.tick(at_s), levels)

    def grain_s(self, entries: int) -> float:
        """How long a body of so many entries (pairs or levels) stands still, in seconds: a whole number of ticks.
        What is answered at ``at_s`` was priced at ``at_s // grain * grain``. Where the clock is held everything is of
        the same tick."""
        if entries <= _FRESH_ENTRIES or self.hold_s is not None:
            return self.tick_s
        return max(1, round(_LARGE_GRAIN_S / self.tick_s)) * self.tick_s

    def windows(self, exchange: Exchange, pair: Pair, until_s: float) -> list[Window]:
        """The planted windows that begin before ``until_s``, in order."""
        path = self._path(exchange, pair)
        slots = range(-1, math.floor((until_s + path.slot_phase) / SLOT_S) + 1)
        found = [window for slot in slots if (window := path.window_in(slot)) is not None]
        return [window for window in found if window.end_s > 0 and window.start_s < until_s]

    def _path(self, exchange: Exchange, pair: Pair) -> Path:
        path = self._paths.get((exchange.name, pair))
        if path is None:
            listed = self._listed.get(exchange.name)
            if listed is None:
                listed = self._listed[exchange.name] = {one.pair: one for one in exchange.instruments}
            if pair not in listed:
                raise UnknownPair(exchange.name, pair, str(pair), nearest_name(str(pair), map(str, listed)) or "")
            path = Path(self.key, self.tick_s, exchange, listed[pair], self.epoch_us, self.motion)
            self._paths[exchange.name, pair] = path
        return path
