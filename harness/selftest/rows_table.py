"""The selftest's rows on the terminal: at most 100 columns, and readable at 80."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from exchanges.errors import safe
from harness.console import console
from harness.selftest.row import Row

_LONGEST = 300


def print_rows(rows: Sequence[Row]) -> None:
    """One row each: lie, expected, found with the evidence below it, and whether that is as expected."""
    out = console()
    made = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for name, width in (("lie", 22), ("expected", 15), ("found, and the evidence", None), ("", 6)):
        made.add_column(name, header_style="dim", width=width)
    for row in rows:
        found = Text.assemble((safe(row.found), "bold"), "\n", (safe(row.evidence, _LONGEST), "dim"))
        told = Text("ok", style="green") if row.is_caught else Text("MISSED", style="bold red")
        made.add_row(Text(safe(row.lie)), Text(safe(row.expected)), found, told)
    out.print()
    out.print(made)
