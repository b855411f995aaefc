"""Sides: what of a market's book, or of its quote alone, a taker can take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from harness.fill import Levels
from harness.usable import Usable


@dataclass(frozen=True, slots=True)
class Side:
    """The ``best`` price of a side, and its ``levels`` as far as they are known: those of the book, or the best one
    alone, or none where its size is not told. ``held`` is what all of them hold, in the base currency."""

    best: Decimal
    levels: Levels
    held: Fraction


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a market: the ``bids``, for whoever sells there, and the ``asks``, for whoever buys."""

    of: Usable
    bids: Side
    asks: Side


def sides_of(usable: Usable) -> Sides:
    """Made once for each market, because every route that touches it takes from the same levels."""
    quote, book = usable.quote, usable.sighting.book
    if book is not None:
        return Sides(usable, _side(quote.bid, book.bids), _side(quote.ask, book.asks))
    bid_size, ask_size = usable.top_size("bid"), usable.top_size("ask")
    bids = () if bid_size is None else ((quote.bid, bid_size),)
    asks = () if ask_size is None else ((quote.ask, ask_size),)
    return Sides(usable, _side(quote.bid, bids), _side(quote.ask, asks))


def _side(best: Decimal, rows: Iterable[tuple[Decimal, Decimal]]) -> Side:
    levels = tuple((Fraction(price), Fraction(size)) for price, size in rows)
    return Side(best, levels, sum((size for _, size in levels), Fraction(0)))
