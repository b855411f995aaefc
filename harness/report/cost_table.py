"""What speed costs, arm by arm: CPU time as a multiple of the leanest client's, memory, threads, files, switches, and
what a script pays before its first answer."""

from __future__ import annotations

from exchanges.units import text_from_bytes
from harness.cpu_yardstick import yardstick_of
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.numbers_table import Cell, NumberRow, NumbersTable
from harness.report.wording import NONE, count, duration, times, times_interval


def yardstick(scenario: ScenarioEntry) -> ArmEntry | None:
    """The arm by whose CPU time that of the others is told; None where none was counted."""
    arms = {arm.key: arm for arm in scenario.measured}
    name = yardstick_of({key: arm.number("cpu_s_per_request") or 0.0 for key, arm in arms.items()})
    return None if name is None else arms[name]


def multiple_of(arm: ArmEntry, by: ArmEntry) -> float | None:
    """How many times as much CPU time as ``by``: as the run tells it, or, in older runs, from what both spent."""
    told = arm.number("cpu_multiple")
    if told is not None and arm.text("cpu_of", limit=400) == by.text("name", limit=400):
        return told
    mine, theirs = arm.number("cpu_s_per_request"), by.number("cpu_s_per_request")
    return mine / theirs if mine and theirs else None


def cost_table(scenario: ScenarioEntry) -> NumbersTable | None:
    """A row for each arm that may be compared; None where nothing was counted."""
    by = yardstick(scenario)
    if by is None:
        return None
    columns = (
        "CPU a request", "multiple", "95 % CI", "memory", "threads", "files", "waits a request", "pre-emptions",
        "opening", "one shot", "import",
    )  # fmt: skip
    return NumbersTable(columns, tuple(NumberRow(arm.name, arm.model, _cells(arm, by)) for arm in scenario.measured))


def _cells(arm: ArmEntry, by: ArmEntry) -> tuple[Cell, ...]:
    number, multiple, memory = arm.number, multiple_of(arm, by), arm.number("peak_rss_bytes")
    cpu = number("cpu_s_per_request")
    interval = times_interval(number("cpu_multiple_low"), number("cpu_multiple_high"))
    return (
        Cell(duration(cpu), _value(cpu)),
        # The yardstick's ratio to itself is 1 by definition, not by measurement.
        Cell("yardstick" if arm is by else times(multiple), _value(multiple)),
        Cell(NONE if arm is by else interval, _value(number("cpu_multiple_low"))),
        Cell(NONE if memory is None else text_from_bytes(memory), _value(memory)),
        *(Cell(count(number(key)), _value(number(key))) for key in ("threads", "files")),
        *(_few(number(f"{kind}_switches_per_request")) for kind in ("voluntary", "involuntary")),
        *(Cell(duration(number(key)), _value(number(key))) for key in ("open_s", "one_shot_s", "import_s")),
    )


def _few(number: float | None) -> Cell:
    return Cell(NONE if number is None else f"{number:.2f}", _value(number))


def _value(number: float | None) -> str:
    return "" if number is None else repr(number)
