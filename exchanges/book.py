"""A book: the best price levels of one pair on one exchange, both sides, as the exchange said them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from exchanges.pair import Pair


class Level(NamedTuple):
    """A price in units of ``pair.quote`` per one ``pair.base``, and the size on offer there in ``pair.base``."""

    price: Decimal
    size: Decimal


_LEVEL: Callable[[tuple[Decimal, Decimal]], Level] = partial(tuple.__new__, Level)


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

    def __reduce__(self) -> tuple[Callable[..., Book], tuple[Any, ...]]:
        """How a book crosses a process line: its numbers as one text. Of 1,000 levels a side that takes a tenth of the
        time of pickling each number by itself (0.4 ms against 5.4; read again in 1.6 against 2.3)."""
        numbers = [*chain.from_iterable(self.bids), *chain.from_iterable(self.asks)]
        if set(map(type, numbers)) <= {Decimal} and set(map(type, (*self.bids, *self.asks))) <= {Level}:
            text = " ".join(map(str, numbers))
            return _book_from_text, (self.exchange, self.pair, len(self.bids), text, self.time_us)
        return Book, (self.exchange, self.pair, self.bids, self.asks, self.time_us)  # a guest's, of something else


def _book_from_text(exchange: str, pair: Pair, bids: int, text: str, time_us: int | None) -> Book:
    numbers = map(Decimal, text.split(" ") if text else ())
    # As Level._make, without a function of Python's for each level: three quarters of the time.
    levels = tuple(map(_LEVEL, zip(numbers, numbers, strict=True)))
    return Book(exchange, pair, levels[:bids], levels[bids:], time_us)
