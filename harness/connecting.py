"""What opening connections costs a batch: how much later its requests reached the server for having to open one.

A request's way out is from its start, as the client has it, to its arrival, as the server has it: their clock is one.
On it lie the name's lookup, the connection, its TLS, the sending, and whatever else a client does on the first use of a
connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.statistics import median

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class UsualWay:
    """How long the way out takes on a connection that is open, in seconds: for each request where that is known
    (``by_index``: in a burst the last one waits for those before it), and ``of_all`` for the others; 0 where a client
    opens a connection for each."""

    by_index: Mapping[int, float] = field(default_factory=dict)
    of_all: float = 0.0

    def of(self, index: int) -> float:
        return self.by_index.get(index, self.of_all)


def opening(log: Rows, known: set[int]) -> dict[int, Mapping[str, Any]]:
    """The rows, by connection, of the requests that were the first on a connection that is not ``known``."""
    first: dict[int, Mapping[str, Any]] = {}
    for row in log:
        number = row["connection"]
        if number not in known and (number not in first or row["arrived"] < first[number]["arrived"]):
            first[number] = row
    return first


def usual_way(batches: Iterable[tuple[Mapping[str, Any], Rows, set[int]]]) -> UsualWay:
    """The medians over a worker's batches, each given as its record, its log and the connections known before it."""
    by_index: dict[int, list[float]] = {}
    for record, log, known in batches:
        openers = opening(log, known)
        for row in log:
            way_s = _way_out_s(record, row)
            if way_s is not None and row is not openers.get(row["connection"]):
                by_index.setdefault(row["index"], []).append(way_s)
    if not by_index:
        return UsualWay()
    of_all = median([way_s for ways in by_index.values() for way_s in ways])
    return UsualWay({index: median(ways) for index, ways in by_index.items()}, of_all)


def connecting_s(record: Mapping[str, Any], log: Rows, known: set[int], usual: UsualWay, places: int) -> float:
    """Seconds of a batch's time that went into opening connections: what openers took beyond the usual way, summed, and
    shared by the ``places`` in flight, which open theirs side by side. Never below zero."""
    beyond_s = 0.0
    for row in opening(log, known).values():
        way_s = _way_out_s(record, row)
        if way_s is not None:
            beyond_s += way_s - usual.of(row["index"])
    return max(0.0, beyond_s) / places


def _way_out_s(record: Mapping[str, Any], row: Mapping[str, Any]) -> float | None:
    """From a request's start to its arrival; None of a request that the client does not know, or knows otherwise."""
    outcomes, index = record["outcomes"], row["index"]
    if not isinstance(index, int) or not 0 <= index < len(outcomes):
        return None
    way_s = row["arrived"] - record["began"] - outcomes[index]["started"]
    return float(way_s) if way_s >= 0 else None
