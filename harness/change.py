"""How a ratio changed from one run to another, with its interval: a ratio of ratios, and never of times.

Each run brings the ratio's value in each of its blocks. Where both runs drew the same delays in a block of the same
number, the blocks are pairs; otherwise they are two independent samples, as two sessions are.

What differs from session to session as a whole (the machine's day, where the server's memory came to lie) is in the
change and not in its interval, which knows the blocks only. Measured on two shared cores in November 2026, three arms
over ``threads``, all pairs of runs of one race: 7 runs with delays of 20 ms (3 VALID, 4 NOISY) told no change in 63
comparisons; 8 with 5 ms (all NOISY) told one in 3 of 84, two arms lying half as far apart again as their blocks had it.
So what a NOISY run tells is provisional.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Any, Final

from harness.statistics import POWER, ratio_over_blocks
from harness.student_t import student_t_cdf, student_t_quantile

_ALPHA: Final = 0.05
_ROUNDING: Final = 1e-12
_LARGEST_LOG: Final = 709.0

IMPROVED: Final = "improved"
WORSE: Final = "worse"
UNTOLD: Final = "no difference told"


@dataclass(frozen=True, slots=True)
class Change:
    """``ratio`` is the later ratio over the earlier one, 1.1 saying 10 % more; ``low`` and ``high`` its 95 % interval,
    ``p`` the two-sided p-value of "nothing changed", unadjusted. ``smallest_detectable`` is the smallest relative
    change that these blocks would have shown with 80 % power among as many comparisons as were made. With fewer than
    two blocks on a side the interval is 0 to infinity, and p is 1."""

    ratio: float
    low: float
    high: float
    p: float
    smallest_detectable: float
    paired: bool

    def finding(self, p_adjusted: float) -> str:
        """What may be said, once ``p`` is adjusted for everything else that was compared."""
        if p_adjusted > _ALPHA:
            return UNTOLD
        return IMPROVED if self.ratio > 1 else WORSE

    def to_json(self) -> dict[str, Any]:
        ends = {key: _finite(getattr(self, key)) for key in ("ratio", "low", "high", "p", "smallest_detectable")}
        return {**ends, "paired": self.paired}


def change(before: Mapping[int, float], after: Mapping[int, float], paired: bool, family: int = 1) -> Change | None:
    """The change from one run's ratios by block to another's; None where there is no block to tell it by.

    Paired: the t interval of ``statistics.ratio_over_blocks``, over the blocks that both have. Otherwise Welch's t
    interval on the logarithms (B. L. Welch, "The generalization of 'Student's' problem when several different
    population variances are involved", Biometrika 34, 1947), with Satterthwaite's degrees of freedom. ``family`` is
    the number of comparisons of which this is one.
    """
    if paired:
        shared = ratio_over_blocks(after, before, 1 - _ALPHA, family)
        if not shared.blocks:
            return None
        return Change(shared.ratio, shared.low, shared.high, shared.p, shared.smallest_detectable, True)
    if not before or not after:
        return None
    return _welch([math.log(value) for value in before.values()], [math.log(value) for value in after.values()], family)


def _welch(before: Sequence[float], after: Sequence[float], family: int) -> Change:
    mean = fmean(after) - fmean(before)
    mean = 0.0 if abs(mean) < _ROUNDING else mean
    if min(len(before), len(after)) < 2:
        return Change(_exp(mean), 0.0, math.inf, 1.0, math.inf, False)
    parts = [_error_squared(logs) for logs in (before, after)]
    error = math.sqrt(sum(parts))
    if error == 0:
        return Change(_exp(mean), _exp(mean), _exp(mean), 0.0 if mean else 1.0, 0.0, False)
    # Shares of the whole, not the parts themselves: their squares may be too small for a float.
    shares = [part / sum(parts) for part in parts]
    df = 1 / math.fsum(share**2 / (len(logs) - 1) for share, logs in zip(shares, (before, after), strict=True))
    reach = student_t_quantile(1 - _ALPHA / 2, df) * error
    strict = student_t_quantile(1 - _ALPHA / family / 2, df)
    p = 2 * student_t_cdf(-abs(mean / error), df)
    detectable = _exp((strict + student_t_quantile(POWER, df)) * error) - 1
    return Change(_exp(mean), _exp(mean - reach), _exp(mean + reach), p, detectable, False)


def _error_squared(logs: Sequence[float]) -> float:
    return 0.0 if max(logs) - min(logs) < _ROUNDING else variance(logs) / len(logs)


def _exp(log: float) -> float:
    return math.exp(log) if log < _LARGEST_LOG else math.inf


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
