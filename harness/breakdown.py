"""Where a batch's time went: parts that are measured, and what is left, which is shown as such.

Law: the parts add up to the time of the batch, and only the last of them is found by subtraction.

The first ones are the steps of a ladder (harness.ladder), on which no honest batch is below the highest rung. What is
beyond is charged to the CPU first, up to the CPU time of the arm's whole process tree: how much of that was hidden
behind waiting, nobody can see from outside. So the CPU's part is *at most* what the CPU cost, and "its own CPU" names
what an arm is limited by at most; the unexplained part is *the least* that neither ladder nor CPU can explain: waiting
for the scheduler or the GIL, sleeping, the kernel, a request's wait in the server's socket before it was read. CPU time
spent on connecting is not known apart and may stand in for some of the unexplained; so may that of several processes
at once, which is counted as if one core had done it all.

Before anything is called unexplained, one more is asked: an arm that never had as many in flight as it declares may
have had fewer places. As far as so few explain what is left, it is queueing as well. The CPU comes first here too, for
an arm that is too slow to fill its places looks the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import accumulate, pairwise
from statistics import fmean
from typing import Any, Final

from harness.ladder import Ladder

AT_THE_LIMIT: Final = 0.95
"""An arm that reaches this much of the physical limit is limited by it, whatever the rest is made of."""
_NAMES: Final = {
    "overshoot_s": "the server",
    "connecting_s": "connecting",
    "unexplained_s": "unexplained",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """Seconds of a batch's time.

    ``bound_s``: the physical limit. ``queueing_s``: requests waited for their turn, because the arm has fewer in flight
    than the scenario allows, or because an order that cannot know the delays leaves places idle at the end.
    ``overshoot_s``: the server held replies longer than asked. ``connecting_s``: opening connections. ``decode_s`` and
    ``client_s``: CPU time of decoding, and of everything else in the client, as far as it can have been outside of all
    this: the most that it can have cost. ``unexplained_s``: the rest. It is negative where a batch is faster than the
    ladder: by a few milliseconds where requests that end by their deadline do so early, by more only where the times
    are not true, and then the arm is out."""

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


def parts_of(record: Mapping[str, Any], ladder: Ladder, decode_s: float | None) -> Parts:
    """The parts of one batch. ``decode_s`` is the CPU time of decoding a batch by itself, in seconds (None: not
    measured, and then it is in ``client_s``)."""
    time_s, cpu_s = float(record["time_s"]), float(record["cpu_s"])
    left_s = time_s - ladder.held_s
    connecting_s = max(0.0, min(left_s, ladder.opened_s - ladder.held_s))
    left_s -= connecting_s
    visible_s = max(0.0, min(left_s, cpu_s))
    left_s -= visible_s
    decoding_s = visible_s * min(1.0, decode_s / cpu_s) if decode_s and cpu_s > 0 else 0.0
    turn_s = max(0.0, min(left_s, ladder.reached_s - ladder.opened_s))
    return Parts(
        ladder.bound_s, ladder.asked_s - ladder.bound_s + turn_s, ladder.held_s - ladder.asked_s, connecting_s,
        visible_s - decoding_s, decoding_s, left_s - turn_s,
    )  # fmt: skip


def mean_of(batches: Sequence[Parts]) -> Parts:
    """The parts of a time that is the mean of those of some batches, one or more."""
    return Parts(*(fmean(column) for column in zip(*map(astuple, batches), strict=True)))


def over_blocks(blocks: Sequence[Parts]) -> Parts:
    """The parts of the time that is the geometric mean of those of some blocks, one or more: with each part let in
    after the ones before it, by how much that mean grows. So the limit is the mean limit, each part is what the printed
    time would be shorter by without it (and those after it), and one long block does not outweigh the others where
    delays are drawn. What all blocks have in common comes out as it is."""
    rungs = [_geometric_mean(column) for column in zip(*(accumulate(astuple(parts)) for parts in blocks), strict=True)]
    return Parts(*(upper - lower for lower, upper in pairwise((0.0, *rungs))))


def limited_by(parts: Parts, efficiency: float | None, fewer: bool) -> str | None:
    """What most of the time beyond the bound went into; None where there is none. ``efficiency`` is the bound over the
    time, ``fewer`` whether the arm has fewer in flight than the scenario allows. Decoding is the CPU's as well: they
    stand together against all others, and the larger of the two gives the name."""
    if efficiency is not None and efficiency >= AT_THE_LIMIT:
        return "the physical limit"
    names = {"queueing_s": "its requests in flight" if fewer else "the order of its requests", **_NAMES}
    cost = {name: float(getattr(parts, part)) for part, name in names.items()}
    cost["decoding" if parts.decode_s > parts.client_s else "its own CPU"] = parts.client_s + parts.decode_s
    largest = max(cost, key=cost.__getitem__)
    return largest if cost[largest] > 0 else None


def _geometric_mean(values: Sequence[float]) -> float:
    """0 where any value is: without delays there is no limit, and nothing to queue for."""
    return math.exp(fmean(map(math.log, values))) if min(values) > 0 else 0.0
