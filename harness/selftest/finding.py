"""What a race of the selftest brought to light, as judged from its run.json alone.

Law: a lie is caught only where the state is the one that it deserves *and* the evidence names its cause. The right
state for a wrong reason is luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from exchanges.units import text_from_seconds
from harness.selftest.raced import Raced
from harness.selftest.stepped import STEP_S


@dataclass(frozen=True, slots=True)
class Finding:
    """``found`` in a word or two, the ``evidence`` for it in fetchrace's own words and numbers."""

    found: str
    evidence: str
    is_caught: bool


Judge: TypeAlias = Callable[[Raced], Finding]
_RANKED: Final = ("ranked", "tied")
_TIE: Final = 0.05
"""How far from 1 a twin may come out, as the verdict has it."""
_SLACK_S: Final = 5.0
"""A step is seen at the next look at the clock; nobody corrects a clock by more than this in between."""


def verdict_is(state: str, cause: str, *words: str) -> Judge:
    """The verdict is ``state``, ``cause`` is among its causes, and the sentence that has all ``words`` is there. NOISY
    leaves a provisional ranking; any other state leaves none."""

    def judge(raced: Raced) -> Finding:
        verdict = _scenario(raced)["verdict"]
        told = [reason for reason in verdict["reasons"] if all(word in reason for word in words)]
        is_told = verdict["state"] == state and cause in verdict["causes"] and bool(told)
        ranked = [row["name"] for row in _rows(raced) if row["rank"] is not None]
        if ranked and state != "NOISY":
            return Finding(verdict["state"], f"{', '.join(ranked)} ranked all the same", False)
        return Finding(verdict["state"], (told or _reasons(raced))[0], is_told)

    return judge


def disqualified(arm: str, *words: str) -> Judge:
    """The arm is out, and the reason has all ``words``."""

    def judge(raced: Raced) -> Finding:
        row = _row(raced, arm)
        reason = row["reason"] or _reasons(raced)[0]
        is_out = row["status"] == "disqualified" and row["rank"] is None
        return Finding(row["status"], reason, is_out and all(word in reason for word in words))

    return judge


def in_the_race(arm: str, original: str) -> Judge:
    """The arm is ranked, as is the one that it wraps."""

    def judge(raced: Raced) -> Finding:
        mine, theirs = _row(raced, arm), _row(raced, original)
        if mine["status"] not in _RANKED:
            return Finding(mine["status"], mine["reason"] or _reasons(raced)[0], False)
        ratio = mine["time_s"] / theirs["time_s"]
        said = f"{text_from_seconds(mine['time_s'])}, {ratio:.2f} times the time of {original}, which it wraps"
        return Finding("ranked", said, theirs["status"] in _RANKED)

    return judge


def is_valid(raced: Raced) -> Finding:
    """The verdict is VALID."""
    verdict = raced.run["verdict"]
    if verdict["state"] == "VALID":
        return Finding("VALID", verdict["sentence"], True)
    return Finding(verdict["state"], _reasons(raced)[0], False)


def twin_ties(raced: Raced) -> Finding:
    """The twin's interval holds 1, or it comes out as near to 1 as the verdict asks for."""
    twin = _scenario(raced)["twin"]
    if twin is None or twin["low"] is None or twin["high"] is None:
        return Finding("not told", _reasons(raced)[0], False)
    ties = twin["low"] <= 1 <= twin["high"] or abs(twin["ratio"] - 1) <= _TIE
    said = f"{twin['ratio']:.3f} times {twin['of']}, 95 % CI {twin['low']:.3f} to {twin['high']:.3f}"
    return Finding("tied" if ties else "differs", said, ties)


def only_stamps_are_doubted(raced: Raced) -> Finding:
    """The step is told with its size; no batch is shorter than what the server held it for, and all together are no
    longer than the race by this process's own clock."""
    stepped_s = float(raced.run["clock"]["stepped_s"])
    is_told = abs(stepped_s - STEP_S) < _SLACK_S
    batches = list(_batches(raced))
    times = [batch["time_s"] for batch in batches]
    short = sum(batch["time_s"] < batch["held_bound_s"] for batch in batches)
    is_true = bool(batches) and not short and sum(times) <= raced.took_s
    found = f"{'step told' if is_told else 'no step told'}, durations {'true' if is_true else 'wrong'}"
    said = (
        f"stepped by {stepped_s:+.0f} s ({raced.by}); {len(batches)} batches, {short or 'none'} of them shorter than "
        f"the server held them, {text_from_seconds(sum(times))} together in a race of {text_from_seconds(raced.took_s)}"
    )
    return Finding(found, said, is_told and is_true)


def _scenario(raced: Raced) -> Mapping[str, Any]:
    found: Mapping[str, Any] = raced.run["scenarios"][0]
    return found


def _rows(raced: Raced) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = _scenario(raced)["strategies"]
    return found


def _row(raced: Raced, name: str) -> Mapping[str, Any]:
    return next(row for row in _rows(raced) if row["name"] == name)


def _reasons(raced: Raced) -> Sequence[str]:
    """What the verdict says; never empty."""
    return raced.run["verdict"]["reasons"] or ["no reason is given"]


def _batches(raced: Raced) -> Iterator[Mapping[str, Any]]:
    for row in _rows(raced):
        for measurement in row.get("measurements", ()):
            yield from measurement["batches"]
