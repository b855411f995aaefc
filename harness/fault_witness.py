"""What the server's log must witness of faults: who failed and how, that somebody came at all, and what it cost.

Laws, for a scenario with faults:

1. A request fails if and only if a fault makes it fail, and by that fault's name.
2. Failing is no shorter way: what is called ``deadline`` lasted as long as the deadline, and what is called anything
   else was waited for until its answer began. A port that lets nobody in saw a connection for each failure.
3. What faults account for is counted, not guessed: places in flight until the deadline, connections of those requests
   alone that were struck by what ends or spoils a connection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from exchanges.units import text_from_seconds
from harness.planned_faults import PlannedFaults
from harness.scenario import Scenario
from mock_server.log import GONE

EARLY_S: Final = 0.01
EARLY_SHARE: Final = 0.05
"""How much sooner than its deadline a request may end by it, the smaller of the two: timers are rounded, and may start
before the request does."""
LATE_S: Final = 0.25
"""How much longer than its deadline a request may take (strategies/strategy.py)."""

_Mappings = Sequence[Mapping[str, Any]]


def false_failures(outcomes: _Mappings, log: _Mappings, scenario: Scenario, plan: PlannedFaults) -> list[str]:
    """Failures of requests that no fault makes fail, or of which the server knows better; failures by another name than
    the fault's; and values where a fault leaves none to be had."""
    rows, turns, of_all = {row["index"]: row for row in log}, scenario.turns, f"of {scenario.requests}"
    sound: list[Mapping[str, Any]] = []
    misnamed, taken, left, mistimed = [], [], [], []
    for index, outcome in enumerate(outcomes):
        exchange, row = turns[index % len(turns)][0], rows.get(index)
        kinds, took_s = plan.kinds(exchange, row), outcome["ended"] - outcome["started"]
        if "kind" in outcome and not kinds:
            if scenario.faults and row is not None and row["status"] == GONE and outcome["kind"] != "deadline":
                left.append(outcome["kind"])
            else:
                sound.append(outcome)
        elif "deadline" in kinds and outcome.get("kind") == "deadline" and not _in_time(took_s, scenario):
            mistimed.append(text_from_seconds(took_s))
        if not kinds or outcome.get("kind") in kinds:
            continue
        promise = f"{'+'.join(fault.name for fault in plan.struck(exchange, row))} is {' or '.join(kinds)}"
        if "kind" in outcome:
            misnamed.append(f"{promise}, not {outcome['kind']} ({outcome['detail']})")
        elif row is not None and not (plan.arrives(exchange, row) and took_s <= scenario.deadline_s + LATE_S):
            # Without a row nothing arrived: a value that was made up (harness/values.py).
            taken.append(f"{promise}, not a value after {text_from_seconds(took_s)}")
    found = []
    if taken:
        found.append(f"took {len(taken)} {of_all} spoilt answers for prices; the first: {taken[0]}")
    if sound:
        kinds_of = Counter(outcome["kind"] for outcome in sound)
        said = ", ".join(f"{count} {kind}" for kind, count in kinds_of.most_common())
        where = "that no fault makes fail" if scenario.faults else "where none should"
        found.append(f"{len(sound)} {of_all} requests failed ({said}) {where}; the first: {sound[0]['detail']}")
    if left:
        found.append(f"hung up on {len(left)} {of_all} requests before the answer that it calls {left[0]}")
    if mistimed:
        deadline = text_from_seconds(scenario.deadline_s)
        found.append(
            f"called {len(mistimed)} {of_all} requests deadline, the first after {mistimed[0]}, where the deadline is "
            f"{deadline}"
        )
    if misnamed:
        found.append(f"{len(misnamed)} {of_all} faults were told by another name: {misnamed[0]}")
    return found


def unvisited(record: Mapping[str, Any], scenario: Scenario, plan: PlannedFaults) -> list[str]:
    """Ports that let nobody in, and were not even tried as often as requests to them failed."""
    turns, failed = scenario.turns, Counter[str]()
    for index, outcome in enumerate(record["outcomes"][: scenario.requests]):
        exchange = turns[index % len(turns)][0]
        failed[exchange] += plan.is_unreachable(exchange) and "kind" in outcome
    tried = record["server"]["batch"].get("accepted_by", {})
    return [
        f"says that {count} requests to {exchange} failed, where the server saw {tried.get(exchange, 0)} connections"
        for exchange, count in failed.items()
        if tried.get(exchange, 0) < count
    ]


def reached(record: Mapping[str, Any], log: _Mappings, scenario: Scenario) -> int:
    """The most requests in flight at once. Each is until its answer began, as the server saw it; one that ended by its
    deadline is until then, as the client has it: of that the server may learn only when others have arrived."""
    if not scenario.faults:
        return int(record["server"]["batch"]["peak_in_flight"])
    outcomes = dict(enumerate(record["outcomes"]))
    steps = []
    for row in log:
        until, outcome = row["replied"], outcomes.get(row["index"], {})
        if outcome.get("kind") == "deadline":
            # Its place may be taken from the deadline on; that it failed may well be written down a little later.
            until = record["began"] + min(outcome["ended"], outcome["started"] + scenario.deadline_s)
        steps += [(row["arrived"], 1), (max(row["arrived"], until), -1)]
    return max(accumulate(step for _, step in sorted(steps)), default=0)


def held_delays(outcomes: _Mappings, log: _Mappings, scenario: Scenario, column: str = "held") -> list[float]:
    """How long each request that arrived was held, in seconds: by the server as ``column`` has it ("asked": as it was
    meant to be), or up to its deadline, less what is forgiven there: not as the client has it."""
    ends, at_least_s = dict(enumerate(outcomes)), scenario.deadline_s - _early_s(scenario)
    return [
        at_least_s if ends.get(row["index"], {}).get("kind") == "deadline" and scenario.faults else row[column]
        for row in log
    ]


def _early_s(scenario: Scenario) -> float:
    return min(EARLY_S, EARLY_SHARE * scenario.deadline_s)


def _in_time(took_s: float, scenario: Scenario) -> bool:
    return scenario.deadline_s - _early_s(scenario) <= took_s <= scenario.deadline_s + LATE_S
