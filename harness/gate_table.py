"""The gates on the terminal: each with what was found, and where it could not be judged, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from exchanges.errors import safe
from harness.console import console, table

_STYLE = {"passed": "green", "failed": "bold red", "cannot be judged": "bold red"}


def print_gates(judgements: Sequence[Mapping[str, Any]]) -> None:
    """Print judgements as run.json keeps them, a table for each scenario; nothing where there are none."""
    scenarios = list(dict.fromkeys(one["scenario"] for one in judgements))
    for scenario in scenarios:
        # A sweep's names are too long for a column of their own.
        heading = f"\ngates, {safe(scenario, 80)}" if len(scenarios) > 1 else "\ngates"
        _print_table(heading, [one for one in judgements if one["scenario"] == scenario])


def _print_table(heading: str, judgements: Sequence[Mapping[str, Any]]) -> None:
    out = console()
    made = table("fails if", "found", "gate")
    for one in judgements:
        value = "-" if one["value"] is None else f"{one['value']:.6g}"
        outcome = Text(one["outcome"] + (", provisionally" if one["provisional"] else ""), style=_STYLE[one["outcome"]])
        made.add_row(safe(one["gate"], 60), value, outcome)
    out.print(Text(heading, style="bold"))
    out.print(made)
    for one in judgements:
        if one["reason"]:
            out.print(Text(f"{safe(one['gate'], 60)}: {safe(one['reason'], 300)}", style="red"))
    out.print()
