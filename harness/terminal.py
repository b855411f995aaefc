"""stdout as everything here prints to it: at most 100 columns, plain tables, no escape codes where nobody asked for
them."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Literal

from rich.console import Console
from rich.table import Table


class _Piped(Console):
    """rich ends the program by itself when nobody reads on; here the one door says what was kept."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """stdout, 100 columns wide, or 80 where the terminal is narrower; colours off when piped or NO_COLOR is set."""
    columns = shutil.get_terminal_size((100, 24)).columns
    # rich's own reading of NO_COLOR leaves bold and dim in; no colour system at all leaves no escape codes.
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return _Piped(
        file=sys.stdout, width=100 if columns >= 100 else 80, highlight=False, markup=False, color_system=system
    )


def table(*columns: str) -> Table:
    """A plain table: the first column left, the others right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(columns):
        # Where it gets narrow, rich takes from columns that may wrap first: from names, never from numbers.
        made.add_column(name, justify="left" if place == 0 else "right", header_style="dim", no_wrap=place > 0)
    return made
