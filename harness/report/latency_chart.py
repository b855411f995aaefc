"""What one request takes, from its turn to its value: the spread, not just the middle."""

from __future__ import annotations

import numpy as np

from harness.report.chart import Chart
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import beside, column, dot, duration_axis, lanes, limit_line
from harness.report.palette import LIGHT
from harness.report.request_log import RequestLog
from harness.report.wording import count, duration, extent, signed_percent

_SHARES = (1, 25, 50, 75, 90, 99)


def latency_chart(scenario: ScenarioEntry, log: RequestLog) -> Chart | None:
    """A strip of quantiles per arm; None where the log has no answered request."""
    found: list[tuple[ArmEntry, list[float], int]] = []
    for arm in scenario.measured:
        taken = log.latencies(str(scenario.raw.get("name")), arm.key)
        if len(taken):
            found.append((arm, [float(value) for value in np.percentile(taken, _SHARES)], len(taken)))
    if not found:
        return None
    asked = log.asked(str(scenario.raw.get("name")))
    typical = float(np.median(asked)) if len(asked) else 0.0
    values = [value for _, quantiles, _ in found for value in quantiles] + ([typical] if typical > 0 else [])
    logarithmic = max(values) / min(values) > 8
    figure, axes = lanes([arm.label for arm, _, _ in found], right=2.1, above=0.3)
    margin = 0.06 * (max(values) - min(values)) or 0.1 * max(values)
    if logarithmic:
        duration_axis(axes, min(values) / 1.15, max(values) * 1.15, logarithmic)
    else:
        duration_axis(axes, max(0.0, min(values) - margin), max(values) + margin, logarithmic)
    axes.set_xlabel(
        f"mark: median; thick: middle half; thin: 1st to 99th percentile{'; log scale' if logarithmic else ''}"
    )
    for lane, (arm, (first, lower, middle, upper, _, last), _) in enumerate(found):
        colour = LIGHT[arm.model]
        axes.plot([first, last], [lane, lane], color=colour, linewidth=1.4, zorder=3)
        axes.plot([lower, upper], [lane, lane], color=colour, linewidth=7, alpha=0.45, zorder=3)
        dot(axes, middle, lane, arm.model)
        beside(axes, lane, duration(middle))
        beside(axes, lane, duration(last), 64)
    column(axes, "median", 8)
    column(axes, "99th percentile", 64)
    if typical > 0:
        limit_line(axes, typical, f"delay asked of the server {duration(typical)}")
    description = "; ".join(
        f"{arm.label}: median {duration(q[2])}, 99th percentile {duration(q[5])}" for arm, q, _ in found
    )
    total = sum(number for _, _, number in found)
    return Chart(
        "latency", "What does one request take?", _takeaway(scenario, found, typical), description, figure,
        f"{count(total)} answered requests of warm batches, as the clients saw them.",
    )  # fmt: skip


def _takeaway(scenario: ScenarioEntry, found: list[tuple[ArmEntry, list[float], int]], typical: float) -> str:
    """The ends of what was found; where nothing is ranked nobody is named for them."""
    if not scenario.has_ranking:
        middles, tails = (extent([row[1][place] for row in found], duration) for place in (2, 5))
        return f"The median request takes {middles}; 1 in 100 takes {tails} or more."
    best = min(found, key=lambda row: row[1][2])
    said = f"The median request takes {duration(best[1][2])} with {best[0].name}"
    worst = max(found, key=lambda row: row[1][2])
    if worst is not best:
        said += f" and {duration(worst[1][2])} with {worst[0].name}"
    if typical > 0:
        shares = [signed_percent(row[1][2] / typical - 1) for row in ((best,) if worst is best else (best, worst))]
        said += f" ({' and '.join(shares)} over the median delay asked)"
    tail = max(found, key=lambda row: row[1][5])
    return f"{said}; the longest tail is that of {tail[0].name}, where 1 in 100 takes {duration(tail[1][5])} or more."
