"""What speed costs, on the terminal: processor time above all, and what else an arm takes of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import text_from_bytes
from harness.report.cost_table import multiple_of, yardstick
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.wording import NONE, count, duration, times
from harness.terminal import say, table

_WIDE: Final = 100


def print_cost(out: Console, scenario: Mapping[str, Any], where: str = "") -> None:
    """A line for each arm that may be compared; nothing where no CPU time was counted. ``where`` ends the title."""
    entry = ScenarioEntry(scenario)
    by = yardstick(entry)
    if by is None:
        return
    wide = out.width >= _WIDE
    out.print()
    say(out, f"what it costs{where}", "bold")
    names = ("strategy", "CPU", "multiple", "memory", "threads, files", "switches")
    made = table(*names, *(("opening", "import") if wide else ()))
    for arm in entry.measured:
        memory = arm.number("peak_rss_bytes")
        last = [duration(arm.number(key)) for key in ("open_s", "import_s")] if wide else []
        made.add_row(
            Text(safe(arm.key, 24), no_wrap=True, overflow="ellipsis"),
            duration(arm.number("cpu_s_per_request")), times(multiple_of(arm, by)),
            NONE if memory is None else text_from_bytes(memory),
            f"{count(arm.number('threads'))}, {count(arm.number('files'))}", _switches(arm), *last,
        )  # fmt: skip
    out.print(made)
    text = f"CPU: of the process tree, a request; multiple: of that of {safe(by.key, 40)}"
    told = any(arm.number("voluntary_switches_per_request") is not None for arm in entry.measured)
    say(out, text + ("; switches a request: waits + pre-emptions" if told else ""), "dim")


def _switches(arm: ArmEntry) -> str:
    waits, forced = (arm.number(f"{kind}_switches_per_request") for kind in ("voluntary", "involuntary"))
    return NONE if waits is None or forced is None else f"{waits:.1f} + {forced:.1f}"
