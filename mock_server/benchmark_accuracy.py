"""Accuracy: the delay that the mock asked of itself against the one it held, by load, next to what a client saw.

``held - asked`` is from the server's own log: from the moment the request's last header byte was read to the moment
before the answer is written. ``seen - asked`` is a cheap client's: it adds the way through two kernels' queues and the
client's own work, and is what a measurement has to live with.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import exchanges
from exchanges.units import text_from_seconds
from mock_server.benchmark_claim import Claim
from mock_server.loadgen import Load
from mock_server.process import Control, running

EXCHANGE = "binance"
LOADS: Final = ((0.05, 1, 20), (0.05, 100, 2000), (0.05, 1000, 10_000), (0.0003, 1, 1000), (0.0003, 10, 5000))
"""Delay in seconds, requests in flight, requests in all."""

_MOST: Final = {100: (0.001, 0.006), 1000: (0.0025, 0.015)}
"""At 50 ms and so many in flight, the largest p50 and p99 of held minus asked that the project promises."""


@dataclass(frozen=True, slots=True)
class Errors:
    """How far off a delay was, in seconds: least, median, 99th percentile, largest. Of several batches: the least and
    the largest of all, and the median batch's percentiles, so that one stall of the machine spoils one batch."""

    least: float
    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, batches: Sequence[Sequence[float]]) -> Errors:
        cuts = [statistics.quantiles(errors, n=100, method="inclusive") for errors in batches]
        p50, p99 = (statistics.median(each[place] for each in cuts) for place in (49, 98))
        return cls(min(map(min, batches)), p50, p99, max(map(max, batches)))

    def __str__(self) -> str:
        return "".join(f"{text_from_seconds(value):>11}" for value in (self.least, self.p50, self.p99, self.most))


@dataclass(frozen=True, slots=True)
class Reading:
    """One load on one loop: ``batches`` of so many ``requests``."""

    loop: str
    delay_s: float
    in_flight: int
    requests: int
    batches: int
    held: Errors
    seen: Errors

    def claims(self) -> list[Claim]:
        """What is promised of this load, if anything is."""
        if self.in_flight not in _MOST:
            return []
        where = f"held minus asked at {text_from_seconds(self.delay_s)}, {self.in_flight:,} in flight, {self.loop}"
        p50, p99 = _MOST[self.in_flight]
        return [Claim(f"{where}, p50", self.held.p50, p50, "s"), Claim(f"{where}, p99", self.held.p99, p99, "s")]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All loads."""

    loads: list[Reading]

    def claims(self) -> list[Claim]:
        least = min(load.held.least for load in self.loads)
        never_early = Claim("held minus asked, the earliest answer of all", least, 0.0, "s", at_least=True)
        return [never_early, *(claim for load in self.loads for claim in load.claims())]

    def lines(self) -> list[str]:
        """A table for people."""
        names = "".join(f"{name:>11}" for name in ("least", "p50", "p99", "largest"))
        shown = [
            f"{'':32}{'held - asked':44}   seen - asked".rstrip(),
            f"{'':10}{'asked':>8}{'in flight':>11}   {names}   {names}",
        ]
        shown += [
            f"{load.loop:10}{text_from_seconds(load.delay_s):>8}{load.in_flight:>11,}   {load.held}   {load.seen}"
            for load in self.loads
        ]
        return shown

    def plain(self) -> list[dict[str, Any]]:
        """As plain values, in seconds."""
        return [asdict(load) for load in self.loads]


def accuracy(loops: Sequence[str], batches: int, share: float, say: Callable[[str], None]) -> Accuracy:
    """Measure each load on each loop in ``batches`` of a ``share`` of its requests. Raises LoadFailed, MockFailed."""
    exchange = exchanges.load(EXCHANGE)
    targets = [exchange.request_for(instrument.pair).target for instrument in exchange.instruments[:10]]
    found = []
    for loop in loops:
        with running([EXCHANGE], "0", arguments=["--loop", loop]) as mock, Control(mock, timeout_s=60) as control:
            for delay_s, in_flight, requests in LOADS:
                say(f"accuracy on {loop}: {text_from_seconds(delay_s)}, {in_flight:,} in flight")
                requests = max(in_flight, 10, round(share * requests))
                held, seen = [], []
                with Load(mock.origins[EXCHANGE], targets, in_flight) as load:
                    # Every connection has been accepted and has spoken once before it counts.
                    control.begin(seed=0, latency="0")
                    load.run(in_flight)
                    for batch in range(batches):
                        control.begin(seed=0, batch=batch, latency=f"{delay_s * 1e6:g}us")
                        spans = load.run(requests)
                        errors = _errors(control.end(), spans)
                        held.append(errors[0])
                        seen.append(errors[1])
                found.append(Reading(loop, delay_s, in_flight, requests, batches, Errors.of(held), Errors.of(seen)))
    return Accuracy(found)


def _errors(log: dict[str, Any], spans: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    place = {name: number for number, name in enumerate(log["columns"])}
    held, seen = [], []
    for row in log["rows"]:
        asked = row[place["asked"]]
        held.append(row[place["held"]] - asked)
        started, ended = spans[row[place["index"]]]
        seen.append(ended - started - asked)
    return held, seen
