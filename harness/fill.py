"""Filling an order from one side of a book: what an amount costs or brings when it takes level after level.

All of it is exact: amounts and money are fractions, and nothing is rounded but the amount itself, down to the grid on
which exchanges take orders.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

Levels: TypeAlias = Sequence[tuple[Fraction, Fraction]]
"""(price, size) from the best outward."""


@dataclass(frozen=True, slots=True)
class Fill:
    """``amount`` of the base currency against ``money`` of the quote currency, from so many ``levels``; ``whole`` says
    that the levels were enough for all that was wanted."""

    amount: Fraction
    money: Fraction
    levels: int
    whole: bool

    @property
    def price(self) -> Fraction | None:
        """The average price; None where nothing was filled."""
        return self.money / self.amount if self.amount else None


def filled(levels: Levels, amount: Fraction) -> Fill:
    """Take ``amount`` of the base currency from the levels, or as much as there is."""
    left, money, taken = amount, Fraction(0), 0
    for price, size in levels:
        if left <= 0:
            break
        part = min(left, size)
        left, money, taken = left - part, money + part * price, taken + 1
    return Fill(amount - left, money, taken, left <= 0)


def affordable(levels: Levels, money: Fraction) -> tuple[Fraction, bool]:
    """How much of the base currency ``money`` buys from the levels, and whether all of it could be spent."""
    left, amount = money, Fraction(0)
    for price, size in levels:
        cost = price * size
        if cost >= left:
            return amount + left / price, True
        left, amount = left - cost, amount + size
    return amount, False


def on_grid(amount: Fraction, *steps: Decimal | None) -> Fraction:
    """The largest amount up to this one that is a whole number of each step; a step that is not known is none."""
    known = [Fraction(step) for step in steps if step]
    if not known:
        return amount
    grid = known[0]
    for step in known[1:]:
        grid = Fraction(math.lcm(grid.numerator * step.denominator, step.numerator * grid.denominator),
                        grid.denominator * step.denominator)  # fmt: skip
    return amount // grid * grid
