"""Warm against one shot: what a long-lived program pays for a batch, and what a script that runs once pays."""

from __future__ import annotations

from harness.report.chart import Chart
from harness.report.entries import ScenarioEntry
from harness.report.figure import beside, dot, duration_axis, lanes, limit_line
from harness.report.palette import LIGHT
from harness.report.wording import duration, times


def one_shot_chart(scenario: ScenarioEntry) -> Chart | None:
    """One line per arm from its warm time to opening plus cold; None where no arm has both."""
    found = [(arm, arm.number("time_s") or 0.0, arm.number("one_shot_s") or 0.0) for arm in scenario.measured]
    found = [row for row in found if row[1] > 0 and row[2] > 0]
    if not found:
        return None
    ends = [value for _, warm, once in found for value in (warm, once)]
    if scenario.limit_s:
        ends.append(scenario.limit_s)
    logarithmic = max(ends) / min(ends) > 6
    figure, axes = lanes([arm.label for arm, _, _ in found], right=1.95, above=0.3)
    low, high = (min(ends) / 1.2, max(ends) * 1.2) if logarithmic else (0.0, max(ends) * 1.08)
    duration_axis(axes, low, high, logarithmic)
    axes.set_xlabel(f"filled: warm batch; hollow: opening + cold batch{'; log scale' if logarithmic else ''}")
    for lane, (arm, warm, once) in enumerate(found):
        axes.plot([warm, once], [lane, lane], color=LIGHT[arm.model], linewidth=2.2, alpha=0.55, zorder=4)
        dot(axes, once, lane, arm.model, hollow=True)
        dot(axes, warm, lane, arm.model)
        beside(axes, lane, f"{duration(warm)} → {duration(once)}")
        beside(axes, lane, times(once / warm), 108)
    if scenario.limit_s:
        limit_line(axes, scenario.limit_s, f"physical limit {duration(scenario.limit_s)}")
    best_warm, best_once = min(found, key=lambda row: row[1]), min(found, key=lambda row: row[2])
    worst = max(found, key=lambda row: row[2] / row[1])
    if best_warm[0] is best_once[0]:
        said = f"{best_once[0].name} is the quickest either way: {duration(best_once[2])} for one shot"
    else:
        said = (
            f"The order changes: {best_warm[0].name} is the quickest when warm ({duration(best_warm[1])}), "
            f"{best_once[0].name} for one shot ({duration(best_once[2])})"
        )
    if len(found) > 1:
        said += f". {worst[0].name} pays most for its start: {times(worst[2] / worst[1])} its warm time"
    description = "; ".join(
        f"{arm.label}: warm {duration(warm)}, one shot {duration(once)}" for arm, warm, once in found
    )
    question = "What does a script pay that runs once?"
    return Chart("one_shot", question, f"{said}.", description, figure)
