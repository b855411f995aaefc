"""What slowness cost in decisions, on the terminal: a line for each arm, or a sentence where there was nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from exchanges.errors import safe
from harness.report.decisions import decided, gap_said, nothing_to_lose
from harness.report.entries import ScenarioEntry
from harness.report.wording import duration
from harness.terminal import say, table


def print_decisions(out: Console, scenario: Mapping[str, Any]) -> None:
    """The times, the gap, phantoms and what was missed; nothing where a run does not know them."""
    entry = ScenarioEntry(scenario)
    nothing = nothing_to_lose(entry)
    if nothing:
        say(out, nothing, "dim")
        return
    found = decided(entry)
    if not found:
        return
    out.print()
    say(out, "what it costs in decisions", "bold")
    made = table("strategy", "time", "skew", "age p95", "gap", "phantoms of signals", "missed of present")
    for one in found if entry.has_ranking else sorted(found, key=lambda one: one.arm.name):
        name = Text(safe(one.arm.key, 24), no_wrap=True, overflow="ellipsis")
        seconds = (duration(s) for s in (one.time_s, one.arm.number("skew_s"), one.arm.number("age_p95_s")))
        made.add_row(name, *seconds, gap_said(one.arm), one.phantom.counted, one.missed.counted)
    out.print(made)
    say(out, "present: bought here and sold there it left something, fees paid, when the batch was in hand", "dim")
