"""What opening connections costs requests: how much later they reached the server for having to open one.

A request's way out is from its start, as the client has it, to its arrival, as the server has it: their clock is one.
On it lie the name's lookup, the connection, its TLS, the sending, and whatever else a client does on the first use of a
connection. What it takes on open connections is the client's usual way, and only what is beyond that is opening, with
whatever else made such a request late that time: a busy machine makes opening look dearer than it is.

A client that opens a connection for each request shows no usual way: all of its way out counts, sending included.
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


def openings_s(record: Mapping[str, Any], log: Rows, known: set[int], usual: UsualWay) -> list[float]:
    """For each row of the log, how many seconds beyond the usual way its request took for having to open a connection;
    0 for all others, and never below. One that ended by its deadline waited no longer for that: the deadline counts the
    way as well."""
    openers = opening(log, known)
    return [
        max(0.0, way_s - usual.of(row["index"]))
        if row is openers.get(row["connection"])
        and (way_s := _way_out_s(record, row)) is not None
        and record["outcomes"][row["index"]].get("kind") != "deadline"
        else 0.0
        for row in log
    ]


def longest_way_out_s(record: Mapping[str, Any], log: Rows) -> float:
    """The longest way out of any request of a batch, in seconds; 0 where none is known."""
    return max((way_s for row in log if (way_s := _way_out_s(record, row)) is not None), default=0.0)


def _way_out_s(record: Mapping[str, Any], row: Mapping[str, Any]) -> float | None:
    """From a request's start to its arrival; None of a request that the client does not know, or knows otherwise."""
    outcomes, index = record["outcomes"], row["index"]
    if not isinstance(index, int) or not 0 <= index < len(outcomes):
        return None
    way_s = row["arrived"] - record["began"] - outcomes[index]["started"]
    return float(way_s) if way_s >= 0 else None
