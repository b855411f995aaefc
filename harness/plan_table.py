"""The batch plan on the terminal, beside the plan that makes a request for each market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console

from harness.report.entries import ScenarioEntry
from harness.report.numbers_table import NumbersTable
from harness.report.plans import ARMS, plans_of
from harness.terminal import say, table

_WIDE: Final = 100
_LEAST: Final = tuple(place for place, name in enumerate(ARMS) if name in ("time", "as fast", "mean age"))
_KEPT: Final = tuple(place for place, name in enumerate(ARMS) if name not in ("95 % CI", "skew"))
"""What a narrow terminal has room for, and one of 100 columns."""


def print_plans(out: Console, scenario: Mapping[str, Any], where: str = "") -> None:
    """What the other plan takes and spends; nothing where there is none. ``where`` ends the title."""
    plans = plans_of(ScenarioEntry(scenario))
    if plans is None:
        return
    out.print()
    say(out, f"many markets in one request{where}", "bold")
    say(out, plans.takeaway)
    kept = _KEPT if out.width >= _WIDE else _LEAST
    _print(out, "strategy", plans.arms, kept)
    _print(out, "spent at", plans.spent, range(len(plans.spent.columns)))
    for note in plans.notes:
        say(out, note, "dim")


def _print(out: Console, corner: str, numbers: NumbersTable, kept: Iterable[int]) -> None:
    kept = list(kept)
    made = table(corner, *(numbers.columns[place] for place in kept))
    for row in numbers.rows:
        made.add_row(row.name, *(row.cells[place].text for place in kept))
    out.print(made)
