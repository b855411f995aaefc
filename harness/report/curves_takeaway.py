"""A sweep in a sentence or two for each axis: who is fastest where, from where on more does not help, and what each
request more costs.

Law: nobody is named without those who could not be told from it. A growth is told in seconds a request and not as a
power, for the limit itself is none: few requests do not fill the places in flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.growth import line
from harness.report.curves import Curve, CurveArm, CurvePoint
from harness.report.entries import Entry
from harness.report.wording import duration, duration_interval, listing, not_told_from, percent, times, times_interval

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
    """How much faster than the baseline; its time, where it is the baseline or cannot be told from it."""
    doubt = f"{not_told_from(point.tied_with)}{', provisionally' if point.is_provisional else ''}"
    speedup = point.number("speedup")
    if not speedup or curve.baseline in (arm.name, *point.tied_with):
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
    """What each request more takes, for the arm whose time grows least and the one whose time grows most, and how the
    physical limit grows; all by straight lines through the same numbers of requests."""
    known = [(each, arm) for arm in curve.arms if (each := _each(arm).number("estimate")) is not None]
    if not known:
        return ""
    least, most = min(known, key=lambda found: found[0]), max(known, key=lambda found: found[0])
    told = [_grows(arm) for _, arm in ([least, most] if least[1] is not most[1] else [least])]
    limit_s = _limit_grows_s(curve)
    limit = f"; the physical limit grows by {duration(limit_s)}" if limit_s else ""
    return f"Each request more takes {listing(told)}{limit}."


def _grows(arm: CurveArm) -> str:
    each = _each(arm)
    estimate, low, high = each.number("estimate") or 0.0, each.number("low"), each.number("high")
    interval = "" if low is None or high is None else f" (95 % CI {duration_interval(low, high)})"
    return f"{duration(estimate)}{interval} with {arm.name}"


def _limit_grows_s(curve: Curve) -> float | None:
    """Seconds for each request more; None where the limit is not known at two numbers of requests."""
    known = {
        x: bound_s
        for point in curve.points
        if (x := point.number("x")) is not None and (bound_s := point.number("bound_s"))
    }
    return line(list(known), list(known.values()))[1] if len(known) > 1 else None


def _each(arm: CurveArm) -> Entry:
    return arm.entry("growth").entry("per_request_s")
