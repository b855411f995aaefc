"""Signals: where a pair seems to be worth buying on one exchange and selling on another, fees paid.

Law: exact. There is a signal if and only if ``bid * (1 - fee) > ask * (1 + fee)``: nothing is rounded on the way, and
only the sign counts.
"""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from exchanges.pair import Pair
from exchanges.quote import Quote

_EXACT: Final = decimal.Context(
    prec=20_000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[decimal.Inexact, decimal.InvalidOperation]
)
"""More digits than any body may hold: a product that had to be rounded would be an error, not an answer."""
_ONE: Final = Decimal(1)


class Signal(NamedTuple):
    """Buying ``pair`` at the ask of the exchange ``buy`` and selling it at the bid of ``sell`` leaves something."""

    pair: Pair
    buy: str
    sell: str


def signals(quotes: Iterable[Quote], fees: Mapping[str, Decimal]) -> frozenset[Signal]:
    """The signals among quotes, one for each market at most, with prices above zero; ``fees`` are taker fees, as a part
    of the notional, by exchange.

    Raises:
        KeyError: an exchange without a fee.
    """
    by_pair: dict[Pair, list[tuple[Decimal, Decimal, str]]] = {}
    multiply = _EXACT.multiply
    factors: dict[str, tuple[Decimal, Decimal]] = {}
    for quote in quotes:
        name = quote.exchange
        if name not in factors:
            factors[name] = _EXACT.subtract(_ONE, fees[name]), _EXACT.add(_ONE, fees[name])
        kept, paid = factors[name]
        by_pair.setdefault(quote.pair, []).append((multiply(quote.bid, kept), multiply(quote.ask, paid), name))
    found = []
    for pair, sides in by_pair.items():
        cheapest = min(cost for _, cost, _ in sides)
        for proceeds, _, sell in sides:
            # Decimals are compared exactly, whatever the context. Most markets stop at the first comparison.
            if proceeds > cheapest:
                found += [Signal(pair, buy, sell) for _, cost, buy in sides if buy != sell and proceeds > cost]
    return frozenset(found)
