"""Where a batch's time went, as a run tells it: the parts by name, in the order in which they are shown.

Law: the order is from what nobody can avoid to what nobody can explain. A part that a run does not tell is none; a part
below zero, which rounding can make of nothing, is shown as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.numbers_table import Cell, NumberRow, NumbersTable
from harness.report.wording import NONE, duration

Kind = Literal["parts_s", "cold_parts_s"]


@dataclass(frozen=True, slots=True)
class Part:
    """``key`` is its name in run.json, ``name`` that in sentences, ``short`` that inside a bar, ``token`` its colour
    (empty: hatched, without one) and ``on`` the colour of text upon it."""

    key: str
    name: str
    short: str
    token: str
    on: str = "paper"


PARTS: Final = (
    Part("bound_s", "physical limit", "limit", "part-bound", "ink"),
    Part("queueing_s", "queueing", "queueing", "part-queueing"),
    Part("overshoot_s", "server overshoot", "server", "part-overshoot"),
    Part("connecting_s", "connecting", "connecting", "part-connecting"),
    Part("client_s", "client CPU", "CPU", "part-client"),
    Part("decode_s", "decode", "decode", "part-decode"),
    Part("unexplained_s", "unexplained", "unexplained", "", "ink"),
)
BOUND, UNEXPLAINED = PARTS[0], PARTS[-1]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One arm's parts in seconds, one for each of PARTS, and the time that they were measured to be."""

    arm: ArmEntry
    seconds: tuple[float, ...]
    time_s: float

    def of(self, part: Part) -> float:
        return self.seconds[PARTS.index(part)]

    @property
    def decisive(self) -> Part:
        """The largest part beyond the physical limit."""
        return max(PARTS[1:], key=self.of)


def breakdown(arm: ArmEntry, kind: Kind = "parts_s") -> Breakdown | None:
    """The parts of an arm's typical warm batch, or of its first one; None where the run does not tell them."""
    told = arm.entry(kind)
    seconds = tuple(max(0.0, told.number(part.key) or 0.0) for part in PARTS)
    time_s = told.number("time_s") or sum(seconds)
    return Breakdown(arm, seconds, time_s) if sum(seconds) > 0 and time_s > 0 else None


def breakdowns(scenario: ScenarioEntry, kind: Kind = "parts_s") -> list[Breakdown]:
    """Those of all arms that may be compared, in their order."""
    return [found for arm in scenario.measured if (found := breakdown(arm, kind)) is not None]


def parts_table(scenario: ScenarioEntry) -> NumbersTable | None:
    """The parts as numbers, a row for the warm batch and one for the first; None where no arm has any."""
    rows = []
    for arm in scenario.measured:
        for kind, batch in (("parts_s", "warm"), ("cold_parts_s", "first")):
            found = breakdown(arm, "parts_s" if kind == "parts_s" else "cold_parts_s")
            if found is not None:
                cells = [_cell(seconds) for seconds in (found.time_s, *found.seconds)]
                rows.append(NumberRow(arm.name, arm.model, (Cell(batch), *cells)))
    return NumbersTable(("batch", "time", *(part.name for part in PARTS)), tuple(rows)) if rows else None


def _cell(seconds: float) -> Cell:
    return Cell(duration(seconds) if seconds > 0 else NONE, repr(seconds))
