"""The calibration card on the page and in summary.md: how truly the ruler of this run was."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from harness.report.entries import Entry, RunEntry
from harness.report.wording import count, duration

COLUMNS: Final = (
    "in flight", "requests", "held longer: least", "p50", "p99", "allowed p50", "allowed p99", "client: p50", "p99",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CalibrationTable:
    """``said`` is what the card means, in a few sentences; ``rows`` are cells, with True where the server misses."""

    said: str
    rows: tuple[tuple[tuple[str, ...], bool], ...]


def calibration_table(run: RunEntry) -> CalibrationTable | None:
    """The card of a run; None where it has none, as runs of an older fetchrace."""
    card = run.entry("calibration")
    lines = card.entries("lines")
    if not lines:
        return None
    asked = duration(card.number("asked_s"))
    counting = [line for line in lines if line.raw.get("repeated") is not True]
    missed = [line for line in counting if line.texts("misses")]
    # What is told is the worst of what is wrong; where nothing is, the hardest that the server had to do.
    told = (
        max(missed, key=_excess) if missed else max(counting or lines, key=lambda line: line.number("in_flight") or 0)
    )
    server, held = card.text("server"), told.entry("held")
    said = f"Before the race, the mock server was asked to hold replies for {asked}. "
    if server:
        said += f"The card is not of the server that served the race, but of {server}. "
    said += (
        f"With {count(told.number('in_flight'))} in flight it held them {duration(held.number('p50'))} longer (median; "
        f"99th percentile {duration(held.number('p99'))}), by its own log. "
    )
    if missed:
        said += "That is not within what it may: differences of this size are the ruler's own."
        others = [count(line.number("in_flight")) for line in missed if line is not told]
        said += f" It missed with {' and '.join(others)} in flight as well." if others else ""
    else:
        said += "That is within what it may."
    again = [count(line.number("in_flight")) for line in lines if line.raw.get("repeated") is True]
    if again:
        said += (
            f" With {' and '.join(again)} in flight it missed at a first try and was measured again: both are below."
        )
    problem = card.text("problem")
    said += f" The card is not whole: {problem}" if problem else ""
    return CalibrationTable(said, tuple((_cells(line), bool(line.texts("misses"))) for line in lines))


def _excess(line: Entry) -> float:
    """How badly a line misses: early before all, then by how many times as long as it may."""
    held = line.entry("held")
    shares = [(held.number(name) or 0.0) / (line.number(f"{name}_allowed") or math.inf) for name in ("p50", "p99")]
    return math.inf if (held.number("least") or 0.0) < 0 else max(shares)


def _cells(line: Entry) -> tuple[str, ...]:
    held, seen = line.entry("held"), line.entry("seen")
    times = (
        held.number("least"), held.number("p50"), held.number("p99"), line.number("p50_allowed"),
        line.number("p99_allowed"), seen.number("p50"), seen.number("p99"),
    )  # fmt: skip
    load = f"{count(line.number('in_flight'))}{' (a first try)' if line.raw.get('repeated') is True else ''}"
    return (load, count(line.number("requests")), *(duration(time) for time in times))
