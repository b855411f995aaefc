"""The parity matrix on the terminal: a row for each fault, a column for each strategy, and below what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from exchanges.errors import safe
from harness.console import console, table
from harness.parity import Case, Finding


def print_matrix(matrix: Mapping[str, Mapping[str, Finding]], cases: Sequence[Case]) -> None:
    """Print all cases and, one line each, the problems that were found."""
    out = console()
    made = table("fault", "expected", *(_heading(name) for name in matrix))
    made.padding = (0, 1, 0, 0)
    made.columns[0].no_wrap = True
    for column, name in zip(made.columns[2:], matrix, strict=True):
        column.min_width = max(map(len, _heading(name).splitlines()))
    for case in cases:
        cells = [_cell(row[case.name]) for row in matrix.values()]
        made.add_row(case.name, case.kind or "a value", *cells)
    out.print(made)
    if any(finding.differs for row in matrix.values() for finding in row.values()):
        out.print(Text("* the library leaves no way to agree; strategies/failure.py says why", style="yellow"))
    for case in cases:
        for name, row in matrix.items():
            for problem in row[case.name].problems:
                out.print(Text(f"{case.name}, {safe(name, 40)}: {problem}", style="red"), soft_wrap=True)


def _heading(name: str) -> str:
    """``asyncio-aiohttp`` over two lines: seven columns have little room."""
    return safe(name.rpartition("/")[2], 24).replace("-", "-\n", 1)


def _cell(finding: Finding) -> Text:
    if not finding.problems:
        return Text(f"{finding.kind or 'a value'} *", style="yellow") if finding.differs else Text("ok", style="green")
    return Text(finding.kind or "a value", style="bold red")
