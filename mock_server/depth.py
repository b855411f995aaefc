"""Depth: what stands behind the best prices, as a formula with nothing to remember.

Each side of a book is a row of rungs at fixed places on the price grid, ``gap`` steps apart on average, so that a
level stays where it is while the best price moves past it. The size on a rung changes every ten seconds, each at its
own time.

Laws: the first level of each side is the quote's; behind it prices move strictly outward on the grid; a book is a
function of (seed, block, batch, exchange, pair, tick, level), and a deeper book begins with the shallower one.
A bid side ends early where the next rung would be at or below zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from exchanges.book import Level

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX = 0xBF58476D1CE4E5B9
_GAP = 0.00002  # a fifth of a basis point: 5,000 levels reach a tenth of the price
_SIZES_CHANGE_S = 10.0  # 5,000 levels a side take 25 ms to make, so most must last longer than a body does


class Ladder:
    """The rungs of one pair on one exchange. ``mid_steps`` and ``size_steps`` are its usual price and size, counted
    in steps of its grids; ``salt`` is any integer that belongs to the batch, the exchange and the pair."""

    def __init__(
        self, mid_steps: float, size_steps: float, price_step: Decimal, size_step: Decimal, salt: int, tick_s: float
    ) -> None:
        self.gap = max(1, round(mid_steps * _GAP))
        self._size_steps, self._price_step, self._size_step = size_steps, price_step, size_step
        self._salt = salt
        self._epoch_ticks = max(1, round(_SIZES_CHANGE_S / tick_s))
        self._rungs: dict[int, tuple[int, Level]] = {}

    def bids(self, best: Level, levels: int, tick: int) -> tuple[Level, ...]:
        """The best bid and the rungs below it, ``levels`` in all or as many as there are above zero."""
        return self._side(best, levels, tick, self._below(best))

    def asks(self, best: Level, levels: int, tick: int) -> tuple[Level, ...]:
        """The best ask and the rungs above it, ``levels`` in all."""
        return self._side(best, levels, tick, self._above(best))

    def _side(self, best: Level, levels: int, tick: int, numbers: Iterator[int]) -> tuple[Level, ...]:
        if levels < 1:
            raise ValueError(f"expected a book of at least one level, found {levels}")
        rungs, epoch_ticks = self._rungs, self._epoch_ticks
        found = [best]
        for number in numbers:
            if len(found) == levels:
                break
            # Staggered by the number of the rung, so that not all sizes change in one tick.
            epoch = (tick + number * 37) // epoch_ticks
            known = rungs.get(number)
            if known is None or known[0] != epoch:
                known = rungs[number] = epoch, self._rung(number, epoch)
            found.append(known[1])
        return tuple(found)

    def _below(self, best: Level) -> Iterator[int]:
        best_steps = round(best.price / self._price_step)
        first = best_steps // self.gap
        if self._place(first) >= best_steps:
            first -= 1
        return iter(range(first, -1 if self._place(0) else 0, -1))

    def _above(self, best: Level) -> Iterator[int]:
        best_steps = round(best.price / self._price_step)
        first = best_steps // self.gap
        if self._place(first) <= best_steps:
            first += 1
        return iter(range(first, first + 10**6))

    def _place(self, number: int) -> int:
        """A rung's price in steps: within its own gap, so that two rungs never meet."""
        return number * self.gap + self._hash(number) % self.gap

    def _rung(self, number: int, epoch: int) -> Level:
        mixed = self._hash(number)
        share = ((mixed ^ epoch * _MIX) * _GOLDEN & _MASK) * 2.0**-64
        size = max(1, math.ceil(self._size_steps * (0.05 + 3 * share * share)))
        # As in _place, with the number that is already there.
        return Level((number * self.gap + mixed % self.gap) * self._price_step, size * self._size_step)

    def _hash(self, number: int) -> int:
        mixed = (number * _GOLDEN + self._salt) & _MASK
        mixed = (mixed ^ mixed >> 30) * _MIX & _MASK
        mixed = (mixed ^ mixed >> 27) * _GOLDEN & _MASK
        return mixed ^ mixed >> 31
