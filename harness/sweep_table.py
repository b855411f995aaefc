"""A sweep on the terminal: one table of speedups for each curve, in place of a table for each scenario.

Law: no number without its doubt. Every speedup has its interval, and the table as many pieces as that takes; a
provisional speedup has a question mark, and where nobody is ranked there is a dash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from harness.report.curves import Curve, curve_table, curves_of, gaps_said
from harness.report.curves_takeaway import growth_said
from harness.report.entries import RunEntry
from harness.report.numbers_table import NumbersTable
from harness.report.wording import listing
from harness.terminal import say, table

_NAME: Final = 24
_GAP: Final = 2


def print_sweep(out: Console, run: Mapping[str, Any]) -> bool:
    """Print the curves of a run as tables. False where it has none, so that scenarios must be shown one by one."""
    curves = curves_of(RunEntry(run))
    axis = _axis(curves)
    along = [curve for curve in curves if curve.axis == axis]
    for curve in along:
        held = f" ({curve.title})" if curve.title else ""
        out.print()
        say(out, f"times as fast as {curve.baseline}, by {curve.axis_name}{held}", "bold")
        _print_table(out, curve_table(curve))
        if curve.axis == "requests" and (growth := growth_said(curve)):
            say(out, growth)
    others = list(dict.fromkeys(curve.axis_name for curve in curves if curve.axis != axis))
    if others:
        say(out, f"the same numbers by {listing(others)}: on the page", "dim")
    if any(point.is_provisional for curve in curves for point in curve.points):
        say(out, "? provisional: the scenario's verdict is not VALID", "dim")
    # Of a single arm that has no point it is said elsewhere why it is out, and where.
    for sentence in gaps_said(along, "nobody"):
        say(out, sentence, "yellow")
    return bool(curves)


def _axis(curves: Sequence[Curve]) -> str:
    """Of several axes the one with the longest curves: all scenarios are upon each of them."""
    return max(curves, key=lambda curve: len(curve.labels)).axis if curves else ""


def _print_table(out: Console, numbers: NumbersTable) -> None:
    """In as many pieces as it takes, for a number must not be cut."""
    widths, room = _widths(numbers), out.width - _name_width(numbers) - _GAP
    pieces: list[list[int]] = [[]]
    for place, width in enumerate(widths):
        if pieces[-1] and sum(widths[other] + _GAP for other in pieces[-1]) + width + _GAP > room:
            pieces.append([])
        pieces[-1].append(place)
    for places in pieces:
        made = table("strategy", *(numbers.columns[place] for place in places))
        for row in numbers.rows:
            name = Text(row.name if len(row.name) <= _NAME else f"{row.name[: _NAME - 1]}…", no_wrap=True)
            made.add_row(name, *(row.cells[place].text for place in places))
        out.print(made)


def _widths(numbers: NumbersTable) -> Sequence[int]:
    return [
        max(cell_len(column), *(cell_len(row.cells[place].text) for row in numbers.rows))
        for place, column in enumerate(numbers.columns)
    ]


def _name_width(numbers: NumbersTable) -> int:
    return max(cell_len(row.name[:_NAME]) for row in numbers.rows)
