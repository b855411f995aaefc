"""What speed costs: each arm where its time and its processor time for a request lie, both on logarithmic axes.

Law: where nothing may be ranked, no sentence compares times.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from exchanges.units import text_from_bytes
from harness.report.chart import Chart
from harness.report.cost_table import multiple_of, yardstick
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import FONT, WIDTH, dot, duration_axis, label_room, limit_line, nice_marks
from harness.report.label_places import Box, places
from harness.report.palette import LIGHT
from harness.report.wording import duration, listing, tick, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT: Final = 4.3
_LEFT, _RIGHT, _BELOW, _ABOVE = 0.85, 0.85, 0.5, 0.28
_MARGIN: Final = 1.35
"""The room beyond the outermost points, as a factor."""
_ACROSS, _UP = (WIDTH - _LEFT - _RIGHT) * 72, (_HEIGHT - _BELOW - _ABOVE) * 72
"""The axes' size in points."""
_NOTE: Final = (
    "Left is quicker, below is cheaper; both scales are logarithmic. Lines through marks are 95 % intervals of the "
    "time."
)
_NEAR: Final = 16.0
"""A name that is further from its point, in points, is tied to it by a line."""


def cost_chart(scenario: ScenarioEntry) -> Chart | None:
    """One mark per arm; None where no CPU time was counted."""
    by = yardstick(scenario)
    if by is None:
        return None
    arms = [arm for arm in scenario.measured if (arm.number("cpu_s_per_request") or 0) > 0]
    figure = Figure(figsize=(WIDTH, _HEIGHT))
    axes = figure.add_axes((_LEFT / WIDTH, _BELOW / _HEIGHT, _ACROSS / 72 / WIDTH, _UP / 72 / _HEIGHT))
    axes.spines["left"].set_visible(True)
    axes.grid(visible=True, axis="both")
    xs, ys = [_time(arm) for arm in arms], [_cpu(arm) for arm in arms]
    limit = [scenario.limit_s] if scenario.limit_s else []
    left, right = min(xs + limit) / _MARGIN, max(xs + limit) * _MARGIN
    low, high = min(ys) / _MARGIN, max(ys) * _MARGIN
    duration_axis(axes, left, right, logarithmic=True)
    axes.set_xlabel("time of a batch")
    _cpu_axis(axes, low, high)
    _multiples(axes, low, high, by)
    if scenario.limit_s:
        limit_line(axes, scenario.limit_s, "physical limit")
    spots = [(_part(x, left, right) * _ACROSS, _part(y, low, high) * _UP) for x, y in zip(xs, ys, strict=True)]
    drawn = [_line(_part(x, left, right) * _ACROSS, 0, _part(x, left, right) * _ACROSS, _UP) for x in limit]
    if scenario.has_ranking:
        drawn += _draw_frontier(axes, [spots[arms.index(arm)] for arm in _frontier(arms)])
    for arm, x, y, (_, up) in zip(arms, xs, ys, spots, strict=True):
        first, last = arm.number("low_s"), arm.number("high_s")
        if first and last:
            axes.plot((first, last), (y, y), color=LIGHT[arm.model], linewidth=1.1, zorder=4)
            drawn.append(_line(_part(first, left, right) * _ACROSS, up, _part(last, left, right) * _ACROSS, up))
        dot(axes, x, y, arm.model)
    _name(axes, arms, spots, drawn)
    told = [f"{arm.label}: {duration(_time(arm))} a batch, {duration(_cpu(arm))} of CPU a request" for arm in arms]
    return Chart("cost", "What does speed cost?", _takeaway(scenario, arms, by), "; ".join(told), figure, _NOTE)


def _time(arm: ArmEntry) -> float:
    return arm.number("time_s") or 0.0


def _cpu(arm: ArmEntry) -> float:
    return arm.number("cpu_s_per_request") or 0.0


def _part(value: float, low: float, high: float) -> float:
    """Where a value lies on a logarithmic axis, from 0 to 1."""
    return math.log(value / low) / math.log(high / low)


