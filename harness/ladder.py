"""The ladder on which a batch's time is accounted for: what its requests take at least, with one thing after another
let in.

Law: each rung is at least as high as the one below, and no honest batch is shorter than the highest. Work that is
handed out in a fixed order to the place that is free first (list scheduling: R. L. Graham, "Bounds on multiprocessing
timing anomalies", SIAM Journal on Applied Mathematics 17, 1969) never ends later for a shorter job, nor for an earlier
start, as long as no job waits for another's result. The order is that in which the arm's requests set out: that of
their arrivals, each less what opening its connection took.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.bound import bound
from harness.connecting import Rows, UsualWay, openings_s
from harness.fault_witness import held_delays
from harness.planned_faults import waits
from harness.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Ladder:
    """Seconds: the physical limit (``bound_s``); what the delays that were asked for take in the arm's own order, with
    as many in flight as it may have (``asked_s``); the same with the delays that the server held (``held_s``), and with
    the connections that were opened on the way (``opened_s``). Beside these, and on no rung: the last with as many in
    flight as the arm ever had (``reached_s``), be that for want of places or of speed."""

    bound_s: float
    asked_s: float
    held_s: float
    opened_s: float
    reached_s: float


def ladder_of(
    record: Mapping[str, Any], log: Rows, known: set[int], usual: UsualWay, scenario: Scenario, declared: int,
    reached: int, asked: Sequence[float],
) -> Ladder:  # fmt: skip
    """The ladder of one batch. ``known`` are the connections (numbers of the log) that earlier batches had opened,
    ``usual`` the worker's way out on such, ``reached`` the most that any batch of the worker had in flight, ``asked``
    the delays asked for by index."""
    places = max(1, min(declared, scenario.concurrency))
    openings = openings_s(record, log, known, usual)
    sent = sorted(zip(log, openings, strict=True), key=lambda one: float(one[0]["arrived"]) - one[1])
    in_order, outcomes = [row for row, _ in sent], record["outcomes"]
    held = held_delays(outcomes, in_order, scenario)
    opened = [delay + opening_s for delay, (_, opening_s) in zip(held, sent, strict=True)]
    bound_s = bound(waits(scenario, asked), scenario.concurrency)
    asked_s = max(bound_s, in_turn_s(held_delays(outcomes, in_order, scenario, "asked"), places))
    held_s = max(asked_s, in_turn_s(held, places))
    opened_s = max(held_s, in_turn_s(opened, places))
    return Ladder(bound_s, asked_s, held_s, opened_s, max(opened_s, in_turn_s(opened, max(1, min(places, reached)))))


def in_turn_s(delays: Sequence[float], places: int) -> float:
    """Seconds that ``delays`` take, in their order, each at whichever of the ``places`` is free first."""
    free_at = [0.0] * places
    for delay in delays:
        heapq.heapreplace(free_at, free_at[0] + delay)
    return max(free_at)
