"""How an arm's cost grows with the number of requests: a straight line and a power, fitted in each block.

Law: the block is the unit. Curves are fitted inside a block, over the numbers of requests that were raced in it, and
only the fitted numbers are averaged over blocks; so what slows a whole block bends no curve. (Summary measures:
Matthews, Altman, Campbell and Royston, "Analysis of serial measurements in medical research", BMJ 300, 1990.)

The shape in run.json, as ``growth`` of an arm on a curve over requests (see harness.curves)::

    {"points": 3, "blocks": 5,                    fitted to so many numbers of requests, in so many blocks
     "exponent": {"estimate": 0.91, "low": 0.9, "high": 0.92},     time ~ requests ** exponent; 1 is proportional
     "fixed_s": {...}, "per_request_s": {...},                     time = fixed_s + per_request_s * requests
     "cpu_exponent": {...}, "cpu_fixed_s": {...}, "cpu_per_request_s": {...},      the same of CPU time; may be null
     "bound_exponent": 0.85,                      the same power of the physical limit, null where there is none
     "note": null}                                or why a reader should be careful with it, in a sentence

``low`` and ``high`` are 95 % t intervals over blocks, null with a single block. An exponent is the arm's own only as
far as it differs from ``bound_exponent``: 10 requests take one round of delays and so do 20, where 20 may be in flight.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Final

from harness.statistics import Interval
from harness.student_t import student_t_quantile

_TWO: Final = "with two numbers of requests a line fits whatever the growth is: whether it is straight cannot be told"


def growth(
    times: Mapping[int, Mapping[int, float]], cpu: Mapping[int, Mapping[int, float]],
    bounds: Mapping[int, float | None] | None = None, in_flight: int = 1,
) -> dict[str, Any] | None:  # fmt: skip
    """The growth of an arm's time and CPU time in seconds, each by number of requests and block. ``bounds`` are the
    physical limits in seconds by number of requests, ``in_flight`` is how many the arm may have in flight. None where
    fewer than two numbers of requests have a block in common."""
    blocks = _common_blocks(times)
    if len(times) < 2 or not blocks:
        return None
    return {
        "points": len(times), "blocks": len(blocks), **_fits(times, ""), **_fits(cpu, "cpu_"),
        "bound_exponent": _power({number: (bounds or {}).get(number) for number in times}),
        "note": "; ".join(_doubts(sorted(times), in_flight)) or None,
    }  # fmt: skip


def _doubts(requests: Sequence[int], in_flight: int) -> Iterator[str]:
    if len(requests) == 2:
        yield _TWO
    uneven = [str(number) for number in requests if number % in_flight]
    if uneven:
        which = f"rounds of {', '.join(uneven[:-1])} and {uneven[-1]}" if len(uneven) > 1 else f"round of {uneven[0]}"
        full = "are not full" if len(uneven) > 1 else "is not full"
        yield f"with {in_flight} in flight the last {which} requests {full}: that bends the growth"


def _power(costs: Mapping[int, float | None]) -> float | None:
    """The exponent of a cost that is known for every number of requests, and is above zero."""
    known = {number: cost for number, cost in costs.items() if cost is not None and cost > 0}
    if len(known) < len(costs):
        return None
    return line([math.log(number) for number in known], [math.log(cost) for cost in known.values()])[1]


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
