"""The gates on the terminal: each with what was found, and where it could not be judged, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from exchanges.errors import safe
from harness.console import console, table

_STYLE = {"passed": "green", "failed": "bold red", "cannot be judged": "bold red"}


def print_gates(judgements: Sequence[Mapping[str, Any]]) -> None:
    """Print judgements as run.json keeps them; nothing where there are none."""
    if not judgements:
        return
    out = console()
    several = len({one["scenario"] for one in judgements}) > 1
    made = table("fails if", *(["scenario"] if several else []), "found", "gate")
    for one in judgements:
        value = "-" if one["value"] is None else f"{one['value']:.6g}"
        outcome = Text(one["outcome"] + (", provisionally" if one["provisional"] else ""), style=_STYLE[one["outcome"]])
        made.add_row(safe(one["gate"], 60), *([safe(one["scenario"], 24)] if several else []), value, outcome)
    out.print(Text("\ngates", style="bold"))
    out.print(made)
    for one in judgements:
        if one["reason"]:
            out.print(Text(f"{safe(one['gate'], 60)}: {safe(one['reason'], 300)}", style="red"))
    out.print()
