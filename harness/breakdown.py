"""Where a batch's time went: parts that are measured, and what is left, which is shown as such.

Law: the parts add up to the time of the batch, and only the last of them is found by subtraction.

The first three are steps of one ladder, each rung at least as high as the one below: the bound; what the delays that
were asked for take in the order in which the arm's requests arrived, with as many in flight as the arm may have; the
same with the delays that the server really held. Work that is handed out in a fixed order to the place that is free
first (list scheduling: R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics
17, 1969) never ends later for a shorter job, nor for an earlier start, as long as no job waits for another's result.
So no honest arm is below the third rung.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from statistics import fmean
from typing import Any, Final

from harness.bound import bound
from harness.connecting import Rows, UsualWay, connecting_s
from harness.fault_witness import held_delays
from harness.planned_faults import waits
from harness.scenario import Scenario

AT_THE_LIMIT: Final = 0.95
"""An arm that reaches this much of the physical limit is limited by it, whatever the rest is made of."""
_NAMES: Final = {
    "overshoot_s": "the server",
    "connecting_s": "connecting",
    "client_s": "its own CPU",
    "decode_s": "decoding",
    "unexplained_s": "unexplained",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """Seconds of a batch's time.

    ``bound_s``: the physical limit. ``queueing_s``: requests waited for their turn, because the arm has fewer in flight
    than the scenario allows, or because an order that cannot know the delays leaves places idle at the end.
    ``overshoot_s``: the server held replies longer than asked. ``connecting_s``: opening connections. ``decode_s`` and
    ``client_s``: CPU time of decoding, and of everything else in the client, as far as it can have been outside of all
    this. ``unexplained_s``: the rest."""

    bound_s: float = 0.0
    queueing_s: float = 0.0
    overshoot_s: float = 0.0
    connecting_s: float = 0.0
    client_s: float = 0.0
    decode_s: float = 0.0
    unexplained_s: float = 0.0

    def to_json(self) -> dict[str, float]:
        """Rounded to tenths of a microsecond, which is finer than any clock here is true."""
        return {name: round(seconds, 7) for name, seconds in self._named()}

    def with_time(self) -> dict[str, float]:
        """The parts and their sum, ``time_s``."""
        return {**dict(self._named()), "time_s": sum(astuple(self))}

    def _named(self) -> list[tuple[str, float]]:
        return [(part.name, getattr(self, part.name)) for part in fields(self)]


def parts_of(
    record: Mapping[str, Any], log: Rows, known: set[int], usual: UsualWay, scenario: Scenario, declared: int,
    asked: Sequence[float], decode_s: float | None,
) -> Parts:  # fmt: skip
    """The parts of one batch. ``known`` are the connections (numbers of the log) that earlier batches had opened,
    ``usual`` the worker's way out on such, ``asked`` the delays asked for by index, ``decode_s`` the CPU time of
    decoding a batch by itself (None: not measured, and then it is in ``client_s``).

    What is beyond the ladder and connecting is charged to the CPU first, up to the CPU time of the arm's whole process
    tree: how much of that was hidden behind waiting, nobody can see from outside. So ``client_s`` and ``decode_s``
    together are the most that the CPU can have cost, and ``unexplained_s`` the least that it cannot explain: waiting
    for the scheduler or the GIL, sleeping, the kernel, a request's wait in the server's socket before it was read.
    CPU time spent on connecting is not known apart and may stand in for some of the unexplained; so may that of several
    processes at once, which is counted as if one core had done it all.

    ``unexplained_s`` is negative where a batch is faster than the ladder: by a few milliseconds where requests that end
    by their deadline do so early, by more only where the times are not true, and then the arm is out.
    """
    n, time_s = max(1, min(declared, scenario.concurrency)), float(record["time_s"])
    bound_s = bound(waits(scenario, asked), scenario.concurrency)
    in_order = sorted(log, key=lambda row: float(row["arrived"]))
    asked_s = _in_turn_s(held_delays(record["outcomes"], in_order, scenario, "asked"), n)
    held_s = _in_turn_s(held_delays(record["outcomes"], in_order, scenario), n)
    queueing_s, overshoot_s = max(0.0, asked_s - bound_s), max(0.0, held_s - asked_s)
    left_s = time_s - bound_s - queueing_s - overshoot_s
    places = max(1, min(n, len(log)))
    connecting = max(0.0, min(left_s, connecting_s(record, log, known, usual, places)))
    left_s -= connecting
    cpu_s = float(record["cpu_s"])
    visible_s = max(0.0, min(left_s, cpu_s))
    decoding_s = visible_s * min(1.0, decode_s / cpu_s) if decode_s and cpu_s > 0 else 0.0
    return Parts(
        bound_s, queueing_s, overshoot_s, connecting, visible_s - decoding_s, decoding_s, left_s - visible_s
    )  # fmt: skip


def shared_out(time_s: float, batches: Sequence[tuple[float, Parts]]) -> Parts:
    """``time_s`` seconds in parts whose shares are the means of those of ``batches``, each given as its time in seconds
    and its parts. Shares and not seconds, as times are compared by ratios: where delays are drawn, one long block would
    outweigh all others."""
    shares = [[seconds / whole_s for seconds in astuple(parts)] for whole_s, parts in batches]
    return Parts(*(time_s * fmean(column) for column in zip(*shares, strict=True)))


def limited_by(parts: Parts, efficiency: float | None, fewer: bool) -> str | None:
    """What most of the time beyond the bound went into; None where there is none. ``efficiency`` is the bound over the
    time, ``fewer`` whether the arm declares fewer in flight than the scenario allows."""
    if efficiency is not None and efficiency >= AT_THE_LIMIT:
        return "the physical limit"
    names = {"queueing_s": "its requests in flight" if fewer else "the order of its requests", **_NAMES}
    largest = max(names, key=lambda name: float(getattr(parts, name)))
    return names[largest] if getattr(parts, largest) > 0 else None


def _in_turn_s(delays: Sequence[float], n: int) -> float:
    """Seconds that ``delays`` take, in their order, each at whichever of ``n`` places is free first."""
    free_at = [0.0] * n
    for delay in delays:
        heapq.heapreplace(free_at, free_at[0] + delay)
    return max(free_at)
