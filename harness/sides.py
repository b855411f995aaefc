"""Sides: what of a book, or of a quote alone, a taker can take."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from harness.fill import Levels
from harness.usable import Usable


@dataclass(frozen=True, slots=True)
class Side:
    """The ``best`` price of a side, and its ``levels`` as far as they are known: those of the book, or the best one
    alone, or none where its size is not told."""

    best: Decimal
    levels: Levels

    @property
    def size(self) -> Decimal | None:
        """What is on offer at the best price; None where that is not told."""
        return self.levels[0][1] if self.levels else None


def side_of(usable: Usable, side: Literal["bid", "ask"]) -> Side:
    """The bids, for whoever sells, or the asks, for whoever buys."""
    quote, book = usable.quote, usable.sighting.book
    best = quote.bid if side == "bid" else quote.ask
    if book is not None:
        return Side(best, book.bids if side == "bid" else book.asks)
    size = usable.top_size(side)
    return Side(best, () if size is None else ((best, size),))
