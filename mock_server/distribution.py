"""Shapes of a delay: each a quantile function, its rules, and how it is written. A draw is one uniform number put
through the quantile function, so that shapes differ in their numbers and never in how they are drawn.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()
_Z99 = _NORMAL.inv_cdf(0.99)
_LN50 = math.log(50)

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """``form`` is how people write it. ``count`` numbers of seconds belong to it; ``refused`` says what is wrong
    with them (None: nothing); ``quantile`` is the inverse of the distribution function, for u in (0, 1)."""

    form: str
    count: int
    refused: Callable[[Values], str | None]
    quantile: Callable[[Values, float], float]


def _nothing(values: Values) -> str | None:
    return None


def _constant(values: Values, u: float) -> float:
    return values[0]


def _uniform(values: Values, u: float) -> float:
    low, high = values
    return low + u * (high - low)


def _uniform_refused(values: Values) -> str | None:
    return None if values[0] <= values[1] else "LOW <= HIGH"


def _normal(values: Values, u: float) -> float:
    """The normal distribution given that it is not below 0: what lies below is not moved to 0, where it would
    heap up, but left out."""
    mean, sd = values
    if sd == 0:
        return mean
    below = _NORMAL.cdf(-mean / sd)
    beyond = (1 - u) * (1 - below)
    # From the nearer end: next to 1 a float has no room left for the tail.
    z = -_NORMAL.inv_cdf(beyond) if beyond < 0.5 else _NORMAL.inv_cdf(below + u * (1 - below))
    return max(0.0, mean + sd * z)


def _normal_refused(values: Values) -> str | None:
    return None if values[0] > 0 else "a mean above 0"


def _lognormal(values: Values, u: float) -> float:
    median, p99 = values
    return median * math.exp(_NORMAL.inv_cdf(u) / _Z99 * math.log(p99 / median))


def _pareto(values: Values, u: float) -> float:
    """Pareto's distribution (type I) whose median and 99th percentile are given: with a = ln 50 / ln(p99 / median)
    the least delay is median / 2 ** (1 / a)."""
    median, p99 = values
    inverse = math.log(p99 / median) / _LN50
    return median * math.exp(inverse * math.log(0.5 / (1 - u)))


def _tail_refused(values: Values) -> str | None:
    return None if 0 < values[0] < values[1] else "a median above 0 and a p99 above the median"


SHAPES = {
    "constant": Shape("constant:20ms", 1, _nothing, _constant),
    "uniform": Shape("uniform:10ms,30ms", 2, _uniform_refused, _uniform),
    "normal": Shape("normal:20ms,5ms", 2, _normal_refused, _normal),
    "lognormal": Shape("lognormal:20ms,200ms", 2, _tail_refused, _lognormal),
    "pareto": Shape("pareto:20ms,200ms", 2, _tail_refused, _pareto),
}
"""By name. What the two numbers are: the ends (uniform), mean and standard deviation before the cut at 0 (normal),
median and 99th percentile (lognormal, pareto).

Neither of the last two has an upper end: of a million draws the largest is about median * (p99 / median) ** 2.04
for a log-normal, and median * (p99 / median) ** 3.35 for a Pareto: at 20 ms and 200 ms, 2.2 s and 45 s."""


def interpolated(percents: Values, values: Values, u: float) -> float:
    """The quantile function through the given points, straight between them. ``percents`` rise from 0 to 100."""
    at = 100 * u
    right = min(bisect_right(percents, at), len(percents) - 1)
    left = right - 1
    share = (at - percents[left]) / (percents[right] - percents[left])
    # Never beyond its ends by a rounding: the quantiles are what was promised.
    return min(max(values[left] + share * (values[right] - values[left]), values[left]), values[right])
