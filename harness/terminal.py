"""stdout as everything here prints to it: at most 100 columns, plain tables, no escape codes where nobody asked for
them, and lines that break between words and never between a number and its unit."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Literal

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.wording import unbroken


class _Piped(Console):
    """rich ends the program by itself when nobody reads on; here the one door says what was kept."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """stdout, 100 columns wide, or 80 where the terminal is narrower; colours off when piped or NO_COLOR is set."""
    columns = shutil.get_terminal_size((100, 24)).columns
    return _Piped(
        file=sys.stdout, width=100 if columns >= 100 else 80, highlight=False, markup=False, color_system=colours()
    )


def colours() -> Literal["auto"] | None:
    """The colours that are wanted: as many as the terminal has, or none."""
    # rich's own reading of NO_COLOR leaves bold and dim in; no colour system at all leaves no escape codes.
    return None if os.environ.get("NO_COLOR") else "auto"


def table(*columns: str) -> Table:
    """A plain table: the first column left, the others right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(columns):
        # Where it gets narrow, rich takes from columns that may wrap first: from names, never from numbers.
        made.add_column(name, justify="left" if place == 0 else "right", header_style="dim", no_wrap=place > 0)
    return made


def say(out: Console, text: str, style: str = "", indent: int = 0, head: str = "", head_style: str = "") -> None:
    """Print a sentence, every line of it ``indent`` columns in. ``head`` stands before it in a style of its own; it is
    a word or two, and never broken."""
    lines = _lines(f"{head}{text}", out.width - indent)
    said = Text("\n".join(f"{' ' * indent}{line}" for line in lines), style=style)
    said.stylize(head_style, indent, indent + len(head))
    out.print(said)


def _lines(text: str, width: int) -> Iterator[str]:
    """The text in lines of at most ``width`` columns. rich would break at a no-break space as at any other."""
    line = ""
    for word in unbroken(text).split(" "):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width:
            line = longer
            continue
        if line:
            yield _spaced(line)
        *whole, line = chop_cells(word, width) or [""]
        yield from map(_spaced, whole)
    yield _spaced(line)


def _spaced(line: str) -> str:
    """With plain spaces, so that what was printed is found again by whoever types it."""
    return line.replace("\N{NO-BREAK SPACE}", " ")
