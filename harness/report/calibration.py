"""The calibration card on the page and in summary.md: how truly the ruler of this run was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.report.entries import Entry, RunEntry
from harness.report.wording import count, duration

COLUMNS: Final = (
    "in flight", "requests", "held longer: least", "p50", "p99", "allowed p50", "allowed p99", "client: p50", "p99",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CalibrationTable:
    """``said`` is what the card means, in a sentence; ``rows`` are cells, with True where the server misses."""

    said: str
    rows: tuple[tuple[tuple[str, ...], bool], ...]


def calibration_table(run: RunEntry) -> CalibrationTable | None:
    """The card of a run; None where it has none, as runs of an older fetchrace."""
    card = run.entry("calibration")
    lines = card.entries("lines")
    if not lines:
        return None
    asked = duration(card.number("asked_s"))
    missed = [line for line in lines if line.texts("misses")]
    worst = max(lines, key=lambda line: line.number("in_flight") or 0)
    held = worst.entry("held")
    said = (
        f"Before the race, the mock server was asked to hold replies for {asked}. With "
        f"{count(worst.number('in_flight'))} in flight it held them {duration(held.number('p50'))} longer (median; "
        f"99th percentile {duration(held.number('p99'))}), by its own log. "
    )
    if missed:
        loads = ", ".join(count(line.number("in_flight")) for line in missed)
        said += f"That is more than it may with {loads} in flight: differences of this size are the ruler's own."
    else:
        said += "That is within what it may."
    problem = card.text("problem")
    said += f" The card is not whole: {problem}" if problem else ""
    return CalibrationTable(said, tuple((_cells(line), bool(line.texts("misses"))) for line in lines))


def _cells(line: Entry) -> tuple[str, ...]:
    held, seen = line.entry("held"), line.entry("seen")
    times = (
        held.number("least"), held.number("p50"), held.number("p99"), line.number("p50_allowed"),
        line.number("p99_allowed"), seen.number("p50"), seen.number("p99"),
    )  # fmt: skip
    return (count(line.number("in_flight")), count(line.number("requests")), *(duration(time) for time in times))
