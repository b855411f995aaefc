"""One axis of a sweep on the page and in summary.md: its chart, and the numbers that are drawn there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.chart import Chart
from harness.report.curves import Curve, curve_table
from harness.report.numbers_table import NumbersTable


@dataclass(frozen=True, slots=True)
class SweepTable:
    """A table of arms by condition; ``title`` is what tells it from the others of the axis, or empty."""

    title: str
    corner: str
    table: NumbersTable


@dataclass(frozen=True, slots=True)
class SweepSection:
    """``chart`` with its sentences, and a table for each row of its panels."""

    chart: Chart
    tables: tuple[SweepTable, ...]


def sweep_sections(curves: Sequence[Curve], charts: Sequence[Chart]) -> list[SweepSection]:
    """One for each chart, which are one for each axis in the order of the run."""
    axes = dict.fromkeys(curve.axis for curve in curves)
    return [
        SweepSection(chart, tuple(_table(curve) for curve in curves if curve.axis == axis))
        for axis, chart in zip(axes, charts, strict=True)
    ]


def _table(curve: Curve) -> SweepTable:
    title = f"Times as fast as {curve.baseline}, by {curve.axis_name}"
    return SweepTable(f"{title} ({curve.title})" if curve.title else title, curve.axis, curve_table(curve))
