"""Instrument tables: how an exchange declares what it lists, and how a pair or a name is looked up in one.

A table is text, one market a line, in the order in which the project prefers them:

    BTC/USDT  BTCUSDT  0.01  0.00001      pair, the exchange's name, price step, size step
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from exchanges.aliases import common_code
from exchanges.errors import UnknownPair
from exchanges.exchange import Instrument
from exchanges.pair import Pair
from exchanges.plugins import nearest_name
from exchanges.reading import Unreadable, integer

# More digits than any grid has are an attack or a fault.
_MOST_DIGITS: Final = 20


def instruments_from(table: str) -> tuple[Instrument, ...]:
    """Read a table of the form shown above.

    Raises:
        ValueError: a line that does not have four columns, or whose pair is none.
    """
    rows = [line.split() for line in table.splitlines() if line.strip()]
    for row in rows:
        if len(row) != 4:
            raise ValueError(f"expected pair, symbol, price step and size step, found {' '.join(row)!r}")
    return tuple(Instrument(Pair.parse(pair), name, Decimal(step), Decimal(lot)) for pair, name, step, lot in rows)


def _own_name(instrument: Instrument) -> tuple[str, ...]:
    return (instrument.symbol,)


class Listing:
    """What one exchange lists, found by pair or by any of the names that the exchange accepts."""

    def __init__(
        self,
        exchange: str,
        instruments: Iterable[Instrument],
        names_of: Callable[[Instrument], Iterable[str]] = _own_name,
    ) -> None:
        self._exchange = exchange
        self._by_pair = {instrument.pair: instrument for instrument in instruments}
        self._pairs = tuple(self._by_pair)
        self._by_name = {name: one for one in self._by_pair.values() for name in names_of(one)}

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every listed pair, in the order of the table."""
        return self._pairs

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Every instrument, in the order of the table."""
        return tuple(self._by_pair.values())

    @property
    def codes(self) -> tuple[str, ...]:
        """The common code of every currency of these markets, once."""
        return tuple(dict.fromkeys(code for pair in self._pairs for code in (pair.base, pair.quote)))

    def of(self, pair: Pair) -> Instrument:
        """The instrument of a pair. Raises UnknownPair, which suggests the nearest listed pair."""
        found = self._by_pair.get(pair)
        if found is None:
            known = [str(listed) for listed in self._by_pair]
            raise UnknownPair(self._exchange, pair, str(pair), nearest_name(str(pair), known) or "")
        return found

    def __contains__(self, name: str) -> bool:
        """Whether the exchange knows a market by ``name``."""
        return name in self._by_name

    def named(self, name: str) -> Instrument:
        """The instrument that the exchange knows by ``name``. Raises UnknownPair with the nearest name."""
        found = self._by_name.get(name)
        if found is None:
            # Only the beginning is kept: a name arrives from a stranger and may be a megabyte long.
            raise UnknownPair(self._exchange, None, name[:80], nearest_name(name, self._by_name) or "")
        return found


def listed_pair(exchange: str, base: object, quote: object) -> Pair | None:
    """The pair of an exchange's own codes for two currencies, by their common codes; None where a code is none that
    the project can write."""
    if not (isinstance(base, str) and isinstance(quote, str)):  # null would be the currency NONE
        return None
    if not (base + quote).isascii():  # some letters that are not become such in upper case
        return None
    try:
        codes = (common_code(exchange, base.upper()), common_code(exchange, quote.upper()))
        return Pair.parse("/".join(codes))
    except ValueError:
        return None


def step_from_digits(digits: object, what: str) -> Decimal:
    """The grid of so many digits after the point, as parsed from JSON: 0.01 for 2.

    Raises:
        Unreadable: it is no number of digits.
    """
    number = integer(digits, what)
    if number > _MOST_DIGITS:
        raise Unreadable("bad_value", f"expected {what} as a number of at most {_MOST_DIGITS} digits, found {number}")
    return Decimal(1).scaleb(-number)


def decimals_of(step: Decimal) -> int:
    """How many digits after the point a grid of this step needs: 2 for 0.01."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -int(exponent))
