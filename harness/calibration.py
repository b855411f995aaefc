"""The calibration card: how truly the mock server, which is the ruler, holds the delays that it is asked for.

A cheap client asks for one constant delay with more and more requests in flight. What the server's own log says it
held is set against what was asked, next to what that client saw. Law: a delay is only ever added, never early. The
client's view is the server's error and, on top, the road there and back and the client's own work.

The card is made before the race, on the very server that then serves it, and its requests are in no arm's log.
"""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import exchanges
from exchanges.units import text_from_seconds
from harness.fairness import log_rows
from harness.scenario import Scenario
from harness.statistics import quantile
from mock_server.conditions import Latency
from mock_server.delay import Delay
from mock_server.loadgen import Load
from mock_server.loadgen_answer import LoadFailed
from mock_server.process import Control, Running

ALL_LOADS: Final = (1, 20, 100, 1000)
"""Requests in flight on the card of ``doctor``."""

_DELAY_S: Final = 0.05
_LONGEST_S: Final = 0.25
"""A longer delay is no harder to hold, and a card should take a second."""
_LOAD_S: Final = 0.3
_LOAD_FAST_S: Final = 0.15
_SPARE_FILES: Final = 50
_SLOW: Final = 4
_ALLOWED: Final = ((100, 0.001, 0.006), (1000, 0.0025, 0.015))
"""Up to so many in flight, the largest p50 and the largest p99 of held minus asked, in seconds."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the errors of a load lie, in seconds."""

    least: float
    p50: float
    p99: float

    @classmethod
    def of(cls, errors: Sequence[float]) -> Spread:
        return cls(min(errors), quantile(errors, 0.5), quantile(errors, 0.99))


@dataclass(frozen=True, slots=True)
class Line:
    """One load. ``held`` is held minus asked, by the server's log; ``seen`` is the client's latency minus asked;
    ``p50_allowed`` and ``p99_allowed`` bound the former. Seconds."""

    in_flight: int
    requests: int
    held: Spread
    seen: Spread
    p50_allowed: float
    p99_allowed: float

    @classmethod
    def of(cls, in_flight: int, held: Sequence[float], seen: Sequence[float]) -> Line:
        p50, p99 = next((limits for most, *limits in _ALLOWED if in_flight <= most), _ALLOWED[-1][1:])
        return cls(in_flight, len(held), Spread.of(held), Spread.of(seen), p50, p99)

    @property
    def misses(self) -> tuple[str, ...]:
        """What is not as it must be, with the numbers; empty where all is well."""
        found = []
        if self.held.least < 0:
            found.append(f"answered {text_from_seconds(-self.held.least)} too early")
        for name, held, allowed in (
            ("p50", self.held.p50, self.p50_allowed),
            ("p99", self.held.p99, self.p99_allowed),
        ):
            if held > allowed:
                over, most = text_from_seconds(held), text_from_seconds(allowed)
                found.append(f"held replies {over} longer than asked ({name}; at most {most} may be)")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Card:
    """``asked_s`` is the delay that was asked for. ``problem`` says why a card has not all of its lines."""

    asked_s: float
    lines: tuple[Line, ...]
    problem: str | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the ruler is not to be trusted, as sentences."""
        found = [
            f"the calibration card: with {line.in_flight} in flight the server {' and '.join(line.misses)}"
            for line in self.lines
            if line.misses
        ]
        return (*found, *([f"the calibration card is not whole: {self.problem}"] if self.problem else []))

    def to_json(self) -> dict[str, Any]:
        lines = [{**asdict(line), "misses": list(line.misses)} for line in self.lines]
        return {"asked_s": self.asked_s, "lines": lines, "problem": self.problem}


def loads_for(concurrency: int) -> tuple[int, ...]:
    """Requests in flight on a run's card: one, the scenario's own number, and a hundred."""
    return tuple(sorted({1, concurrency, 100}))


def delay_for(scenario: Scenario) -> float:
    """The delay to calibrate at, in seconds: 50 ms, or the scenario's median where that is longer, within reason."""
    latency = Latency.parse(scenario.latency)
    median = max(latency.of(name).quantile(0.5) for name in scenario.exchanges)
    return min(max(_DELAY_S, median), _LONGEST_S)


def calibrate(
    mock: Running, loads: Sequence[int] = ALL_LOADS, asked_s: float = _DELAY_S, seed: int = 0, fast: bool = False
) -> Card:
    """Make the card on a running server, which must not be serving anything else meanwhile.

    Raises:
        MockFailed: the server does not answer its control port.
    """
    origins, targets = [], []
    for name, origin in mock.origins.items():
        exchange = exchanges.load(name)
        targets.append(exchange.request_for(exchange.instruments[0].pair).target)
        origins.append(origin)
    lines: list[Line] = []
    problem = None
    with Control(mock) as control:
        for in_flight in loads:
            most = _connections_there_may_be()
            if in_flight > most:
                problem = f"{in_flight} in flight need more file descriptors than are left ({most}): try ulimit -n"
                break
            try:
                with Load(origins, targets, in_flight) as load:
                    lines.append(_line(load, control, in_flight, asked_s, seed, _LOAD_FAST_S if fast else _LOAD_S))
            except LoadFailed as error:
                problem = str(error)
                break
    return Card(asked_s, tuple(lines), problem)


def _line(load: Load, control: Control, in_flight: int, asked_s: float, seed: int, lasting_s: float) -> Line:
    """One load: a first round without delay, in which every connection speaks once, then as many requests as fit in
    the time; no more than another round where the server takes far too long over them."""
    control.begin(seed, latency="0ms", faults="")
    load.run(in_flight)
    control.begin(seed, latency=str(Delay.constant(asked_s)), faults="")
    gc.collect()
    began = time.monotonic()
    spans = load.run(in_flight)
    if time.monotonic() - began < _SLOW * asked_s:
        spans += load.run(in_flight * max(1, round(lasting_s / asked_s) - 1))
    rows = log_rows(control.end())
    return Line.of(
        in_flight,
        [row["held"] - row["asked"] for row in rows],
        [ended - started - asked_s for started, ended in spans],
    )


def _connections_there_may_be() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft - _SPARE_FILES
