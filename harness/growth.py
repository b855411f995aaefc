"""How an arm's cost grows with the number of requests: a straight line and a power, fitted in each block.

Law: the block is the unit. Curves are fitted inside a block, over the numbers of requests that were raced in it, and
only the fitted numbers are averaged over blocks; so what slows a whole block bends no curve. (Summary measures:
Matthews, Altman, Campbell and Royston, "Analysis of serial measurements in medical research", BMJ 300, 1990.)

The shape in run.json, as ``growth`` of an arm on a curve over requests (see harness.curves)::

    {"points": 3, "blocks": 5,                    fitted to so many numbers of requests, in so many blocks
     "exponent": {"estimate": 0.91, "low": 0.9, "high": 0.92},     time ~ requests ** exponent; 1 is proportional
     "fixed_s": {...}, "per_request_s": {...},                     time = fixed_s + per_request_s * requests
     "cpu_exponent": {...}, "cpu_fixed_s": {...}, "cpu_per_request_s": {...},      the same of CPU time; may be null
     "note": null}                                or a sentence: why a reader should be careful with it

``low`` and ``high`` are 95 % t intervals over blocks, null with a single block.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Final

from harness.statistics import Interval
from harness.student_t import student_t_quantile

_TWO: Final = "with two numbers of requests a line fits whatever the growth is: whether it is straight cannot be told"


def growth(times: Mapping[int, Mapping[int, float]], cpu: Mapping[int, Mapping[int, float]]) -> dict[str, Any] | None:
    """The growth of an arm's time and CPU time in seconds, each by number of requests and block. None where fewer than
    two numbers of requests have a block in common."""
    blocks = _common_blocks(times)
    if len(times) < 2 or not blocks:
        return None
    return {
        "points": len(times), "blocks": len(blocks), **_fits(times, ""), **_fits(cpu, "cpu_"),
        "note": _TWO if len(times) == 2 else None,
    }  # fmt: skip


def line(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float]:
    """Intercept and slope of the least-squares line through points of which two x differ, none weighing more than
    another (N. R. Draper and H. Smith, "Applied Regression Analysis", 3rd edition, 1998, chapter 1)."""
    x, y = fmean(xs), fmean(ys)
    slope = math.fsum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / math.fsum((a - x) ** 2 for a in xs)
    return y - slope * x, slope


def mean_over_blocks(values: Sequence[float]) -> Interval:
    """The mean of one number a block with its 95 % t interval (Student, "The Probable Error of a Mean", Biometrika 6,
    1908), in the values' own unit; they may be negative. With one block the interval has no ends."""
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, -math.inf, math.inf)
    reach = student_t_quantile(0.975, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - reach, mean + reach)


def interval_json(found: Interval | None) -> dict[str, float | None] | None:
    """An interval as files have it: an end that is infinite is null."""
    if found is None:
        return None
    ends = {"estimate": found.estimate, "low": found.low, "high": found.high}
    return {name: end if math.isfinite(end) else None for name, end in ends.items()}


def _fits(costs: Mapping[int, Mapping[int, float]], prefix: str) -> dict[str, dict[str, float | None] | None]:
    blocks, requests = _common_blocks(costs), sorted(costs)
    found: dict[str, Interval | None] = {"exponent": None, "fixed_s": None, "per_request_s": None}
    if blocks and len(requests) > 1:
        of_blocks = [[costs[number][block] for number in requests] for block in blocks]
        lines = [line(requests, values) for values in of_blocks]
        found["fixed_s"] = mean_over_blocks([fixed for fixed, _ in lines])
        found["per_request_s"] = mean_over_blocks([slope for _, slope in lines])
        if min(map(min, of_blocks)) > 0:
            logs = [math.log(number) for number in requests]
            slopes = [line(logs, [math.log(value) for value in values])[1] for values in of_blocks]
            found["exponent"] = mean_over_blocks(slopes)
    return {prefix + name: interval_json(one) for name, one in found.items()}


def _common_blocks(costs: Mapping[int, Mapping[int, float]]) -> list[int]:
    """The blocks that every number of requests has."""
    return sorted(set.intersection(*(set(by_block) for by_block in costs.values()))) if costs else []
