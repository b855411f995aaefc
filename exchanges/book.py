"""A book: the best price levels of one pair on one exchange, both sides, as the exchange said them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from exchanges.pair import Pair


class Level(NamedTuple):
    """A price in units of ``pair.quote`` per one ``pair.base``, and the size on offer there in ``pair.base``."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """Levels from the best outward: bids fall, asks rise, and the best bid lies below the best ask. A side may be
    empty: nobody wants to buy, or to sell.

    ``time_us`` is the exchange's own time in whole microseconds since 1970 (UTC), None where it sends none.
    """

    exchange: str
    pair: Pair
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_us: int | None = None
