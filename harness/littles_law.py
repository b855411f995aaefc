"""Arithmetic that a client's own events must obey, whatever it is written in: three mean numbers in flight that agree.

1. *From rate and latency*, as Little's law has it (J. D. C. Little, "A Proof for the Queuing Formula: L = λW",
   Operations Research 9, 1961): outcomes per second times the mean time in flight. On a finite span in which
   everything begins and ends it holds exactly, whatever the distributions (P. J. Denning and J. P. Buzen, "The
   Operational Analysis of Queueing Network Models", ACM Computing Surveys 10, 1978).
2. *From the events*: how many spans are open, integrated over the batch as the stopwatch has it. It differs from the
   first where spans lie outside the batch.
3. *From the server's log*: what it had in hand of the requests that came back. It cannot be more than the client had.

Neither of the first two can be more than the places in flight (Denning and Buzen's utilisation law: a place is busy at
most all of the time). Else requests "started" while they queued, and their latencies are none.

All within 2 %. ``harness.fairness`` holds each single request to the server's times; this holds their sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.fault_witness import LATE_S

_WITHIN: Final = 0.02

_Span = tuple[float, float]


def contradictions(record: Mapping[str, Any], log: Sequence[Mapping[str, Any]], declared: int) -> list[str]:
    """What a batch's outcomes say of themselves that cannot be, as sentences with the numbers; empty where all fits.
    ``declared`` is how many places in flight the arm has in this scenario; a batch lasts longer than 0 s."""
    time_s, outcomes = float(record["time_s"]), record["outcomes"]
    if not outcomes:
        return []  # harness.fairness says so
    spans = [_in_flight(outcome) for outcome in outcomes]
    by_law = len(spans) / time_s * (sum(ended - started for started, ended in spans) / len(spans))
    by_events = _swept(spans, time_s) / time_s
    by_server = _with_server(log, outcomes) / time_s
    found = []
    if abs(by_law - by_events) > _WITHIN * max(by_law, by_events):
        found.append(
            f"contradicts Little's law: {len(spans)} requests of its latencies in its time are {by_law:.2f} in flight "
            f"on average, its own events have {by_events:.2f}"
        )
    if max(by_law, by_events) > (1 + _WITHIN) * declared:
        found.append(
            f"has {max(by_law, by_events):.2f} requests in flight on average by its own events, {declared} allowed: it "
            "calls them started while they queue"
        )
    if by_server > (1 + _WITHIN) * by_law:
        found.append(
            f"had {by_law:.2f} requests in flight on average by its own latencies, where the server's log has "
            f"{by_server:.2f}"
        )
    return found


def _in_flight(outcome: Mapping[str, Any]) -> _Span:
    """When a request was in flight, in seconds since the batch began. One that ended by its deadline has left its place
    then, though the failure may be written down a little later."""
    started, ended = float(outcome["started"]), float(outcome["ended"])
    return (started, max(started, ended - LATE_S)) if outcome.get("kind") == "deadline" else (started, ended)


def _swept(spans: Sequence[_Span], time_s: float) -> float:
    """The integral of the number of open spans over the batch, in seconds."""
    steps = sorted(
        (min(max(at, 0.0), time_s), step) for started, ended in spans for at, step in ((started, 1), (ended, -1))
    )
    total, open_now, before = 0.0, 0, 0.0
    for at, step in steps:
        total += open_now * (at - before)
        open_now, before = open_now + step, at
    return total


def _with_server(log: Sequence[Mapping[str, Any]], outcomes: Sequence[Mapping[str, Any]]) -> float:
    """For how long the server had the requests that brought a value, in seconds, together. Of one that failed it may
    learn late that nobody waits any more."""
    came = {index for index, outcome in enumerate(outcomes) if "kind" not in outcome}
    return float(
        sum(row["replied"] - row["arrived"] for row in log if row["index"] in came and row["replied"] is not None)
    )
