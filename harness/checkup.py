"""An examination on the terminal: what is fine, what is not and what to do, and the calibration card."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import text_from_seconds
from harness.calibration import Card
from harness.console import console, table
from harness.doctor import Examination

_STYLE: Final = {"fine": "green", "doubtful": "bold yellow", "bad": "bold red"}


def print_examination(examination: Examination) -> None:
    """Findings, then the card, then the sum of it."""
    out = console()
    grid = Table.grid(padding=(0, 2, 0, 0))
    for finding in examination.findings:
        said = Text(safe(finding.said, 600))
        if finding.advice:
            said.append(f"\n{safe(finding.advice, 600)}", style="dim")
        grid.add_row(Text(finding.state, style=_STYLE[finding.state]), Text(finding.topic, no_wrap=True), said)
    out.print(grid)
    if examination.card is not None:
        _print_card(out, examination.card)
    doubtful = sum(finding.state == "doubtful" for finding in examination.findings)
    if not examination.is_possible:
        out.print(Text("\nMeasuring is impossible here until what is bad is mended.", style=_STYLE["bad"]))
    elif doubtful:
        total = len(examination.findings)
        out.print(Text(f"\nMeasuring is possible; {doubtful} of {total} findings will cost precision."))
    else:
        out.print(Text("\nAll is well: go ahead."))


def _print_card(out: Console, card: Card) -> None:
    asked = text_from_seconds(card.asked_s)
    out.print(Text(f"\ncalibration card: replies to be held for {asked}, and how much longer they took", style="bold"))
    names = ("in flight", "requests", "held: least", "p50", "p99", "allowed: p50", "p99", "client: p50", "p99")
    made = table(*names)
    for line in card.lines:
        times = (line.held.least, line.held.p50, line.held.p99, line.p50_allowed, line.p99_allowed)
        cells = ["-" if time is None else text_from_seconds(time) for time in (*times, line.seen.p50, line.seen.p99)]
        load = f"{line.in_flight:,}{' (a first try)' if line.repeated else ''}"
        made.add_row(load, f"{line.requests:,}", *cells, style=_STYLE["doubtful"] if line.misses else "")
    out.print(made)
    out.print(Text("held: by the server's own log; client: what a cheap client saw beyond the delay", style="dim"))
