"""A profit: what something is worth now, less what was paid for it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Profit:
    """Of so much (``amount``) the ``value`` and the ``cost``, both in one money and exact."""

    amount: Fraction
    value: Fraction
    cost: Fraction

    @property
    def gain(self) -> Fraction:
        """In money; a loss is below zero."""
        return self.value - self.cost

    @property
    def percent(self) -> Fraction | None:
        """Of the cost; None for what cost nothing."""
        return 100 * self.gain / self.cost if self.cost else None

    def __add__(self, other: Profit) -> Profit:
        """Of both together (amounts of different assets add up to nothing that means anything)."""
        return Profit(self.amount + other.amount, self.value + other.value, self.cost + other.cost)
