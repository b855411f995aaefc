"""What may be compared with what: the same race, soundly run. Everything else is refused in a sentence.

Ratios from two runs may be set against each other where every condition is the same, where both runs could rank, and
where both faced the same delays: a constant delay is the same under any seed, a random one under the same seed only.
Where and with which versions a run was made is no condition. It is told, for the reader to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, Final

from exchanges.errors import safe
from harness.report.entries import Entry, RunEntry, ScenarioEntry
from harness.scenario import Scenario

LABELS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What runs are called, in the order in which they are named."""

_NO_CONDITIONS: Final = ("name", "blocks", "warm", "seed")
"""What a scenario is called, how long it is measured, and the dice, of which ``same_race`` takes care. Every other
field of a Scenario is a condition, one that is added later as well."""

_WITH_FAULTS: Final = ("deadline_s", "max_body")
"""Where nothing may fail, no request ends by these."""

_KINDS: Final = {
    "requests": int, "concurrency": int, "latency": str, "baseline": str, "workload": str, "levels": int,
    "listed": int, "faults": str, "affinity": str,
}  # fmt: skip

_COMPARABLE: Final = ("VALID", "NOISY")
_SHOWN: Final = 40

MACHINE: Final = ("system", "kernel", "architecture", "cpu", "cores", "affinity", "python", "implementation", "gil")
"""What a machine is. Its load at the start is the day's."""


def same_races(runs: Sequence[RunEntry]) -> tuple[list[list[ScenarioEntry]], list[str]]:
    """The scenarios that all runs have, each as it is in every run, in the order of the runs; and a sentence for each
    that is left out. Runs are called A, B, C, ..."""
    sets, left_out = [], []
    used: set[int] = set()
    for scenario in runs[0].scenarios:
        reason = unfit(scenario)
        found = [scenario] if reason is None else []
        reason = reason and f"A: {reason}"
        for label, run in zip(LABELS[1:], runs[1:], strict=False):
            if reason is None:
                one, reason = _same_race(scenario, [s for s in run.scenarios if id(s) not in used], label)
                found += [one] if one is not None else []
        if reason is None:
            sets.append(found)
            used |= {id(one) for one in found}
        else:
            left_out.append(f"{scenario.name}: {reason}")
    for label, run in zip(LABELS, runs, strict=False):
        if not run.scenarios:
            left_out.append(f"{label} has no scenario")
        elif label != "A" and sets:
            left_out += [f"{one.name}: only in {label}" for one in run.scenarios if id(one) not in used]
    return sets, left_out


def _same_race(
    scenario: ScenarioEntry, others: Sequence[ScenarioEntry], label: str
) -> tuple[ScenarioEntry | None, str | None]:
    """The one of ``others`` that is the same race, or why there is none: as the one that is most like it."""
    nearest: list[str] | None = None
    for other in others:
        apart = differences(scenario.raw, other.raw, ("A", label))
        if not apart:
            reason = unfit(other)
            return (other, None) if reason is None else (None, f"{label}: {reason}")
        if nearest is None or len(apart) < len(nearest):
            nearest = apart
    return None, f"not the same race: {', '.join(nearest)}" if nearest else f"not in {label}"


def unfit(scenario: ScenarioEntry) -> str | None:
    """Why a scenario tells nothing that could be compared; None where it does."""
    for name, kind in _KINDS.items():
        if type(_condition(scenario.raw, name)) is not kind:
            return f"its run.json does not tell its {name}"
    if not scenario.number("finished_blocks"):
        return "it has no finished block"
    if not scenario.is_logged:
        return (
            "it was raced against others' servers, and what the way to them and their load made of its ratios was "
            "another thing at another time: without blocks that are pairs there is no ratio across runs; compare arms "
            "within one run"
        )
    if scenario.state not in _COMPARABLE:
        return f"its verdict is {scenario.state}, which allows no ranking: its ratios say nothing about the strategies"
    return None


