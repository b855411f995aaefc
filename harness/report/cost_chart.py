"""What speed costs: processor time for a request, and memory, of the arm's whole process tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchanges.units import text_from_bytes
from harness.report.chart import Chart
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import WIDTH, lanes
from harness.report.palette import LIGHT
from harness.report.wording import duration, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 0.85
"""Inches for the number behind the longest bar."""


def cost_chart(scenario: ScenarioEntry) -> Chart | None:
    """Two bars per arm; None where nothing was counted."""
    arms = [arm for arm in scenario.measured if arm.number("cpu_s_per_request") or arm.number("peak_rss_bytes")]
    if not arms:
        return None
    figure, left = lanes([arm.label for arm in arms], above=0.3, below=0.12)
    box = left.get_position()
    room = _ROOM / WIDTH
    half = (box.width - 2 * room) / 2
    left.set_position((box.x0, box.y0, half, box.height))
    right = figure.add_axes((box.x0 + half + room, box.y0, half, box.height), sharey=left)
    right.tick_params(labelleft=False)
    cpu = [arm.number("cpu_s_per_request") or 0.0 for arm in arms]
    memory = [arm.number("peak_rss_bytes") or 0.0 for arm in arms]
    _bars(left, arms, cpu, [duration(value) if value else "–" for value in cpu], "CPU time for one request")
    _bars(right, arms, memory, [text_from_bytes(value) if value else "–" for value in memory], "peak memory")
    description = "; ".join(
        f"{arm.label}: {duration(c)} of CPU a request, {text_from_bytes(m)}"
        for arm, c, m in zip(arms, cpu, memory, strict=True)
    )
    return Chart("cost", "What does it cost?", _takeaway(arms, cpu, memory), description, figure)


def _bars(axes: Axes, arms: list[ArmEntry], values: list[float], texts: list[str], title: str) -> None:
    axes.barh(range(len(arms)), values, height=0.58, color=[LIGHT[arm.model] for arm in arms])
    axes.set_xlim(0, max(values) or 1)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_title(title, loc="left", fontsize=8.5, color=LIGHT["muted"], pad=5)
    for lane, (value, text) in enumerate(zip(values, texts, strict=True)):
        axes.annotate(
            text, (value, lane), xytext=(5, 0), textcoords="offset points", va="center", annotation_clip=False
        )  # fmt: skip


def _takeaway(arms: list[ArmEntry], cpu: list[float], memory: list[float]) -> str:
    said = []
    by_cpu = sorted((value, arm.name) for value, arm in zip(cpu, arms, strict=True) if value)
    if by_cpu:
        least, most = by_cpu[0], by_cpu[-1]
        said.append(f"{least[1]} needs the least CPU, {duration(least[0])} a request")
        if len(by_cpu) > 1:
            said[-1] += f"; {most[1]} needs {times(most[0] / least[0])} that"
    by_memory = sorted((value, arm.name) for value, arm in zip(memory, arms, strict=True) if value)
    if by_memory:
        least, most = by_memory[0], by_memory[-1]
        span = f"memory goes from {text_from_bytes(least[0])} ({least[1]}) to {text_from_bytes(most[0])} ({most[1]})"
        said.append(span if len(by_memory) > 1 else f"memory peaks at {text_from_bytes(least[0])}")
    return "; ".join(said) + "."
