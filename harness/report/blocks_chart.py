"""Block by block: whether a block, a value in it, or the whole session was unlike the rest."""

from __future__ import annotations

import math
from statistics import fmean, median
from typing import TYPE_CHECKING, Final

from matplotlib.patches import Rectangle

from exchanges.units import counted
from harness.report.chart import Chart
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import lanes
from harness.report.palette import LIGHT
from harness.report.warm_values import WarmValue, reach_of, warm_values
from harness.report.wording import percent, signed_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FULL: Final = 0.10
"""A difference that is drawn in the strongest shade."""
_TEXT_UNTIL: Final = 12
"""Blocks beside each other that leave room for numbers."""
_TEXT, _STRIP = -0.29, (0.18, 0.18)
"""Within a lane of height 1: where the number stands, and the middle and half the height of the strip of dots."""


def blocks_chart(scenario: ScenarioEntry) -> Chart | None:
    """One cell per arm and block: its median against the arm's median over blocks, and a dot for each warm value;
    None where there are no blocks."""
    arms = [arm for arm in scenario.measured if arm.medians and min(arm.medians.values()) > 0]
    if not arms:
        return None
    blocks = sorted({block for arm in arms for block in arm.medians})
    moved = {arm.key: _differences(arm) for arm in arms}
    values = {arm.key: warm_values(arm) for arm in arms}
    with_dots = any(values.values())
    labels = [arm.label for arm in arms]
    if len(arms) > 1:
        labels.append("all arms")
    figure, axes = lanes(labels, row=0.5 if with_dots else 0.3, below=0.12, above=0.3)
    axes.set_xlim(-0.5, max(5, len(blocks)) - 0.5)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    shown = range(0, len(blocks), math.ceil(len(blocks) / 20))
    axes.set_xticks(shown, [f"block {blocks[i] + 1}" if i == 0 else str(blocks[i] + 1) for i in shown])
    axes.tick_params(axis="x", length=0, labeltop=True, labelbottom=False)
    whole = {block: fmean([row[block] for row in moved.values() if block in row]) for block in blocks}
    rows = [*(moved[arm.key] for arm in arms), *([whole] if len(arms) > 1 else [])]
    reach = reach_of([value for found in values.values() for value in found])
    for lane, row in enumerate(rows):
        own = values[arms[lane].key] if lane < len(arms) else []
        for column, block in enumerate(blocks):
            if block in row:
                middle = lane + (_TEXT if own else 0.0)
                _cell(axes, column, lane, row[block])
                if len(blocks) <= _TEXT_UNTIL:
                    axes.text(column, middle, signed_percent(row[block]), ha="center", va="center")
                _dots(axes, column, lane, [value for value in own if value.block == block], reach)
    strange = sum(value.is_outlier for found in values.values() for value in found)
    takeaway = _takeaway(arms, moved) + _said_outliers(strange, sum(map(len, values.values())))
    description = f"{counted(len(arms), 'arm')} in {counted(len(blocks), 'block')}; {takeaway}"
    note = "Each cell: the arm's median in the block against its median over all blocks."
    if with_dots:
        note += (
            " Each dot: a warm batch, in its order; higher is slower, the middle is the arm's median batch, the "
            f"strip's edge {percent(reach)} from it (triangles lie beyond). Ringed: outliers."
        )
    return Chart("blocks", "Was any block unlike the others?", takeaway, description, figure, note)


def _differences(arm: ArmEntry) -> dict[int, float]:
    middle = median(arm.medians.values())
    return {block: value / middle - 1 for block, value in arm.medians.items()}


def _cell(axes: Axes, column: int, lane: int, moved: float) -> None:
    colour = LIGHT["slower" if moved > 0 else "quicker"]
    # At 0.5 ink on the shade still has a contrast of 4.5:1 in both themes.
    shade = 0.06 + 0.44 * min(1.0, abs(moved) / _FULL)
    axes.add_patch(Rectangle((column - 0.47, lane - 0.44), 0.94, 0.88, facecolor=colour, alpha=shade, linewidth=0))


def _dots(axes: Axes, column: int, lane: int, values: list[WarmValue], reach: float) -> None:
    """The warm values of one arm in one block, from left to right as they were measured."""
    middle, half = _STRIP
    if values:
        ends = [column - 0.42, column + 0.42]
        axes.plot(ends, [lane + middle, lane + middle], color=LIGHT["muted"], linewidth=0.4, zorder=1.5)
    for place, value in enumerate(values):
        x = column - 0.4 + 0.8 * (place + 0.5) / len(values)
        y = lane + middle - half * max(-1.0, min(1.0, value.moved / reach))
        beyond = abs(value.moved) > reach
        marker = ("^" if value.moved > 0 else "v") if beyond else "o"
        axes.plot([x], [y], marker=marker, markersize=3.4 if beyond else 2.6, color=LIGHT["ink"], linestyle="none")
        if value.is_outlier:
            axes.plot([x], [y], marker="o", markersize=8, markerfacecolor="none", markeredgecolor=LIGHT["limit"],
                      markeredgewidth=1.3, linestyle="none", clip_on=False)  # fmt: skip


def _takeaway(arms: list[ArmEntry], moved: dict[str, dict[int, float]]) -> str:
    """How the whole session moved is not said here: a line through all blocks tells it, among the facts."""
    if len({block for row in moved.values() for block in row}) < 2:
        return "One block only: nothing to compare it with."
    size, name, block = max((abs(value), arm.name, block) for arm in arms for block, value in moved[arm.key].items())
    at = next(arm for arm in arms if arm.name == name and abs(moved[arm.key].get(block, -1.0)) == size)
    return f"The largest departure is {signed_percent(moved[at.key][block])} ({name}, block {block + 1})."


def _said_outliers(strange: int, values: int) -> str:
    if not values:
        return ""
    if not strange:
        return f" None of {values} warm times is an outlier."
    are = "is an outlier" if strange == 1 else "are outliers"
    return f" {strange} of {values} warm times {are}: kept and counted, like all others."
