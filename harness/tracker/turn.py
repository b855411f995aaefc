"""A turn: what of the errands that are due may go now, by the budget and by how many requests may be in flight.

Law: who has waited longest in a bucket goes first there, or a large request would wait for ever behind small ones; a
bucket that is spent holds up no other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.tracker.budget import Budget
from harness.tracker.errands import Errand


@dataclass(frozen=True, slots=True)
class Turn:
    """``taken`` goes now. Nothing of the rest may go for ``wait_s`` seconds; ``never`` weighs more than is allowed."""

    taken: tuple[Errand, ...]
    wait_s: float
    never: tuple[Errand, ...]


def turn_of(due: Sequence[Errand], budget: Budget, most: int, now: float) -> Turn:
    """``due`` begins with what waited longest; ``most`` requests at once. The weight of what is taken is spent."""
    taken: list[Errand] = []
    never: list[Errand] = []
    closed: dict[str, float] = {}
    room = most
    for errand in due:
        buckets = {charge.bucket for charge in errand.charges if charge is not None}
        if buckets & set(closed):
            continue
        if taken and len(errand.requests) > room:
            break
        wait_s = budget.wait_for(errand.charges, now)
        if math.isinf(wait_s):
            never.append(errand)
        elif wait_s > 0:
            closed.update(dict.fromkeys(buckets, wait_s))
        else:
            budget.spend(errand.charges, now)
            taken.append(errand)
            room -= len(errand.requests)
    return Turn(tuple(taken), min(closed.values(), default=math.inf), tuple(never))
