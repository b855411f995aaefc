"""The best prices of a pair across exchanges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

from exchanges.pair import Pair
from harness.usable import Usable

_RESULT: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class BestPrice:
    """The highest bid and the lowest ask of a pair over all exchanges that quote it.

    ``spread_bps`` is (ask - bid) over their midpoint in basis points; negative where the two exchanges
    overlap. Of equal prices the one of the exchange first in the alphabet is named.
    """

    pair: Pair
    bid: Decimal
    bid_exchange: str
    ask: Decimal
    ask_exchange: str
    spread_bps: Decimal
    exchanges: tuple[str, ...]


def best_prices(usable: Iterable[Usable]) -> list[BestPrice]:
    """The best prices of every pair, in the order of the pairs' names."""
    by_pair: dict[Pair, list[Usable]] = {}
    for one in sorted(usable, key=lambda one: (one.quote.pair, one.quote.exchange)):
        by_pair.setdefault(one.quote.pair, []).append(one)
    found = []
    for pair, several in by_pair.items():
        quotes = [one.quote for one in several]
        bid, ask = max(quotes, key=lambda quote: quote.bid), min(quotes, key=lambda quote: quote.ask)
        above, below = Fraction(ask.ask) - Fraction(bid.bid), Fraction(ask.ask) + Fraction(bid.bid)
        spread = rounded(20_000 * above / below)
        found.append(
            BestPrice(pair, bid.bid, bid.exchange, ask.ask, ask.exchange, spread, tuple(q.exchange for q in quotes))
        )
    return found


def rounded(exact: Fraction) -> Decimal:
    """A fraction as a decimal of 28 significant digits, rounded once, half to even."""
    return _RESULT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
