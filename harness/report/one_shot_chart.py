"""Warm against one shot: what a long-lived program pays for a batch, and what a script that runs once pays.

Imports come on top of one shot, and what a run knows of them is a lower bound: the worker that timed them already
held libraries of its own. They are drawn apart, paler, and nobody is called quickest who is not so with them, nor where
nothing is ranked, nor without those who could not be told from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.chart import Chart
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import beside, column, dot, duration_axis, lanes, limit_line
from harness.report.palette import LIGHT
from harness.report.wording import duration, extent, listing, not_told_from, times


@dataclass(frozen=True, slots=True)
class _Start:
    """An arm's warm batch, its one shot, and that with imports (None: not measured), in seconds."""

    arm: ArmEntry
    warm: float
    once: float
    imported: float | None


def one_shot_chart(scenario: ScenarioEntry) -> Chart | None:
    """One line per arm from its warm time over opening plus cold to imports on top; None where no arm has both."""
    found = [
        _Start(arm, warm, once, arm.with_import_s)
        for arm in scenario.measured
        if (warm := arm.number("time_s") or 0.0) > 0 and (once := arm.number("one_shot_s") or 0.0) > 0
    ]
    if not found:
        return None
    values = [value for start in found for value in (start.warm, start.once, start.imported) if value and value > 0]
    if scenario.limit_s:
        values.append(scenario.limit_s)
    logarithmic = max(values) / min(values) > 6
    figure, axes = lanes([start.arm.label for start in found], right=2.6, above=0.3)
    low, high = (min(values) / 1.2, max(values) * 1.2) if logarithmic else (0.0, max(values) * 1.08)
    duration_axis(axes, low, high, logarithmic)
    axes.set_xlabel(
        f"filled: warm batch; hollow: opening + cold batch; bar: import on top{', log scale' if logarithmic else ''}"
    )
    for lane, start in enumerate(found):
        colour = LIGHT[start.arm.model]
        axes.plot([start.warm, start.once], [lane, lane], color=colour, linewidth=2.2, alpha=0.55, zorder=4)
        if start.imported is not None:
            axes.plot([start.once, start.imported], [lane, lane], color=colour, linewidth=2.2, alpha=0.25, zorder=3)
            axes.plot([start.imported], [lane], color=colour, marker="|", markersize=9, markeredgewidth=1.6, zorder=4)
        dot(axes, start.once, lane, start.arm.model, hollow=True)
        dot(axes, start.warm, lane, start.arm.model)
        for value, inset in ((start.warm, 8), (start.once, 64), (start.imported, 120)):
            beside(axes, lane, duration(value), inset)
    column(axes, "warm", 8)
    column(axes, "one shot", 64)
    column(axes, "+ import", 120)
    if scenario.limit_s:
        limit_line(axes, scenario.limit_s, f"physical limit {duration(scenario.limit_s)}")
    description = "; ".join(
        f"{start.arm.label}: warm {duration(start.warm)}, one shot {duration(start.once)}, "
        f"with imports {duration(start.imported)}"
        for start in found
    )
    question = "What does a script pay that runs once?"
    note = (
        "One shot: opening + first batch; imports come on top. They were timed in a process that already held "
        "http.client, psutil and pyperf, so that a script of your own pays that much or more."
    )
    return Chart("one_shot", question, _takeaway(scenario, found), description, figure, note)


def _takeaway(scenario: ScenarioEntry, found: list[_Start]) -> str:
    """Who has the smallest median when warm, for one shot, and for one shot with imports."""
    imported = [(start.imported, start) for start in found if start.imported is not None]
    if not scenario.has_ranking:
        return _of_all(found, [seconds for seconds, _ in imported])
    # The warm time is the one that is ranked: who is first there is decided, and by more than the medians.
    warm, once = found[0], min(found, key=lambda start: start.once)
    tied = not_told_from(scenario.shares_first)
    places = [("warm", warm, f"{duration(warm.warm)}{tied}"), ("for one shot", once, duration(once.once))]
    # Without everybody's imports nobody can be called the quickest with them.
    if len(imported) == len(found):
        least, quickest = min(imported, key=lambda row: row[0])
        places.append(("with imports on top", quickest, f"at least {duration(least)}"))
    if len(found) == 1:
        said = f"{found[0].arm.name}: {listing([f'{size} {when}' for when, _, size in places])}"
    elif len({id(start) for _, start, _ in places}) == 1:
        told = listing([f"{when} ({size})" for when, _, size in places])
        said = f"{warm.arm.name} has the shortest time {told}"
    else:
        told = listing([f"{start.arm.name} {when} ({size})" for when, start, size in places])
        said = f"The shortest times: {told}"
    if len(imported) < len(found):
        said += "; imports, which come on top, were not timed for every arm"
    if len(found) > 1:
        worst = max(found, key=lambda start: start.once / start.warm)
        said += (
            f". {worst.arm.name} pays most for its start: one shot takes {times(worst.once / worst.warm)} its warm time"
        )
    return f"{said}."


def _of_all(found: list[_Start], imported: list[float]) -> str:
    """What all arms pay together, where nobody may be named for it."""
    warm, once = (extent(seconds, duration) for seconds in zip(*((one.warm, one.once) for one in found), strict=True))
    more = f", with imports on top at least {extent(imported, duration)}" if imported else ""
    return f"A warm batch takes {warm}, one shot {once}{more}."
