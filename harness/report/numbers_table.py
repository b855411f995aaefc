"""The table of numbers, once for the page and for summary.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from exchanges.units import text_from_bytes
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.wording import NONE, count, duration, duration_interval, percent, times, times_interval

_SHORT: Final = {
    "the physical limit": "the limit", "its requests in flight": "in flight", "its own CPU": "its CPU",
    "the order of its requests": "order",
}  # fmt: skip
"""What limits an arm, where a column has little room."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is shown, and what it is sorted by (empty: after all numbers)."""

    text: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One arm: its name, its model (for the colour), and a cell per column."""

    name: str
    model: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class NumbersTable:
    """``columns`` without the first, which is the strategy."""

    columns: tuple[str, ...]
    rows: tuple[NumberRow, ...]


def numbers_table(scenario: ScenarioEntry) -> NumbersTable:
    """The arms that may be compared, with a rank and speedups only where there is a ranking."""
    ranking = ("rank",) if scenario.has_ranking else ()
    speedup = ("speedup", "95 % CI of speedup") if scenario.has_ranking else ()
    columns = (
        *ranking, "time", "95 % CI of time", *speedup, "of limit", "one shot", "import", "CPU a request", "memory",
        "in flight", "conns", "failed",
    )  # fmt: skip
    ranked, baseline = scenario.has_ranking, scenario.raw.get("baseline")
    # Those of another plan stand below, without a rank.
    arms = [*scenario.measured, *scenario.other_plans]
    cells = [_cells(arm, ranked, baseline) for arm in arms]
    limits = [arm.text("limited_by", NONE, 40) for arm in arms]
    # Older runs do not tell what limits an arm.
    if any(limit != NONE for limit in limits):
        columns = (*columns, "limited by")
        order = sorted(set(limits))
        cells = [
            [*row, Cell(_SHORT.get(limit, limit), repr(order.index(limit)))]
            for row, limit in zip(cells, limits, strict=True)
        ]
    rows = [NumberRow(arm.name, arm.model, tuple(row)) for arm, row in zip(arms, cells, strict=True)]
    return NumbersTable(columns, tuple(rows))


def _cells(arm: ArmEntry, ranked: bool, baseline: object) -> list[Cell]:
    number = arm.number
    cells = [Cell(arm.place or NONE, _value(number("rank")))] if ranked else []
    cells += [
        Cell(duration(number("time_s")), _value(number("time_s"))),
        Cell(duration_interval(number("low_s"), number("high_s")), _value(number("low_s"))),
    ]
    if ranked:
        low, high = number("speedup_low"), number("speedup_high")
        cells += [
            Cell(times(number("speedup")), _value(number("speedup"))),
            # The baseline's ratio to itself is 1 by definition, not by measurement.
            Cell("baseline") if arm.key == baseline else Cell(times_interval(low, high), _value(low)),
        ]
    memory, failed, asked = number("peak_rss_bytes"), number("failed"), number("requests")
    reached, declared = number("reached_in_flight"), number("declared_in_flight")
    return [
        *cells,
        Cell(percent(number("efficiency")), _value(number("efficiency"))),
        Cell(duration(number("one_shot_s")), _value(number("one_shot_s"))),
        Cell(duration(number("import_s")), _value(number("import_s"))),
        Cell(duration(number("cpu_s_per_request")), _value(number("cpu_s_per_request"))),
        Cell(NONE if memory is None else text_from_bytes(memory), _value(memory)),
        Cell(count(reached) if reached == declared else f"{count(reached)} / {count(declared)}", _value(reached)),
        Cell(count(number("connections")), _value(number("connections"))),
        Cell(f"{count(failed)} / {count(asked)}" if failed else count(failed), _value(failed)),
    ]


def _value(number: float | None) -> str:
    return "" if number is None else repr(number)
