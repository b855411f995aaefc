"""How a sweep went: speedup and efficiency along one axis, or time where the axis is the number of requests.

One row of panels for each choice of the other axes, one line per arm. A hollow mark is provisional: its scenario is
NOISY. No line passes a scenario in which its arm was not ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure

from harness.report.chart import Chart
from harness.report.curves import Curve, CurveArm, CurvePoint, Places
from harness.report.curves_takeaway import curves_takeaway
from harness.report.figure import WIDTH, even_marks, label_room, nice_marks
from harness.report.line_names import LONGEST, names_of_lines
from harness.report.palette import LIGHT, MARKERS
from harness.report.wording import duration, percent, tick, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUESTIONS: Final = {
    "concurrency": "What do more requests in flight bring?",
    "requests": "How does time grow with the number of requests?",
    "latency": "What does a longer delay change?", "workload": "What does the workload change?",
}  # fmt: skip
_WIDE: Final = 6.0
"""A range that a linear axis would crowd into a corner, as in the chart of speedups."""
_HEIGHT: Final = 1.75
_BELOW: Final = 0.62
_ABOVE: Final = 0.42
_MARGIN: Final = 0.55
"""Inches: a panel's height, what is below and above it, and what its marks need to its left."""
_ASIDE: Final = 0.3
"""How far the arms stand apart at a text, all together; from text to text it is 1."""
_TOLD: Final = 4
"""Of the points that are left out, as many are told below a chart."""


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a panel shows: keys of a point, its title, and how a value is written on its axis."""

    key: str
    low: str
    high: str
    title: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """A point where it is drawn."""

    x: float
    y: float
    point: CurvePoint


_TIME: Final = _Measure("time_s", "low_s", "high_s", "time of a warm batch")
_SPEEDUP: Final = _Measure("speedup", "speedup_low", "speedup_high", "times as fast as {baseline}")
_EFFICIENCY: Final = _Measure("efficiency", "efficiency_low", "efficiency_high", "share of the physical limit")


def curves_charts(curves: Sequence[Curve]) -> list[Chart]:
    """One chart for each axis that was swept, in the order of the run."""
    axes = dict.fromkeys(curve.axis for curve in curves)
    return [_chart(axis, [curve for curve in curves if curve.axis == axis]) for axis in axes]


def _chart(axis: str, curves: list[Curve]) -> Chart:
    measures = (_TIME if axis == "requests" else _SPEEDUP, _EFFICIENCY)
    row = _ABOVE + _HEIGHT + _BELOW
    height = row * len(curves)
    figure = Figure(figsize=(WIDTH, height))
    names = label_room([arm.label[:LONGEST] for curve in curves for arm in curve.arms])
    width = (WIDTH - 2 * (_MARGIN + names)) / 2
    places = Places.of(curves)
    for turn, curve in enumerate(curves):
        bottom = height - row * turn - _ABOVE - _HEIGHT
        for side, measure in enumerate(measures):
            left = _MARGIN + side * (width + names + _MARGIN)
            panel = figure.add_axes((left / WIDTH, bottom / height, width / WIDTH, _HEIGHT / height))
            _panel(panel, curve, places, measure)
        if curve.title:
            figure.text(0.004, (bottom + _HEIGHT + 0.24) / height, curve.title, fontweight="bold")
    # A slug is a file's name: no axis that a file invents may choose it.
    slug = f"curves-{axis if axis in QUESTIONS else 'other'}"
    question = QUESTIONS.get(axis, "What does the sweep change?")
    return Chart(slug, question, curves_takeaway(curves), _description(curves), figure, _note(curves))


def _panel(axes: Axes, curve: Curve, places: Places, measure: _Measure) -> None:
    title = measure.title.format(baseline=curve.baseline)
    axes.set_title(title, loc="left", fontsize=8.5, color=LIGHT["muted"], pad=5)
    axes.tick_params(axis="y", labelcolor=LIGHT["muted"])
    axes.grid(visible=True, axis="y")
    axes.grid(visible=False, axis="x")
    _condition_axis(axes, places)
    axes.set_xlabel(curve.axis_name)
    points = curve.points
    values = [mark.y for mark in _told(points, measure, places)]
    if not values:
        axes.text(0.5, 0.5, "not told", transform=axes.transAxes, ha="center", color=LIGHT["muted"])
        axes.set_yticks([])
        return
    # The ends of an interval of two blocks may be powers of ten away; its line may leave the picture.
    ends = [end for point in points for key in (measure.low, measure.high) if (end := point.number(key))]
    ends = [end for end in ends if min(values) / 4 <= end <= max(values) * 4]
    _value_axis(axes, measure, min(values + ends), max(values + ends))
    if measure is _TIME:
        _limit(axes, points, places)
    ends_of_lines = []
    for turn, arm in enumerate(curve.arms):
        # Beside each other at a text, where no line would be bent by it.
        aside = 0.0 if places.are_numbers else _ASIDE * ((turn + 0.5) / len(curve.arms) - 0.5)
        for stretch in curve.stretches(arm, places):
            _line(axes, arm, _told(stretch, measure, places, aside), measure)
        told = _told(arm.points, measure, places, aside)
        if told:
            last = max(told, key=lambda one: one.x)
            ends_of_lines.append((arm.label, arm.model, last.x, last.y))
    names_of_lines(axes, ends_of_lines, _HEIGHT)


def _told(points: Sequence[CurvePoint], measure: _Measure, places: Places, aside: float = 0.0) -> list[_Mark]:
    """The points that have a value to draw."""
    values = [(point, point.number(measure.key)) for point in points]
    return [_Mark(places.at[point.label] + aside, value, point) for point, value in values if value and value > 0]


def _condition_axis(axes: Axes, places: Places) -> None:
    low, high = min(places.at.values()), max(places.at.values())
    if places.are_numbers and low > 0 and high / low > _WIDE:
        axes.set_xscale("log")
        reach = (high / low) ** 0.06
        axes.set_xlim(low / reach, high * reach)
    else:
        reach = max(0.06 * (high - low) or 0.5, 0.0 if places.are_numbers else _ASIDE)
        axes.set_xlim(low - reach, high + reach)
    axes.set_xticks(list(places.at.values()), [label if len(label) <= 10 else f"{label[:9]}…" for label in places.at])
    axes.set_xticks([], minor=True)


def _value_axis(axes: Axes, measure: _Measure, low: float, high: float) -> None:
    if measure is _EFFICIENCY:
        # Beyond 100 % an interval may reach, but nothing can be.
        axes.set_ylim(0, min(1.15, max(1.04, high)))
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], [percent(mark) for mark in (0, 0.25, 0.5, 0.75, 1)])
        return
    if high / low > _WIDE:
        axes.set_yscale("log")
        low, high = low / 1.3, high * 1.3
        marks = nice_marks(low, high)
    else:
        low, high = 0.0, high * 1.1
        marks = even_marks(low, high)
    axes.set_ylim(low, high)
    axes.set_yticks(marks, [tick(mark) if measure is _TIME else f"{mark:g}×" for mark in marks])
    axes.set_yticks([], minor=True)


def _limit(axes: Axes, points: Sequence[CurvePoint], places: Places) -> None:
    """The physical limit, which is that of all arms."""
    bounds = {places.at[point.label]: point.number("bound_s") for point in points}
    known = sorted((place, bound) for place, bound in bounds.items() if bound and bound > 0)
    axes.plot([place for place, _ in known], [bound for _, bound in known], color=LIGHT["limit"], linestyle=(0, (4, 3)),
              linewidth=1.2, zorder=3)  # fmt: skip


def _line(axes: Axes, arm: CurveArm, marks: Sequence[_Mark], measure: _Measure) -> None:
    colour = LIGHT[arm.model]
    axes.plot([mark.x for mark in marks], [mark.y for mark in marks], color=colour, linewidth=1.5, zorder=4)
    for mark in marks:
        low, high = mark.point.number(measure.low), mark.point.number(measure.high)
        if low is not None and high is not None and low < high:
            axes.plot([mark.x, mark.x], [low, high], color=colour, linewidth=1.1, marker="_", markersize=5, zorder=5)
        axes.plot(
            [mark.x], [mark.y], marker=MARKERS[arm.model], markersize=5.5, color=colour, linestyle="none", zorder=6,
            markerfacecolor=LIGHT["paper"] if mark.point.is_provisional else colour,
        )  # fmt: skip


def _description(curves: list[Curve]) -> str:
    said = []
    for curve in curves:
        for arm in curve.arms:
            told = ", ".join(
                f"{point.label}: {duration(point.number('time_s'))}, {times(point.number('speedup'))}"
                for point in arm.points
            )
            said.append(f"{f'{curve.title}, ' if curve.title else ''}{arm.label}: {told}")
    return "; ".join(said)


def _note(curves: list[Curve]) -> str:
    points = [point for curve in curves for point in curve.points]
    notes = ["Bars: 95 % intervals over blocks."]
    if any(point.is_provisional for point in points):
        notes.append("Hollow: provisional, the scenario is NOISY.")
    careful = [arm.entry("growth").text("note").rstrip(".") for curve in curves for arm in curve.arms]
    notes += [f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(careful) if note]
    left_out = [sentence for curve in curves for sentence in curve.left_out]
    if left_out:
        more = f"; and {len(left_out) - _TOLD} more" if len(left_out) > _TOLD else ""
        notes.append(f"Left out: {'; '.join(left_out[:_TOLD])}{more}.")
    return " ".join(notes)
