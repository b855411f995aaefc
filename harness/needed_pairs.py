"""Which pairs have to be fetched so that some currencies can be valued in another."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from exchanges.pair import Pair
from harness.money import MONEY


def needed_pairs(codes: Collection[str], into: str, listed: Iterable[Pair]) -> list[Pair]:
    """Of the pairs that are ``listed`` those between a code and ``into``, and those that lead from one to the other
    through one money between; in the order of their names."""
    wanted = set(codes) - {into}
    sides = [side for pair in set(listed) for side in ((pair, pair.base, pair.quote), (pair, pair.quote, pair.base))]
    convertible = {other for _, code, other in sides if code == into} & MONEY
    moneys = {other for _, code, other in sides if code in wanted and other in convertible - {code}}
    ends = {into, *moneys}
    to_ends = {pair for pair, code, other in sides if code in wanted and other in ends}
    between = {pair for pair, code, other in sides if code == into and other in moneys}
    return sorted(to_ends | between)
