"""Drift: whether a session as a whole grew slower or faster, block by block.

Each block's effect is the mean over arms of log(time) less that arm's own mean: what all arms have in common there.
Where blocks draw their delays anew, times are the adjusted ones (harness.adjusted_times), or it would be the dice's.
A straight line through the effects, by least squares, with Student's t test of its slope (N. R. Draper and H. Smith,
"Applied Regression Analysis", 3rd edition, 1998, section 1.4), says how much the session drifted. In shuffled order
that hits all arms alike; in one fixed order it cannot be told from a difference between arms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from harness.student_t import student_t_cdf, student_t_quantile

_LEAST: Final = 3
_CONFIDENCE: Final = 0.95
_ROUNDING: Final = 1e-12
_LARGEST_LOG: Final = 700.0


@dataclass(frozen=True, slots=True)
class Drift:
    """``per_block`` and ``over_session`` are relative changes of time (0.1: 10 % slower), from one block to the next
    and from the first block to the last; ``low`` and ``high`` are the 95 % interval of the latter (infinite where it
    is wider than any number), ``p`` the two-sided p-value of "there is none"."""

    per_block: float
    over_session: float
    low: float
    high: float
    p: float
    blocks: int

    def to_json(self) -> dict[str, Any]:
        """Infinity is not JSON: it is null there."""
        return {name: value if math.isfinite(value) else None for name, value in asdict(self).items()}


def drift_of(times: Mapping[str, Mapping[int, float]]) -> Drift | None:
    """The drift over the blocks that any arm has, from each arm's times by block in seconds; of the arms that have all
    of these blocks, since another one's mean is not comparable. None with fewer than three blocks, or without such an
    arm.

    It is a line: what came and went within the session is noise to it. Blocks are taken to be equally far apart.

    Raises:
        ValueError: a time is not a positive number of seconds.
    """
    blocks = sorted({block for by_block in times.values() for block in by_block})
    whole = [by_block for by_block in times.values() if len(by_block) == len(blocks)]
    n = len(blocks)
    if n < _LEAST or not whole:
        return None
    effects = _effects(whole, blocks)
    middle = (n - 1) / 2
    spread = math.fsum((place - middle) ** 2 for place in range(n))
    slope = math.fsum((place - middle) * effect for place, effect in enumerate(effects)) / spread
    left = math.fsum((effect - slope * (place - middle)) ** 2 for place, effect in enumerate(effects))
    error = math.sqrt(left / (n - 2) / spread)
    if max(effects) - min(effects) < _ROUNDING:
        return Drift(0.0, 0.0, 0.0, 0.0, 1.0, n)
    p = 2 * student_t_cdf(-abs(slope / error), n - 2) if error > _ROUNDING else 0.0
    reach = student_t_quantile(0.5 + _CONFIDENCE / 2, n - 2) * error
    per_block, over, low, high = (
        _relative(log) for log in (slope, *((n - 1) * log for log in (slope, slope - reach, slope + reach)))
    )
    return Drift(per_block, over, low, high, p, n)


def _effects(whole: list[Mapping[int, float]], blocks: list[int]) -> list[float]:
    """What all arms have in common in each block, as a logarithm; the mean over blocks is 0."""
    effects = [0.0] * len(blocks)
    for by_block in whole:
        for block in blocks:
            if not 0 < by_block[block] < math.inf:
                raise ValueError(f"expected a positive number of seconds in block {block}, found {by_block[block]}")
        logs = [math.log(by_block[block]) for block in blocks]
        mean = math.fsum(logs) / len(logs)
        effects = [effect + (log - mean) / len(whole) for effect, log in zip(effects, logs, strict=True)]
    return effects


def _relative(log: float) -> float:
    return math.expm1(log) if log < _LARGEST_LOG else math.inf
