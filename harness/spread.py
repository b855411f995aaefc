"""How much an arm's times scatter: between its workers, and within one.

The two are different things. Where an arm's workers differ more than the values inside each (by the place that a
process was given in memory, its hash seed, its folder), more batches in a worker make nothing surer: only more workers
do. That is why the block, in which each arm has one worker, is the unit of all statistics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

ByBlock = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """Relative standard deviations (0.02 is 2 %), that is, of the times' natural logarithms; None where there are too
    few times to tell."""

    between: float | None
    within: float | None

    def to_json(self) -> dict[str, float | None]:
        return asdict(self)


def spread_of(arm: str, own: ByBlock, others: Mapping[str, ByBlock], values: Sequence[Sequence[float]]) -> Spread:
    """An arm's spread. ``own`` are its times by block (``harness.adjusted_times``), ``others`` those of the arms that
    tell what blocks did to all, each arm's in a unit of its own; ``values`` the arm's warm times, a sequence for each
    of its workers."""
    return Spread(between_workers(arm, {**others, arm: own}), within_workers(values))


def between_workers(arm: str, medians: Mapping[str, ByBlock]) -> float | None:
    """The standard deviation of an arm's log medians after what its blocks did to all arms is taken out: the residuals
    of a two-way layout with one value a cell, on their (A - 1)(B - 1) / A degrees of freedom for one of A arms over B
    blocks (H. Scheffé, "The Analysis of Variance", 1959, section 4.2). That is the same as setting the arm against the
    mean of all others. It is the arm's own only as far as all arms scatter alike; where another one scatters more, some
    of that is in it. So ``medians`` are to be of arms that keep the rules, and of this one.

    None with fewer than two blocks, or where no other arm has all of the arm's blocks: nothing then tells a slow block
    from a slow worker.
    """
    blocks = sorted(medians.get(arm, {}))
    logs = {
        name: [math.log(found[block]) for block in blocks]
        for name, found in medians.items()
        if all(block in found for block in blocks)
    }
    if len(blocks) < 2 or len(logs) < 2:
        return None
    of_block = [fmean(column) for column in zip(*logs.values(), strict=True)]
    left = [own - block for own, block in zip(logs[arm], of_block, strict=True)]
    centre = fmean(left)
    freedom = (len(blocks) - 1) * (len(logs) - 1) / len(logs)
    return math.sqrt(math.fsum((one - centre) ** 2 for one in left) / freedom)


def within_workers(values: Sequence[Sequence[float]]) -> float | None:
    """The pooled standard deviation of log times around the mean of their own worker; None where no worker has two."""
    several = [[math.log(value) for value in worker] for worker in values if len(worker) > 1]
    if not several:
        return None
    squares = math.fsum((log - centre) ** 2 for worker in several for centre in [fmean(worker)] for log in worker)
    return math.sqrt(squares / sum(len(worker) - 1 for worker in several))
