"""Block by block: whether a block, or the whole session, was unlike the rest; and the same arm raced twice."""

from __future__ import annotations

import math
from statistics import fmean, median
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from exchanges.units import counted
from harness.report.chart import Chart
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import lanes
from harness.report.palette import LIGHT
from harness.report.wording import signed_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FULL = 0.10
"""A difference that is drawn in the strongest shade."""
_TEXT_UNTIL = 12
"""Blocks beside each other that leave room for numbers."""


def blocks_chart(scenario: ScenarioEntry) -> Chart | None:
    """One cell per arm and block: its median against the arm's median over blocks; None where there are no blocks."""
    arms = [arm for arm in scenario.measured if arm.medians and min(arm.medians.values()) > 0]
    if not arms:
        return None
    blocks = sorted({block for arm in arms for block in arm.medians})
    moved = {arm.key: _differences(arm) for arm in arms}
    labels = [arm.label for arm in arms]
    if len(arms) > 1:
        labels.append("all arms")
    figure, axes = lanes(labels, row=0.3, below=0.12, above=0.3)
    axes.set_xlim(-0.5, max(5, len(blocks)) - 0.5)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    shown = range(0, len(blocks), math.ceil(len(blocks) / 20))
    axes.set_xticks(shown, [f"block {blocks[i] + 1}" if i == 0 else str(blocks[i] + 1) for i in shown])
    axes.tick_params(axis="x", length=0, labeltop=True, labelbottom=False)
    whole = {block: fmean([row[block] for row in moved.values() if block in row]) for block in blocks}
    rows = [*(moved[arm.key] for arm in arms), *([whole] if len(arms) > 1 else [])]
    for lane, row in enumerate(rows):
        for column, block in enumerate(blocks):
            if block in row:
                _cell(axes, column, lane, row[block], len(blocks) <= _TEXT_UNTIL)
    description = f"{counted(len(arms), 'arm')} in {counted(len(blocks), 'block')}; {_takeaway(arms, moved, whole)}"
    return Chart("blocks", "Was any block unlike the others?", _takeaway(arms, moved, whole), description, figure,
                 "Each cell: the arm's median in the block against its median over all blocks.")  # fmt: skip


def _differences(arm: ArmEntry) -> dict[int, float]:
    middle = median(arm.medians.values())
    return {block: value / middle - 1 for block, value in arm.medians.items()}


def _cell(axes: Axes, column: int, lane: int, moved: float, with_text: bool) -> None:
    colour = LIGHT["slower" if moved > 0 else "quicker"]
    # At 0.5 ink on the shade still has a contrast of 4.5:1 in both themes.
    shade = 0.06 + 0.44 * min(1.0, abs(moved) / _FULL)
    axes.add_patch(Rectangle((column - 0.47, lane - 0.42), 0.94, 0.84, facecolor=colour, alpha=shade, linewidth=0))
    if with_text:
        axes.text(column, lane, signed_percent(moved), ha="center", va="center")


def _takeaway(arms: list[ArmEntry], moved: dict[str, dict[int, float]], whole: dict[int, float]) -> str:
    if len(whole) < 2:
        return "One block only: nothing to compare it with"
    size, name, block = max((abs(value), arm.name, block) for arm in arms for block, value in moved[arm.key].items())
    at = next(arm for arm in arms if arm.name == name and abs(moved[arm.key].get(block, -1.0)) == size)
    said = f"The largest departure is {signed_percent(moved[at.key][block])} ({name}, block {block + 1})"
    if len(arms) > 1:
        drift = whole[max(whole)] - whole[min(whole)]
        said += f"; from the first block to the last, all arms together moved by {signed_percent(drift)}"
    return f"{said}."
