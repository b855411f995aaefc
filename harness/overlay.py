"""Runs laid over each other: scenario by scenario and arm by arm, how the ratios inside each run stand to the first's.

Law: times of different runs are never compared, only ratios to the baseline that raced in the same blocks. Whether a
change is told is decided for all of them together (Holm over everything that was compared). The efficiency is a time
against a fixed limit, so that its change would be a change of times: it is shown for each run, and no claim is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.block_ratios import efficiency_interval, speedups
from harness.change import IMPROVED, WORSE, Change, change
from harness.comparability import LABELS, draws, same_races, shortcomings, warnings
from harness.exits import UsageError
from harness.report.entries import ArmEntry, RunEntry, ScenarioEntry
from harness.sentence import conditions_of
from harness.statistics import Interval, holm

ABSENT: Final = "absent"
_FIT: Final = ("ranked", "tied")


@dataclass(frozen=True, slots=True)
class Seen:
    """One arm in one run. ``status`` is run.json's, or ABSENT; ``reason`` says why it is out. ``change`` is that
    of its speedup since the first run, ``finding`` what may be said of it; both None where there is nothing to say.
    ``over_single`` is there for an arm of the batch plan, which has no speedup: how many times as fast as the same
    strategy with a request a market it was in that run. No claim is made of how that changed."""

    run: str
    status: str
    reason: str | None = None
    speedup: Interval | None = None
    efficiency: Interval | None = None
    change: Change | None = None
    p_adjusted: float | None = None
    finding: str | None = None
    over_single: Interval | None = None

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"run": self.run, "status": self.status, "reason": self.reason}
        intervals = {"speedup": self.speedup, "efficiency": self.efficiency}
        if self.over_single is not None:
            intervals["over_single"] = self.over_single
        for name, interval in intervals.items():
            ends = (None,) * 3 if interval is None else (interval.estimate, interval.low, interval.high)
            keys = (name, f"{name}_low", f"{name}_high")
            said |= {
                key: end if end is None or math.isfinite(end) else None for key, end in zip(keys, ends, strict=True)
            }
        if self.change is None:
            return {**said, "change": None}
        return {**said, "change": {**self.change.to_json(), "p_adjusted": self.p_adjusted, "finding": self.finding}}


@dataclass(frozen=True, slots=True)
class Laid:
    """One scenario that all runs have. ``arms`` maps names to one Seen a run; ``noisy`` are the runs whose verdict
    makes all of it provisional; ``notes`` are sentences."""

    name: str
    conditions: str
    baseline: str
    arms: dict[str, tuple[Seen, ...]]
    noisy: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        arms = [{"name": name, "runs": [one.to_json() for one in seen]} for name, seen in self.arms.items()]
        return {
            "name": self.name, "conditions": self.conditions, "baseline": self.baseline,
            "provisional": bool(self.noisy), "noisy": list(self.noisy), "notes": list(self.notes), "strategies": arms,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overlay:
    """``compared`` scenarios; ``left_out`` says why others are not; ``warnings`` what else the reader must know;
    ``claims`` is the number of changes that were judged together."""

    compared: tuple[Laid, ...]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
    claims: int


@dataclass(frozen=True, slots=True)
class _Pairing:
    """One arm in the first run and in a later one, as ratios by block."""

    place: int
    label: str
    name: str
    before: dict[int, float]
    after: dict[int, float]
    paired: bool


def overlay(runs: Sequence[RunEntry]) -> Overlay:
    """Lay runs (their run.json, two at least) over the first one.

    Raises:
        UsageError: too few or too many runs, one is there twice, or no scenario is the same race in all of them.
    """
    _check(runs)
    sets, left_out = same_races(runs)
    if not sets:
        raise UsageError(f"these runs cannot be compared: {'; '.join(left_out)}")
    pairings = [pairing for place, them in enumerate(sets) for pairing in _pairings(place, them)]
    changes = {
        (pairing.place, pairing.label, pairing.name): found
        for pairing in pairings
        if (found := change(pairing.before, pairing.after, pairing.paired, len(pairings))) is not None
    }
    adjusted = dict(zip(changes, holm([found.p for found in changes.values()]), strict=True))
    laid = []
    for place, them in enumerate(sets):
        arms = {
            name: tuple(
                _seen(scenario, name, label, changes.get(key := (place, label, name)), adjusted.get(key))
                for label, scenario in zip(LABELS, them, strict=False)
            )
            for name in dict.fromkeys(arm.key for scenario in them for arm in scenario.arms)
        }
        laid.append(_laid(them, arms))
    said = [line for label, run in zip(LABELS, runs, strict=False) for line in shortcomings(run, label)]
    for label, run in zip(LABELS[1:], runs[1:], strict=False):
        said += warnings(runs[0], run, ("A", label))
    return Overlay(tuple(laid), tuple(left_out), tuple(said), len(changes))


def _check(runs: Sequence[RunEntry]) -> None:
    if not 2 <= len(runs) <= len(LABELS):
        raise UsageError(f"expected two to {len(LABELS)} runs to compare, found {len(runs)}")
    seen: dict[str, str] = {}
    for label, run in zip(LABELS, runs, strict=False):
        name = run.text("id")
        if name and name in seen:
            raise UsageError(f"{seen[name]} and {label} are the same run, {name}: expected different ones")
        seen[name] = label


def _pairings(place: int, them: Sequence[ScenarioEntry]) -> Iterator[_Pairing]:
    """Whatever of a scenario can be compared: arms that count in the first run and in a later one. Not the baseline:
    its speedup is 1 in every run."""
    first, baseline = _fit_arms(them[0]), str(them[0].raw.get("baseline"))
    for label, scenario in zip(LABELS[1:], them[1:], strict=False):
        later = _fit_arms(scenario)
        if baseline not in first or baseline not in later:
            continue
        for name in first:
            if name in later and name != baseline:
                before = speedups(first[name].raw, first[baseline].raw)
                after = speedups(later[name].raw, later[baseline].raw)
                if before and after:
                    yield _Pairing(place, label, name, before, after, draws(scenario.raw))


def _fit_arms(scenario: ScenarioEntry) -> dict[str, ArmEntry]:
    return {arm.key: arm for arm in scenario.arms if arm.status in _FIT}


def _seen(scenario: ScenarioEntry, name: str, label: str, found: Change | None, p_adjusted: float | None) -> Seen:
    arm = next((arm for arm in scenario.arms if arm.key == name), None)
    if arm is None:
        return Seen(label, ABSENT, "it did not race")
    if arm.status not in _FIT:
        reason = arm.text("reason", "no reason is given")
        return Seen(label, arm.status, reason, over_single=_interval(arm, "over_single"))
    return Seen(
        label,
        arm.status,
        None,
        _interval(arm, "speedup"),
        _efficiency(arm),
        found,
        p_adjusted,
        None if found is None or p_adjusted is None else found.finding(p_adjusted),
    )


def _interval(arm: ArmEntry, key: str) -> Interval | None:
    found, low, high = (arm.number(f"{key}{end}") for end in ("", "_low", "_high"))
    return None if found is None else Interval(found, low or 0.0, math.inf if high is None else high)


def _efficiency(arm: ArmEntry) -> Interval | None:
    found, alone = efficiency_interval(arm.raw), arm.number("efficiency")
    return found if found is not None or alone is None else Interval(alone, 0.0, math.inf)


def _laid(them: Sequence[ScenarioEntry], arms: dict[str, tuple[Seen, ...]]) -> Laid:
    noisy = tuple(label for label, scenario in zip(LABELS, them, strict=False) if scenario.state != "VALID")
    notes = list(_notes(arms, them[0].baseline))
    counts = {scenario.text("warm") for scenario in them}
    if len(counts) > 1:
        notes.append(f"a block's number is the median of {' or '.join(sorted(counts))} warm batches")
    return Laid(them[0].name, conditions_of(them[0].raw), them[0].baseline, arms, noisy, tuple(notes))


def _notes(arms: dict[str, tuple[Seen, ...]], baseline: str) -> Iterator[str]:
    """Where all arms moved alike, the one that they have in common is the first to be suspected."""
    columns = zip(*arms.values(), strict=True)
    for column in columns:
        moved = [one.finding for one in column if one.finding is not None]
        for finding in (IMPROVED, WORSE):
            if len(moved) > 1 and all(one == finding for one in moved):
                yield (
                    f"in {column[0].run} every arm is {finding}: what changed may be the baseline, {baseline}, alone"
                )