def differences(one: Mapping[str, Any], other: Mapping[str, Any], labels: tuple[str, str]) -> list[str]:
    """Why two scenarios (their entries in run.json) are not the same race, in words; empty where they are."""
    found = []
    faulty = bool(_condition(one, "faults") or _condition(other, "faults"))
    for field in fields(Scenario):
        name = field.name
        if name in _NO_CONDITIONS or (name in _WITH_FAULTS and not faulty):
            continue
        values = [_condition(scenario, name) for scenario in (one, other)]
        if values[0] != values[1]:
            found.append(f"{_named(name, values)} {_in_each(_told(name, values), labels)}")
    seeds = [scenario.get("seed") for scenario in (one, other)]
    if not found and seeds[0] != seeds[1] and draws(one):
        what = "faults" if _condition(one, "faults") else f"delays ({_shown(one.get('latency'))})"
        found.append(f"seed {_in_each([_shown(seed) for seed in seeds], labels)}, which draws other {what}")
    return found


def draws(scenario: Mapping[str, Any]) -> bool:
    """Whether the seed decides what the arms face. A constant delay alone has no colon in it."""
    return ":" in str(scenario.get("latency")) or bool(_condition(scenario, "faults"))


def warnings(one: Entry, other: Entry, labels: tuple[str, str]) -> Iterator[str]:
    """Sentences about where two runs (their run.json) differ, though they may be compared."""
    first, second = (entry.entry("machine").raw for entry in (one, other))
    machine = [
        f"{key} {_in_each([_shown(first.get(key)), _shown(second.get(key))], labels)}"
        for key in MACHINE
        if first.get(key) != second.get(key)
    ]
    if machine:
        yield f"another machine or interpreter, to which a change may be due: {'; '.join(machine)}"
    first, second = (entry.entry("versions").raw for entry in (one, other))
    versions = [
        f"{safe(str(key), _SHOWN)} {_in_each([_shown(first.get(key)), _shown(second.get(key))], labels)}"
        for key in dict.fromkeys([*first, *second])
        if first.get(key) != second.get(key)
    ]
    if versions:
        yield f"other versions, to which a change may be due: {'; '.join(versions)}"


def shortcomings(run: Entry, label: str) -> Iterator[str]:
    """Sentences about one run that did not end, or was repeated too little to be told much by."""
    state = run.text("state", "unknown", _SHOWN)
    if state != "complete":
        yield f"{label} is {state}: its finished blocks are compared"


def _condition(scenario: Mapping[str, Any], name: str) -> Any:
    """A condition; of a file that an older fetchrace wrote, what it does not name takes its default."""
    field = next(field for field in fields(Scenario) if field.name == name)
    return scenario.get(name, None if field.default is MISSING else field.default)


def _named(name: str, values: Sequence[Any]) -> str:
    if name == "markets":
        return "exchanges" if _exchanges(values[0]) != _exchanges(values[1]) else "pairs"
    return name


def _told(name: str, values: Sequence[Any]) -> list[str]:
    if name != "markets":
        return [_shown(value) for value in values]
    if _exchanges(values[0]) != _exchanges(values[1]):
        return [_shown(",".join(_exchanges(value))) for value in values]
    return [_shown(",".join(dict.fromkeys(pair for _, pair in _markets(value)))) for value in values]


def _exchanges(markets: Any) -> list[str]:
    return list(dict.fromkeys(exchange for exchange, _ in _markets(markets)))


def _markets(value: Any) -> list[tuple[str, str]]:
    listed = value if isinstance(value, list) else []
    return [(str(one[0]), str(one[1])) for one in listed if isinstance(one, list) and len(one) == 2]


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    return ("on" if value else "off") if isinstance(value, bool) else safe(str(value), _SHOWN)


def _in_each(told: Sequence[str], labels: tuple[str, str]) -> str:
    return f"{told[0]} in {labels[0]} and {told[1]} in {labels[1]}"
