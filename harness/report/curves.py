"""The curves of a sweep, as a run tells them: points by condition and arm, and where a line must break.

Law: a line joins two points of an arm only where nothing was raced between them. A scenario in which the arm may not
be ranked lies between its neighbours, and says so by the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

from harness.report.entries import ArmEntry, Entry, RunEntry
from harness.report.numbers_table import Cell, NumberRow, NumbersTable
from harness.report.wording import NONE, duration, listing, times, times_interval

AXES: Final = {
    "concurrency": "requests in flight", "requests": "number of requests", "latency": "delay", "workload": "workload",
}  # fmt: skip
"""What an axis is called below a chart."""
_LABEL: Final = 20


class CurvePoint(Entry):
    """One arm in one scenario of the sweep."""

    @cached_property
    def label(self) -> str:
        return self.text("label", NONE, _LABEL)

    @cached_property
    def is_provisional(self) -> bool:
        return self.raw.get("provisional") is True

    @cached_property
    def tied_with(self) -> list[str]:
        """Who could not be told from the arm there."""
        return self.texts("tied_with", 80)


class CurveArm(ArmEntry):
    """One arm's points, in the order of the axis."""

    @cached_property
    def points(self) -> list[CurvePoint]:
        return [CurvePoint(point.raw) for point in self.entries("points") if (point.number("time_s") or 0) > 0]


@dataclass(frozen=True)
class Curve(Entry):
    """One axis with the others held fixed. ``raced`` are the run's scenarios upon it, in the order of the run."""

    raced: tuple[Entry, ...] = ()

    @cached_property
    def axis(self) -> str:
        return self.text("axis", "condition", _LABEL)

    @cached_property
    def axis_name(self) -> str:
        return AXES.get(self.axis, self.axis)

    @cached_property
    def title(self) -> str:
        """What tells this curve from the others of its axis; empty where it is the only one."""
        return " ".join(self.texts("held", 40))

    @cached_property
    def baseline(self) -> str:
        return self.text("baseline", "the baseline", 40)

    @cached_property
    def arms(self) -> list[CurveArm]:
        return [arm for found in self.entries("arms") if (arm := CurveArm(found.raw)).points]

    @cached_property
    def points(self) -> list[CurvePoint]:
        return [point for arm in self.arms for point in arm.points]

    @cached_property
    def labels(self) -> list[str]:
        """The conditions at which any arm has a point, in the order of the axis."""
        known = {point.label for point in self.points}
        return [label for label in Places.of([self]).at if label in known]

    def stretches(self, arm: CurveArm, places: Places) -> list[list[CurvePoint]]:
        """The arm's points, those together that a line may join."""
        points = sorted(arm.points, key=lambda point: places.at[point.label])
        found = [points[:1]]
        for before, after in pairwise(points):
            if places.are_numbers and not self._raced_between(before, after, places):
                found[-1].append(after)
            else:
                found.append([after])
        return found

    def fastest_at(self, label: str) -> tuple[CurveArm, CurvePoint]:
        """The arm of the first rank with the shortest time there, and its point, which says with whom it is tied."""
        there = [(arm, point) for arm in self.arms for point in arm.points if point.label == label]
        return min(there, key=lambda found: (found[1].number("rank") or 1.0, found[1].number("time_s") or 0.0))

    def _raced_between(self, before: CurvePoint, after: CurvePoint, places: Places) -> bool:
        low, high = places.at[before.label], places.at[after.label]
        known = {point.raw.get("scenario"): places.at[point.label] for point in self.points}
        ends = [place for place, scenario in enumerate(self.raced)
                if scenario.raw.get("name") in (before.raw.get("scenario"), after.raw.get("scenario"))]  # fmt: skip
        for turn, scenario in enumerate(self.raced):
            place = known.get(scenario.raw.get("name"), scenario.number(self.axis))
            # Where nobody is ranked a latency has no number: its turn in the run must do.
            between = low < place < high if place is not None else len(ends) == 2 and ends[0] < turn < ends[1]
            if between:
                return True
        return False


@dataclass(frozen=True)
class Places:
    """Where on an axis each label lies, for all curves along it: at its number, or else one after the other."""

    at: dict[str, float]
    are_numbers: bool

    @classmethod
    def of(cls, curves: Sequence[Curve]) -> Places:
        """From all points; and from the scenarios in which nobody is ranked, where their condition is a number."""
        points = [point for curve in curves for point in curve.points]
        numbers = {point.label: point.number("x") for point in points}
        if None in numbers.values():
            return cls({label: float(place) for place, label in enumerate(numbers)}, are_numbers=False)
        for curve in curves:
            for scenario in curve.raced:
                value = scenario.number(curve.axis)
                if value is not None and value not in numbers.values():
                    numbers[f"{value:g}"] = value
        found = {label: value or 0.0 for label, value in numbers.items()}
        return cls(dict(sorted(found.items(), key=lambda item: item[1])), are_numbers=True)


def gaps_said(curves: Sequence[Curve], key: Literal["left_out", "nobody"]) -> list[str]:
    """Which arms have no point where (``left_out``), or where no arm has one (``nobody``): each thing once, with the
    curves of which it is true where that is not so of all."""
    titles: dict[str, list[str]] = {}
    for curve in curves:
        for sentence in dict.fromkeys(curve.texts(key, 200)):
            titles.setdefault(sentence.rstrip("."), []).append(curve.title)
    return [
        said if len(found) == len(curves) else f"{listing(found)}: {said}" for said, found in titles.items()
    ]  # fmt: skip


def curves_of(run: RunEntry) -> list[Curve]:
    """The curves of a run that have a point; none where it was no sweep."""
    found = []
    for entry in run.entries("curves"):
        fixed = entry.entry("fixed").raw
        raced = [one for one in run.scenarios if all(one.raw.get(key) == value for key, value in fixed.items())]
        found.append(Curve(entry.raw, tuple(raced)))
    return [curve for curve in found if curve.arms]


def curve_table(curve: Curve) -> NumbersTable:
    """Speedups by arm and condition with their intervals, times where there is no speedup. A question mark:
    provisional."""
    rows, labels = [], tuple(Places.of([curve]).at)
    for arm in curve.arms:
        points = {point.label: point for point in arm.points}
        cells = [_cell(points.get(label), arm.key == curve.raw.get("baseline")) for label in labels]
        rows.append(NumberRow(arm.name, arm.model, tuple(cells)))
    return NumbersTable(labels, tuple(rows))


def _cell(point: CurvePoint | None, is_baseline: bool) -> Cell:
    if point is None:
        return Cell(NONE)
    doubt, speedup = "?" if point.is_provisional else "", point.number("speedup")
    if speedup is None:
        return Cell(f"{duration(point.number('time_s'))}{doubt}", repr(point.number("time_s")))
    if is_baseline:
        # Its ratio to itself is 1 by definition, and in no doubt.
        return Cell("baseline", repr(speedup))
    low, high = point.number("speedup_low"), point.number("speedup_high")
    known = low is not None and high is not None and low < high
    return Cell(f"{times(speedup)}{doubt}{f' ({times_interval(low, high)})' if known else ''}", repr(speedup))
