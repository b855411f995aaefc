"""A sweep in a sentence or two for each axis: who is fastest where, from where on more does not help, and how time
grows with the number of requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.report.curves import Curve, CurveArm, CurvePoint
from harness.report.entries import Entry
from harness.report.wording import duration, listing, percent, times, times_interval

_AT: Final = {
    "concurrency": "at {} in flight", "requests": "for {} requests", "latency": "at {}", "workload": "for {}",
}  # fmt: skip
_MOST: Final = 3
"""Curves of one axis that are told in words; the others are drawn."""


def curves_takeaway(curves: Sequence[Curve]) -> str:
    """What the curves of one axis say."""
    said = [f"{f'{curve.title}: ' if curve.title else ''}{_one(curve)}" for curve in curves[:_MOST]]
    if len(curves) > _MOST:
        said.append(f"{len(curves) - _MOST} more are drawn below.")
    return " ".join(said)


def _one(curve: Curve) -> str:
    told = [_fastest(curve), *([growth_said(curve)] if curve.axis == "requests" else [])]
    if curve.axis == "concurrency":
        told.append(_enough(curve))
    return " ".join(sentence for sentence in told if sentence)


def _fastest(curve: Curve) -> str:
    """Who has the shortest time at each end of the axis, or at each of its texts."""
    labels = curve.labels
    ends = labels if curve.axis == "workload" and len(labels) <= 4 else list(dict.fromkeys([labels[0], labels[-1]]))
    found = [(_AT.get(curve.axis, "at {}").format(label), *curve.fastest_at(label)) for label in ends]
    names = [arm.name for _, arm, _ in found]
    if len(set(names)) == 1:
        told = [f"{where} ({_how(curve, arm, point)})" for where, arm, point in found]
        return f"{names[0]} has the shortest time {listing(told, 4)}."
    told = [f"{where} that of {arm.name} ({_how(curve, arm, point)})" for where, arm, point in found]
    return f"The shortest time is {listing(told, 4)}."


def _how(curve: Curve, arm: CurveArm, point: CurvePoint) -> str:
    """How much faster than the baseline; of the baseline itself, its time."""
    doubt = ", provisionally" if point.is_provisional else ""
    speedup = point.number("speedup")
    if not speedup or arm.name == curve.baseline:
        return f"{duration(point.number('time_s'))}{doubt}"
    low, high = point.number("speedup_low"), point.number("speedup_high")
    interval = "no interval" if low is None or high is None else f"95 % CI {times_interval(low, high)}"
    return f"{times(speedup)} as fast as {curve.baseline}, {interval}{doubt}"


def _enough(curve: Curve) -> str:
    """From which number in flight on more is not told from less, for the arm that is fastest at the most."""
    most = curve.labels[-1]
    arm, _ = curve.fastest_at(most)
    enough, within = arm.number("enough"), arm.number("enough_within")
    if enough is None:
        return f"Whether more than {most} in flight would bring {arm.name} more, the run cannot tell."
    doubt = f" (within {percent(within, 1)})" if within else ""
    return f"From {enough:g} in flight on, more brings {arm.name} nothing that can be told{doubt}."


def growth_said(curve: Curve) -> str:
    """How time grows with the number of requests, for the arm that grows least and the one that grows most."""
    known = [
        (exponent, arm) for arm in curve.arms if (exponent := _exponent(arm).number("estimate")) is not None
    ]  # fmt: skip
    if not known:
        return ""
    least, most = min(known, key=lambda found: found[0]), max(known, key=lambda found: found[0])
    told = [_grows(arm) for _, arm in ([least, most] if least[1] is not most[1] else [least])]
    return f"Time grows as {listing(told)}; N^1 would be in proportion."


def _grows(arm: CurveArm) -> str:
    exponent = _exponent(arm)
    estimate, low, high = exponent.number("estimate"), exponent.number("low"), exponent.number("high")
    interval = "" if low is None or high is None else f" ({low:.2f} to {high:.2f})"
    each = arm.entry("growth").entry("per_request_s").number("estimate")
    costs = f", {duration(each)} for each more," if each is not None and each > 0 else ""
    return f"N^{estimate:.2f}{interval}{costs} with {arm.name}"


def _exponent(arm: CurveArm) -> Entry:
    return arm.entry("growth").entry("exponent")