def _cpu_axis(axes: Axes, low: float, high: float) -> None:
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(nice_marks(low, high)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", labelcolor=LIGHT["muted"])
    axes.set_ylabel("CPU time for one request")


def _multiples(axes: Axes, low: float, high: float, by: ArmEntry) -> None:
    """The same axis on the right, in multiples of the yardstick."""
    other, unit = axes.twinx(), _cpu(by)
    other.set_ylabel(f"as a multiple of {by.label}")
    other.set_yscale("log")
    other.set_ylim(low / unit, high / unit)
    other.yaxis.set_major_locator(FixedLocator(nice_marks(low / unit, high / unit)))
    other.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}×"))
    other.yaxis.set_minor_locator(NullLocator())
    other.yaxis.set_minor_formatter(NullFormatter())
    other.tick_params(axis="y", labelcolor=LIGHT["muted"])
    other.grid(visible=False)


def _frontier(arms: list[ArmEntry]) -> list[ArmEntry]:
    """The arms that no other one beats in both, the quickest first."""
    found: list[ArmEntry] = []
    for arm in sorted(arms, key=lambda arm: (_time(arm), _cpu(arm))):
        if not found or _cpu(arm) < _cpu(found[-1]):
            found.append(arm)
    return found


def _draw_frontier(axes: Axes, spots: list[tuple[float, float]]) -> list[Box]:
    """A staircase through the marks of those, in points from the corner; returns its lines."""
    xs, ys = [spots[0][0]], [_UP]
    for x, y in spots:
        xs, ys = [*xs, x, x], [*ys, ys[-1], y]
    xs, ys = [*xs, _ACROSS], [*ys, ys[-1]]
    axes.plot(
        [x / _ACROSS for x in xs], [y / _UP for y in ys], transform=axes.transAxes, color=LIGHT["muted"],
        linewidth=0.9, linestyle=(0, (1, 2)), zorder=2,
    )  # fmt: skip
    corners = list(zip(xs, ys, strict=True))
    return [_line(min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in itertools.pairwise(corners)]


def _line(left: float, bottom: float, right: float, top: float) -> Box:
    return Box(left - 1.5, bottom - 1.5, right + 1.5, top + 1.5)


def _name(axes: Axes, arms: list[ArmEntry], spots: list[tuple[float, float]], drawn: list[Box]) -> None:
    widths = [(label_room([arm.label]) - 0.2) * 72 for arm in arms]
    chosen = places(spots, widths, FONT * 1.3, Box(2, 2, _ACROSS - 2, _UP - 2), drawn)
    for arm, (x, y), box in zip(arms, spots, chosen, strict=True):
        edge, away = _nearest(box, (x, y))
        if away > _NEAR or any(_nearest(box, other)[1] <= away for other in spots if other != (x, y)):
            across, up = zip((x / _ACROSS, y / _UP), (edge[0] / _ACROSS, edge[1] / _UP), strict=True)
            axes.plot(across, up, transform=axes.transAxes, color=LIGHT["muted"], linewidth=0.6, zorder=3)
        middle = (box.left + box.right) / 2 / _ACROSS, (box.bottom + box.top) / 2 / _UP
        axes.annotate(arm.label, middle, xycoords="axes fraction", ha="center", va="center", zorder=6)


def _nearest(box: Box, spot: tuple[float, float]) -> tuple[tuple[float, float], float]:
    """The place of a rectangle that is nearest to a point, and how far away that is."""
    edge = min(max(spot[0], box.left), box.right), min(max(spot[1], box.bottom), box.top)
    return edge, math.dist(edge, spot)


def _takeaway(scenario: ScenarioEntry, arms: list[ArmEntry], by: ArmEntry) -> str:
    least, most = min(arms, key=_cpu), max(arms, key=_cpu)
    said = [f"{least.name} needs the least CPU, {duration(_cpu(least))} a request"]
    if most is not least:
        multiple = multiple_of(most, by)
        whose = "that" if by is least else f"that of {by.name}"
        said[0] += f"; {most.name} needs {times(multiple)} {whose}"
    if scenario.has_ranking and len(arms) > 1:
        names = listing([arm.name for arm in _frontier(arms)])
        said.append(f"by these numbers nobody is both quicker and cheaper than {names}")
    by_memory = sorted((value, arm.name) for arm in arms if (value := arm.number("peak_rss_bytes")))
    if by_memory:
        (low, first), (high, last) = by_memory[0], by_memory[-1]
        span = f"memory goes from {text_from_bytes(low)} ({first}) to {text_from_bytes(high)} ({last})"
        said.append(span if len(by_memory) > 1 else f"memory peaks at {text_from_bytes(low)}")
    return "; ".join(said) + "."
