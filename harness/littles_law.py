"""Arithmetic that a client's own events must obey, whatever it is written in: mean numbers in flight that agree.

1. *Bookkeeping.* By rate and latency (outcomes per second times their mean latency) a batch has as many in flight as
   its events have one by one (open spans, integrated over the batch): J. D. C. Little, "A Proof for the Queuing
   Formula: L = λW", Operations Research 9, 1961. On a finite span in which everything begins and ends that is no
   discovery but an identity, whatever the distributions (P. J. Denning and J. P. Buzen, "The Operational Analysis of
   Queueing Network Models", ACM Computing Surveys 10, 1978). It fails only where events lie outside of the batch, are
   lost or are counted twice, and that is all that it shows.
2. *Against the server's log.* The server cannot have had more in hand, of the requests that came back, than the client
   had in flight.
3. *Against the places in flight*: the utilisation law (Denning and Buzen). A place is busy at most all of the time, so
   that on average no more requests are under way than there are places; else they were called started while they
   queued. A request holds its place from its start until the server has replied: what its client does with the answer
   then (decoding it elsewhere, say) needs no place. One that ends by its deadline holds it until then.

All within 2 %. ``harness.fairness`` holds each single request to the server's times; this holds their sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_WITHIN: Final = 0.02

_Span = tuple[float, float]


def contradictions(
    record: Mapping[str, Any], log: Sequence[Mapping[str, Any]], declared: int, deadline_s: float
) -> list[str]:
    """What a batch's outcomes say of themselves that cannot be, as sentences with the numbers; empty where all fits.
    ``declared`` is how many places in flight the arm has in this scenario; a batch lasts longer than 0 s."""
    time_s, outcomes = float(record["time_s"]), record["outcomes"]
    if not outcomes:
        return []  # harness.fairness says so
    spans = [(float(outcome["started"]), float(outcome["ended"])) for outcome in outcomes]
    by_law = len(spans) / time_s * (sum(ended - started for started, ended in spans) / len(spans))
    by_events = _swept(spans, time_s) / time_s
    by_server = _with_server(log, outcomes) / time_s
    in_places = sum(ended - started for started, ended in _in_places(record, log, deadline_s)) / time_s
    found = []
    if abs(by_law - by_events) > _WITHIN * max(by_law, by_events):
        found.append(
            f"contradicts Little's law: {len(spans)} requests of its latencies in its time are {by_law:.2f} in flight "
            f"on average, its own events have {by_events:.2f}"
        )
    if in_places > (1 + _WITHIN) * declared:
        found.append(
            f"has {in_places:.2f} requests in flight on average from its own starts to the server's replies, "
            f"{declared} allowed: it calls them started while they queue"
        )
    if by_server > (1 + _WITHIN) * by_law:
        found.append(
            f"had {by_law:.2f} requests in flight on average by its own latencies, where the server's log has "
            f"{by_server:.2f}"
        )
    return found


def _in_places(record: Mapping[str, Any], log: Sequence[Mapping[str, Any]], deadline_s: float) -> list[_Span]:
    """When each request held its place, in seconds since the batch began."""
    replied = {row["index"]: row["replied"] - record["began"] for row in log if row["replied"] is not None}
    spans = []
    for index, outcome in enumerate(record["outcomes"]):
        started, ended = float(outcome["started"]), float(outcome["ended"])
        # That a deadline has passed may be written down a little later.
        until = started + deadline_s if outcome.get("kind") == "deadline" else replied.get(index, ended)
        spans.append((started, max(started, min(ended, until))))
    return spans


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
