"""Who is fastest, by how much, and how far from what physics allows."""

from __future__ import annotations

from harness.report.chart import Chart
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import beside, column, dot, duration_axis, even_marks, lanes, limit_line, nice_marks
from harness.report.palette import LIGHT
from harness.report.wording import duration, duration_interval, listing, percent, times, times_interval
from harness.sentence import TELLING, done_by

_WIDE = 6.0
"""From here on a linear axis would crowd the fast arms into a corner."""


def speedup_chart(scenario: ScenarioEntry) -> Chart | None:
    """Speedups over the baseline with their intervals; times where there is no speedup; None without a ranking."""
    if not scenario.has_ranking:
        return None
    arms = scenario.measured
    by_speedup = len(arms) > 1 and all(arm.number("speedup") for arm in arms)
    keys = ("speedup", "speedup_low", "speedup_high") if by_speedup else ("time_s", "low_s", "high_s")
    values = [[arm.number(key) for key in keys] for arm in arms]
    limit = scenario.limit_speedup if by_speedup else scenario.limit_s
    points = [value for value, _, _ in values if value and value > 0] + ([limit] if limit else [])
    # Two blocks can give an interval over many powers of ten; its line may leave the picture, the points may not.
    ends = [end for row in values for end in row[1:] if end and min(points) / 8 <= end <= max(points) * 8]
    low, high = min(points + ends), max(points + ends)
    logarithmic = high / low > _WIDE
    labels = [f"{arm.label}   {arm.place}".rstrip() for arm in arms]
    figure, axes = lanes(labels, right=2.35, above=0.3)
    low, high = (low / 1.25, high * 1.2) if logarithmic else (0.0, high * 1.08)
    scale = ", log scale" if logarithmic else ""
    if by_speedup:
        if logarithmic:
            axes.set_xscale("log")
        axes.set_xlim(low, high)
        marks = nice_marks(low, high) if logarithmic else even_marks(low, high)
        axes.set_xticks(marks, [f"{mark:g}×" for mark in marks])
        axes.set_xticks([], minor=True)
        axes.set_xlabel(f"times as fast as {scenario.text('baseline', 'the baseline', 40)}{scale}")
    else:
        duration_axis(axes, low, high, logarithmic)
        axes.set_xlabel(f"time for one warm batch{scale}")
    for lane, (arm, (value, least, most)) in enumerate(zip(arms, values, strict=True)):
        if value is None:
            continue
        if least is not None and most is not None and least > 0:
            ends = [least, most]
            axes.plot(ends, [lane, lane], color=LIGHT["ink"], linewidth=1.3, zorder=6, marker="|", markersize=9)
        dot(axes, value, lane, arm.model)
        interval = times_interval(least, most) if by_speedup else duration_interval(least, most)
        size = times(value) if by_speedup else duration(value)
        if by_speedup and arm.raw.get("name") == scenario.raw.get("baseline"):
            interval = "baseline"
        beside(axes, lane, size)
        beside(axes, lane, interval, 48)
        beside(axes, lane, percent(arm.number("efficiency")), 128)
    column(axes, "95 % interval", 48)
    column(axes, "of limit", 128)
    if limit:
        limit_line(axes, limit, f"physical limit {times(limit) if by_speedup else duration(limit)}")
    description = "; ".join(
        f"{arm.label}: {duration(arm.number('time_s'))}, {times(arm.number('speedup'))}" for arm in arms
    )
    return Chart("speedup", "Who is fastest, and by how much?", _takeaway(scenario, arms), description, figure)


def _takeaway(scenario: ScenarioEntry, arms: list[ArmEntry]) -> str:
    first = arms[0]
    interval = times_interval(first.number("speedup_low"), first.number("speedup_high"))
    did = done_by(scenario.text("requests", "the"), scenario.text("workload"), first.number("failed") or 0)
    said = f"{first.name} {' '.join(did)} in {duration(first.number('time_s'))}"
    if first.number("speedup") and not scenario.baseline_is_first:
        said += f", {times(first.number('speedup'))} as fast as {scenario.baseline} (95 % CI {interval})"
    if first.number("efficiency") is not None:
        said += f"; that is {percent(first.number('efficiency'))} of the physical limit"
    tied = scenario.shares_first
    if tied:
        within = first.number("tied_within")
        doubt = f" (within {percent(within, 1)})" if within and within <= TELLING else ""
        return f"{said}. It cannot be told from {listing(tied)}{doubt}."
    second = arms[1] if len(arms) > 1 else None
    mine, theirs = first.number("time_s"), second.number("time_s") if second else None
    if second and mine and theirs:
        return f"{said}. {second.name}, the next, takes {percent(theirs / mine - 1)} longer."
    return f"{said}."
