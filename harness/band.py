"""A band: what something is worth, between what selling it brings and what buying it costs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Band:
    """``low`` at the bid, ``high`` at the ask, both before fees; exact. The value is the middle between the two."""

    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)

    @property
    def value(self) -> Fraction:
        return (self.low + self.high) / 2

    def __add__(self, other: Band) -> Band:
        """Of both together."""
        return Band(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Fraction | Band) -> Band:
        """Of so many; and of a band of prices in money that has a band of prices itself."""
        if isinstance(other, Band):
            return Band(self.low * other.low, self.high * other.high)
        return Band(self.low * other, self.high * other)
