"""What an exchange's server half can see of its market at one moment: the mock's side of the seam."""

from __future__ import annotations

from typing import Protocol

from exchanges.book import Book
from exchanges.pair import Pair
from exchanges.quote import Quote


class View(Protocol):
    """One exchange's market, standing still."""

    @property
    def time_us(self) -> int:
        """The exchange's own clock, in whole microseconds since 1970 (UTC)."""

    def quote(self, pair: Pair) -> Quote:
        """The quote of a listed pair. Raises UnknownPair."""

    def book(self, pair: Pair, levels: int) -> Book:
        """The best ``levels`` of each side, whose first ones are the quote's. Raises UnknownPair."""

    def at(self, time_us: int) -> View:
        """The same market as it stood at that time, undisturbed, so that the past never changes: a trade or a candle
        of then is written alike whenever it is asked for. Its ``time_us`` is when it began to stand like that, which
        is what one has to go back beyond for the moment before. A time to come is now."""
