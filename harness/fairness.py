"""Fair or out: what the server's own log must say of a batch, or the arm is not ranked.

The log is the witness, because it cannot be talked into anything by the client. An arm is out when the
server did not see every request exactly once, saw more in flight than declared, when a price in hand is not
the price that was sent, when a request failed that no fault of the scenario had struck, when one that a fault makes
fail did so by another name or not at all, or when the time beats what the held delays allow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from exchanges.errors import safe
from exchanges.units import text_from_seconds
from harness import fault_witness
from harness.planned_faults import PlannedFaults
from harness.scenario import Scenario
from harness.values import wrong_values

_REUSE = 0.5
# The client's clock and the server's are one, and a reply is logged before it is sent: nothing to forgive
# but the rounding of the sums.
_ROUNDING = 1e-6


def log_rows(server: dict[str, Any]) -> list[dict[str, Any]]:
    """The server's log of a batch, each line as a mapping."""
    return [dict(zip(server["columns"], row, strict=True)) for row in server["rows"]]


def breaches(
    record: dict[str, Any], log: Sequence[dict[str, Any]], scenario: Scenario, block: int, number: int,
    declared: int, asked: Sequence[float], held_bound_s: float,
) -> list[str]:  # fmt: skip
    """Every promise that a batch broke, as a sentence with its evidence; the gravest first."""
    outcomes = record["outcomes"]
    plan = PlannedFaults(scenario)
    found = []
    if len(outcomes) != scenario.requests:
        found.append(f"returned {len(outcomes)} outcomes for {scenario.requests} requests")
    found += _seen_once(log, scenario, plan)
    found += _too_many_in_flight(record, log, min(declared, scenario.concurrency), scenario)
    found += fault_witness.false_failures(outcomes, log, scenario, plan)
    found += fault_witness.unvisited(record, scenario, plan)
    found += _other_delays(log, asked)
    found += wrong_values(outcomes, log, scenario, block, number, plan)
    found += _impossible(record, log, held_bound_s)
    said = "; ".join(record.get("notes", ())[:2])
    # What an arm says of itself excuses nothing, for the log is the witness; but who reads of requests that were made
    # twice should read as well that a machine of a cluster was lost.
    return [f"{breach} ({safe(said, 300)})" for breach in found] if said else found


def reuse_breach(batches: Sequence[tuple[int, int]], struck: int = 0) -> list[str]:
    """Whether warm batches, given as (connections accepted, requests), re-used what was open. ``struck`` connections
    are those that faults may have cost."""
    accepted, requests = (sum(column) for column in zip(*batches, strict=True)) if batches else (0, 0)
    if requests and 1 - (accepted - struck) / requests < _REUSE:
        more = f" (faults account for {struck} at most)" if struck else ""
        return [f"opened {accepted} new connections for {requests} warm requests without declaring reuse=False{more}"]
    return []


def _too_many_in_flight(
    record: Mapping[str, Any], log: Sequence[Mapping[str, Any]], allowed: int, scenario: Scenario
) -> list[str]:
    """An arm may declare less than the scenario's concurrency, never more."""
    reached = fault_witness.reached(record, log, scenario)
    return [f"had {reached} requests in flight, {allowed} allowed"] if reached > allowed else []


def _seen_once(log: Sequence[Mapping[str, Any]], scenario: Scenario, plan: PlannedFaults) -> list[str]:
    turns = scenario.turns
    seen = Counter(row["index"] for row in log)
    wanted = [index for index in range(scenario.requests) if not plan.is_unreachable(turns[index % len(turns)][0])]
    never = [index for index in wanted if not seen[index]]
    if never:
        return [f"the server saw {len(wanted) - len(never)} of {len(wanted)} requests"]
    repeated = [index for index, count in seen.items() if count > 1 or not isinstance(index, int)]
    if repeated or len(log) != len(wanted):
        return [f"the server saw {len(log)} requests where {len(wanted)} were asked for"]
    for row in log:
        name, pairs = turns[row["index"] % len(turns)]
        label = str(row["pair"])
        # One body with many markets is "*" in the log, or their names where they are few; some exchanges have no
        # batches but of everything.
        many = scenario.workload == "markets" or len(pairs) > 1
        asked = label == "*" or set(pairs) <= set(label.split(",")) if many else (label,) == pairs
        if row["exchange"] != name or not asked:
            whole = "all its markets" if scenario.workload == "markets" else safe(",".join(pairs))
            planned = f"{name} {pairs[0] if len(pairs) == 1 else whole}"
            return [f"asked for {row['exchange']} {safe(label)} where the plan has {planned}"]
    return []


def _other_delays(log: Sequence[dict[str, Any]], asked: Sequence[float]) -> list[str]:
    """A client names its request's index, and by it the delay: it must be the plan's, drawn at the first attempt."""
    for row in log:
        index = row["index"]
        if not isinstance(index, int) or not 0 <= index < len(asked):
            continue
        if row["attempt"] != 0:
            return [f"asked for request {index} as attempt {row['attempt']}, where nothing is to be repeated"]
        if row["asked"] != asked[index]:
            had, drawn = text_from_seconds(row["asked"]), text_from_seconds(asked[index])
            return [f"request {index} was held for a delay of {had}, the plan has {drawn}"]
    return []


def _impossible(record: dict[str, Any], log: Sequence[dict[str, Any]], held_bound_s: float) -> list[str]:
    time_s, began = record["time_s"], record["began"]
    if time_s < held_bound_s - _ROUNDING:
        least = text_from_seconds(held_bound_s)
        return [f"claims {text_from_seconds(time_s)}, but the delays that the server held allow no less than {least}"]
    for outcome in record["outcomes"]:
        if not -_ROUNDING <= outcome["started"] <= outcome["ended"] <= time_s + _ROUNDING:
            span = f"{text_from_seconds(outcome['started'])} to {text_from_seconds(outcome['ended'])}"
            return [f"reports a request from {span} in a batch of {text_from_seconds(time_s)}"]
    outcomes = dict(enumerate(record["outcomes"]))
    for row in log:
        outcome = outcomes.get(row["index"])
        if outcome is None or "kind" in outcome:
            continue
        arrived, replied = row["arrived"] - began, row["replied"] - began
        if outcome["started"] > arrived + _ROUNDING or outcome["ended"] < replied - _ROUNDING:
            said = f"{text_from_seconds(outcome['started'])} to {text_from_seconds(outcome['ended'])}"
            seen = f"{text_from_seconds(arrived)} to {text_from_seconds(replied)}"
            return [f"reports request {row['index']} from {said}, while the server had it from {seen}"]
    return []
