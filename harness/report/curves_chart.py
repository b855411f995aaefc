"""How a sweep went: speedup and efficiency along one axis, or time where the axis is the number of requests.

One row of panels for each choice of the other axes, one line per arm. A hollow mark is provisional: its scenario is
not VALID. No line passes a scenario in which its arm was not ranked. Panels that show the same measure have the same
axis, linear or logarithmic, from the same end to the same end: they can be compared at a glance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure

from harness.report.chart import Chart
from harness.report.curves import Curve, CurveArm, CurvePoint, Places, gaps_said
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
_LOG: Final = ", log scale"
_LIMIT: Final = "physical limit"
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


@dataclass(frozen=True, slots=True)
class _Scale:
    """The axis that all panels of a measure have: the values that it must show, and whether it is logarithmic."""

    measure: _Measure
    low: float
    high: float
    is_logarithmic: bool

    @classmethod
    def of(cls, measure: _Measure, curves: Sequence[Curve], places: Places) -> _Scale:
        points = [point for curve in curves for point in curve.points]
        values = [mark.y for mark in _told(points, measure, places)] or [1.0]
        # The ends of an interval of two blocks may be powers of ten away; its line may leave the picture.
        ends = [end for point in points for key in (measure.low, measure.high) if (end := point.number(key))]
        ends = [end for end in ends if min(values) / 4 <= end <= max(values) * 4]
        if measure is _TIME:
            ends += [bound for point in points if (bound := point.number("bound_s")) and bound > 0]
        low, high = min(values + ends), max(values + ends)
        return cls(measure, low, high, measure is not _EFFICIENCY and high / low > _WIDE)

    @property
    def said(self) -> str:
        return _LOG if self.is_logarithmic else ""


def curves_charts(curves: Sequence[Curve]) -> list[Chart]:
    """One chart for each axis that was swept, in the order of the run. Who has no point is told below the first of
    those where that is so."""
    charts, told = [], set[str]()
    for axis in dict.fromkeys(curve.axis for curve in curves):
        along = [curve for curve in curves if curve.axis == axis]
        gaps = [said for said in [*gaps_said(along, "nobody"), *gaps_said(along, "left_out")] if said not in told]
        told.update(gaps)
        charts.append(_chart(axis, along, gaps))
    return charts


def _chart(axis: str, curves: list[Curve], gaps: Sequence[str]) -> Chart:
    places = Places.of(curves)
    measures = [_TIME if axis == "requests" else _SPEEDUP]
    # Where nobody knows a limit, as of others' servers, there is no share of it.
    measures += [_EFFICIENCY] if any(point.number("efficiency") for curve in curves for point in curve.points) else []
    scales = [_Scale.of(measure, curves, places) for measure in measures]
    row = _ABOVE + _HEIGHT + _BELOW
    height = row * len(curves)
    figure = Figure(figsize=(WIDTH, height))
    names = label_room([_LIMIT, *(arm.label[:LONGEST] for curve in curves for arm in curve.arms)])
    width = (WIDTH - 2 * (_MARGIN + names)) / len(scales)
    for turn, curve in enumerate(curves):
        bottom = height - row * turn - _ABOVE - _HEIGHT
        for side, scale in enumerate(scales):
            left = _MARGIN + side * (width + names + _MARGIN)
            panel = figure.add_axes((left / WIDTH, bottom / height, width / WIDTH, _HEIGHT / height))
            _panel(panel, curve, places, scale)
        if curve.title:
            figure.text(0.004, (bottom + _HEIGHT + 0.24) / height, curve.title, fontweight="bold")
    # A slug is a file's name: no axis that a file invents may choose it.
    slug = f"curves-{axis if axis in QUESTIONS else 'other'}"
    question = QUESTIONS.get(axis, "What does the sweep change?")
    return Chart(slug, question, curves_takeaway(curves), _description(curves), figure, _note(curves, gaps))


def _panel(axes: Axes, curve: Curve, places: Places, scale: _Scale) -> None:
    measure = scale.measure
    title = f"{measure.title.format(baseline=curve.baseline)}{scale.said}"
    axes.set_title(title, loc="left", fontsize=8.5, color=LIGHT["muted"], pad=5)
    axes.tick_params(axis="y", labelcolor=LIGHT["muted"])
    axes.grid(visible=True, axis="y")
    axes.grid(visible=False, axis="x")
    _condition_axis(axes, places, curve.axis_name)
    if not _told(curve.points, measure, places):
        axes.text(0.5, 0.5, "not told", transform=axes.transAxes, ha="center", color=LIGHT["muted"])
        axes.set_yticks([])
        return
    _value_axis(axes, scale)
    ends_of_lines = [_limit(axes, curve.points, places)] if measure is _TIME else []
    for turn, arm in enumerate(curve.arms):
        # Beside each other at a text, where no line would be bent by it.
        aside = 0.0 if places.are_numbers else _ASIDE * ((turn + 0.5) / len(curve.arms) - 0.5)
        for stretch in curve.stretches(arm, places):
            _line(axes, arm, _told(stretch, measure, places, aside), measure)
        told = _told(arm.points, measure, places, aside)
        if told:
            last = max(told, key=lambda one: one.x)
            ends_of_lines.append((arm.label, arm.model, last.x, last.y))
    names_of_lines(axes, [end for end in ends_of_lines if end is not None], _HEIGHT)


def _told(points: Sequence[CurvePoint], measure: _Measure, places: Places, aside: float = 0.0) -> list[_Mark]:
    """The points that have a value to draw."""
    values = [(point, point.number(measure.key)) for point in points]
    return [_Mark(places.at[point.label] + aside, value, point) for point, value in values if value and value > 0]


def _condition_axis(axes: Axes, places: Places, name: str) -> None:
    low, high = min(places.at.values()), max(places.at.values())
    logarithmic = places.are_numbers and low > 0 and high / low > _WIDE
    axes.set_xlabel(f"{name}{_LOG if logarithmic else ''}")
    if logarithmic:
        axes.set_xscale("log")
        reach = (high / low) ** 0.06
        axes.set_xlim(low / reach, high * reach)
    else:
        reach = max(0.06 * (high - low) or 0.5, 0.0 if places.are_numbers else _ASIDE)
        axes.set_xlim(low - reach, high + reach)
    axes.set_xticks(list(places.at.values()), [label if len(label) <= 10 else f"{label[:9]}…" for label in places.at])
    axes.set_xticks([], minor=True)


def _value_axis(axes: Axes, scale: _Scale) -> None:
    if scale.measure is _EFFICIENCY:
        # Beyond 100 % an interval may reach, but nothing can be.
        axes.set_ylim(0, min(1.15, max(1.04, scale.high)))
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], [percent(mark) for mark in (0, 0.25, 0.5, 0.75, 1)])
        return
    if scale.is_logarithmic:
        axes.set_yscale("log")
        low, high = scale.low / 1.3, scale.high * 1.3
        marks = nice_marks(low, high)
    else:
        low, high = 0.0, scale.high * 1.1
        marks = even_marks(low, high)
    axes.set_ylim(low, high)
    axes.set_yticks(marks, [tick(mark) if scale.measure is _TIME else f"{mark:g}×" for mark in marks])
    axes.set_yticks([], minor=True)


def _limit(axes: Axes, points: Sequence[CurvePoint], places: Places) -> tuple[str, str, float, float] | None:
    """Draw the physical limit, which is that of all arms. Returns the name of the line and where it ends; None where
    the run does not tell it."""
    bounds = {places.at[point.label]: point.number("bound_s") for point in points}
    known = sorted((place, bound) for place, bound in bounds.items() if bound and bound > 0)
    if not known:
        return None
    axes.plot([place for place, _ in known], [bound for _, bound in known], color=LIGHT["limit"], linestyle=(0, (4, 3)),
              linewidth=1.2, zorder=3)  # fmt: skip
    return (_LIMIT, "limit", *known[-1])


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


def _note(curves: list[Curve], gaps: Sequence[str]) -> str:
    points = [point for curve in curves for point in curve.points]
    notes = ["Bars: 95 % intervals over blocks."]
    if any(point.is_provisional for point in points):
        notes.append("Hollow: provisional, the scenario is not VALID.")
    careful = [arm.entry("growth").text("note").rstrip(".") for curve in curves for arm in curve.arms]
    notes += [f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(careful) if note]
    if gaps:
        more = f"; and {len(gaps) - _TOLD} more" if len(gaps) > _TOLD else ""
        notes.append(f"Left out: {'; '.join(gaps[:_TOLD])}{more}.")
    return " ".join(notes)
