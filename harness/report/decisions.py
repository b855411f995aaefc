"""What slowness cost in decisions, as a run tells it: signals that were phantoms, opportunities that were missed.

Law: no share without the counts that it is of, and no claim where nothing was counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.report.entries import ArmEntry, Entry, ScenarioEntry
from harness.report.numbers_table import Cell, NumberRow, NumbersTable
from harness.report.wording import NONE, count, duration, percent

QUESTION: Final = "What does slowness cost in decisions?"
_COLUMNS: Final = ("time", "skew", "mean age", "age p95", "gap", "phantoms of signals", "missed of present")


@dataclass(frozen=True, slots=True)
class Loss:
    """``part`` of ``whole``, and the share with its 95 % interval (None: there was nothing to be a share of)."""

    part: float
    whole: float
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, arm: ArmEntry, part: str, whole: str) -> Loss:
        told = arm.entry(f"{part}_share")
        ends = (_share(told, "estimate"), _share(told, "low"), _share(told, "high"))
        return cls(arm.number(part) or 0.0, arm.number(whole) or 0.0, *ends)

    @property
    def counted(self) -> str:
        """``3 of 40 (8 %)``."""
        share = "" if self.share is None else f" ({percent(self.share)})"
        return f"{count(self.part)} of {count(self.whole)}{share}"

    @property
    def told(self) -> str:
        """The same with the interval: ``3 of 40 (8 %, 95 % CI 2–20 %)``."""
        if self.share is None or self.low is None or self.high is None:
            return self.counted
        interval = f"{percent(self.low).removesuffix(' %')}–{percent(self.high)}"
        return f"{count(self.part)} of {count(self.whole)} ({percent(self.share)}, 95 % CI {interval})"


@dataclass(frozen=True, slots=True)
class Decided:
    """One arm: ``phantom`` of its signals, ``missed`` of the opportunities that were there, ``time_s`` a batch."""

    arm: ArmEntry
    time_s: float
    phantom: Loss
    missed: Loss


def decided(scenario: ScenarioEntry) -> list[Decided]:
    """The arms that may be compared and whose decisions were counted, in their order."""
    return [
        Decided(
            arm, arm.number("time_s") or 0.0, Loss.of(arm, "phantom", "signalled"), Loss.of(arm, "missed", "present")
        )
        for arm in scenario.measured
        if arm.number("signalled") is not None and arm.number("present") is not None
    ]  # fmt: skip


def nothing_to_lose(scenario: ScenarioEntry) -> str:
    """Why there is nothing to draw, in a sentence; empty where there is, or where the run knows nothing of it."""
    found = decided(scenario)
    if any(one.missed.whole or one.phantom.whole for one in found):
        return ""
    if not scenario.is_logged and scenario.measured:
        return (
            "Nobody knows what the market truly was when these prices were in hand, so that neither phantoms nor what "
            "was missed can be told."
        )
    if found:
        return (
            "Not once was a pair worth buying on one exchange and selling on another after both taker fees, neither by "
            "the prices in hand nor in the market when they were used: there was nothing to miss, and nothing to be "
            "misled by."
        )
    if any("signalled" in arm.raw for arm in scenario.measured):
        return "No pair was asked for on two exchanges, so that there was nothing to decide by comparing them."
    return ""


def decisions_table(scenario: ScenarioEntry) -> NumbersTable | None:
    """The numbers, a row for each arm; None where there are none."""
    rows = [
        NumberRow(one.arm.name, one.arm.model, (
            _cell(one.time_s), *(_cell(one.arm.number(key)) for key in ("skew_s", "age_s", "age_p95_s")),
            _basis_points(one.arm), _loss(one.phantom), _loss(one.missed),
        ))
        for one in decided(scenario)
    ]  # fmt: skip
    return NumbersTable(_COLUMNS, tuple(rows)) if rows else None


def gap_said(arm: Entry) -> str:
    """The gap in basis points; below a hundredth of one it is the last digits of prices."""
    gap = arm.number("gap_bps")
    return NONE if gap is None else f"{gap:.1f} bp" if gap >= 0.005 else "0 bp"


def _share(told: Entry, key: str) -> float | None:
    found = told.number(key)
    return found if found is not None and 0 <= found <= 1 else None


def _cell(seconds: float | None) -> Cell:
    return Cell(duration(seconds), "" if seconds is None else repr(seconds))


def _basis_points(arm: ArmEntry) -> Cell:
    gap = arm.number("gap_bps")
    return Cell(gap_said(arm), "" if gap is None else repr(gap))


def _loss(loss: Loss) -> Cell:
    return Cell(loss.counted, "" if loss.share is None else repr(loss.share))
