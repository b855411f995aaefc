"""The ruler measured: one arm raced a second time under another name, which should come out at 1."""

from __future__ import annotations

import re
from typing import Final

from matplotlib.ticker import FuncFormatter

from exchanges.units import counted
from harness.report.chart import Chart
from harness.report.entries import ScenarioEntry
from harness.report.figure import beside, dot, even_marks, lanes
from harness.report.palette import LIGHT, model_of
from harness.report.wording import percent

QUESTION: Final = "How well could the ruler be read?"
_TWIN: Final = re.compile(r"\btwin\b|same arm|measured twice|raced twice", re.IGNORECASE)


def twin_chart(scenario: ScenarioEntry) -> Chart | None:
    """The ratio of the twin to its original with its interval; None where there was no twin."""
    twin = scenario.entry("twin")
    ratio, low, high = twin.number("ratio"), twin.number("low"), twin.number("high")
    if ratio is None or ratio <= 0:
        return None
    name = twin.text("of", "the same arm", 32)
    ink = LIGHT["limit" if scenario.twin_is_off else "ink"]
    ends = [value for value in (ratio, low, high) if value is not None]
    # Wide enough to see the interval, narrow enough to see a percent; an interval of two blocks can be huge.
    reach = min(1.0, max(0.05, *(abs(value - 1) * 1.15 for value in ends)))
    figure, axes = lanes([f"{name}, twice"], row=0.42, below=0.45, right=1.5)
    axes.set_xlim(1 - reach, 1 + reach)
    axes.set_xticks(even_marks(1 - reach, 1 + reach))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    axes.set_xlabel("time of the twin over time of the original")
    axes.axvline(1, color=LIGHT["ink"], linewidth=1)
    if low is not None and high is not None:
        shown = [max(low, 1 - reach), min(high, 1 + reach)]
        axes.plot(shown, [0, 0], color=ink, linewidth=1.3, marker="|", markersize=9, zorder=6)
    dot(axes, min(max(ratio, 1 - reach), 1 + reach), 0, model_of(name))
    interval = f"{low:.3f}–{high:.3f}" if low is not None and high is not None else "no interval"
    beside(axes, 0, f"{ratio:.3f}  ({interval})")
    description = f"{name} against itself: {ratio:.3f}, {interval}"
    return Chart("twin", QUESTION, _takeaway(scenario), description, figure)


def why_no_twin(scenario: ScenarioEntry) -> str:
    """Why there is no ratio to draw, from the verdict's own reasons; empty where there is one."""
    ratio = scenario.entry("twin").number("ratio")
    if ratio is not None and ratio > 0:
        return ""
    told = [reason for reason in scenario.entry("verdict").texts("reasons") if _TWIN.search(reason)]
    why = "; ".join(told).rstrip(".") or "the run does not say why"
    return f"No arm was measured twice, so that the noise of the apparatus is unknown: {why}."


def _takeaway(scenario: ScenarioEntry) -> str:
    twin = scenario.entry("twin")
    ratio, low, high = twin.number("ratio"), twin.number("low"), twin.number("high")
    blocks = twin.number("blocks")
    within = f" over {counted(int(blocks), 'block')}" if blocks else ""
    if ratio is None or low is None or high is None:
        return f"The same arm raced twice came out at {ratio:.3f}{within}: too few blocks for an interval."
    said = f"The same arm raced twice came out at {ratio:.3f}{within} (95 % CI {low:.3f} to {high:.3f})"
    if scenario.twin_is_off:
        reach = max(abs(low - 1), abs(high - 1))
        return (
            f"{said}: the interval excludes 1, although it is one and the same arm. Chance does that in one run of "
            f"twenty; until another run says otherwise, distrust differences below {percent(reach, 1)}."
        )
    return f"{said}: 1 is inside, and the interval reaches {percent((high - low) / 2, 1)} to either side."
