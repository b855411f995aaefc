"""Reading the two sides of a book, as strictly as ``reading`` reads a quote; and writing them.

* Every level has a price above zero and a size; both are plain decimals.
* Levels come from the best outward, each price once: anything else is ``schema``, because then either our idea of the
  exchange's order or the exchange's own is wrong.
* A best bid at or above the best ask is ``bad_value``. A side without levels is a fact about the market.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from exchanges.book import Book, Level
from exchanges.exchange import Instrument
from exchanges.instruments import decimals_of
from exchanges.pair import Pair
from exchanges.reading import Unreadable, decimal


def book_of(
    exchange: str,
    pair: Pair,
    bids: Iterable[tuple[object, object]],
    asks: Iterable[tuple[object, object]],
    time_us: int | None = None,
) -> Book:
    """The book of two sides, each of (price, size) as parsed from JSON.

    Raises:
        Unreadable: a level cannot be read, a side is not in order, or the sides overlap.
    """
    bought, sold = _side("bid", bids), _side("ask", asks)
    if any(one.price <= after.price for one, after in pairwise(bought)):
        raise Unreadable("schema", "expected bids that fall from the best outward, found them in another order")
    if any(one.price >= after.price for one, after in pairwise(sold)):
        raise Unreadable("schema", "expected asks that rise from the best outward, found them in another order")
    if bought and sold and bought[0].price >= sold[0].price:
        raise Unreadable(
            "bad_value",
            f"expected the best bid below the best ask, found bid {bought[0].price} and ask {sold[0].price}",
        )
    return Book(exchange, pair, bought, sold, time_us)


def rows_text(side: Sequence[Level], instrument: Instrument, rest: str = "") -> str:
    """A side as JSON writes its rows, without the brackets around them: ``["41006.8","0.60038921"]`` with both numbers
    as text on the instrument's grids, and with ``rest`` (such as ``,"0","1"``) behind them in each."""
    prices, sizes = (f".{decimals_of(each)}f" for each in (instrument.price_step, instrument.size_step))
    return ",".join(f'["{level.price:{prices}}","{level.size:{sizes}}"{rest}]' for level in side)


def shortest(value: Decimal | None) -> str:
    """A number as exchanges write it that leave out the zeros at the end; "0" where there is none."""
    return f"{(value or Decimal(0)).normalize():f}"


def bare_number(value: Decimal) -> str:
    """A number without quotation marks, as JavaScript writes it: 73350, 0.00012, 1.2e-7."""
    return f"{value.normalize():e}" if 0 < abs(value) < Decimal("0.000001") else shortest(value)


def shortest_rows(side: Sequence[Level]) -> list[list[str]]:
    """A side of a book as [price, size] of each level, written in the same way."""
    return [[shortest(level.price), shortest(level.size)] for level in side]


def _side(name: str, rows: Iterable[tuple[object, object]]) -> tuple[Level, ...]:
    price_name, size_name = f"a {name}'s price", f"a {name}'s size"
    side = tuple(Level(decimal(price, price_name), decimal(size, size_name)) for price, size in rows)
    if not all(level.price for level in side):
        raise Unreadable("bad_value", f"expected prices above zero, found a {name} of 0")
    return side
