"""The calibration card: how truly the mock server, which is the ruler, holds the delays that it is asked for.

A cheap client asks for one constant delay with more and more requests in flight. What the server's own log says it
held is set against what was asked, next to what that client saw. Law: a delay is only ever added, never early. The
client's view is the server's error and, on top, the road there and back and the client's own work.

The card is made before the race, on the very server that then serves it, and its requests are in no arm's log. A load
that misses is measured once more before the server is condemned, and both are on the card.
"""

from __future__ import annotations

import gc
import itertools
import math
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
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
"""A longer delay is no harder to hold, and a card should take a few seconds."""
_LEAST_REQUESTS: Final = 24
"""A median of fewer hangs on a single reply; and with one in flight each exchange should be asked several times."""
_LEAST_FOR_P99: Final = 100
"""Of fewer, the 99th percentile is the one worst reply."""
_LOAD_S: Final = 0.3
_LOAD_FAST_S: Final = 0.15
_SPARE_FILES: Final = 50
_SLOW: Final = 4
_ALLOWED: Final = ((100, 0.001, 0.006), (1000, 0.0025, 0.015))
"""Up to so many in flight, the largest p50 and the largest p99 of held minus asked, in seconds."""
_AGAIN: Final = ", and so it did at a first try"


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
    ``p50_allowed`` and ``p99_allowed`` bound the former (None: too few requests to judge a p99 by). Seconds.
    ``repeated``: it missed, and the next line is the same load again, which counts in its place."""

    in_flight: int
    requests: int
    held: Spread
    seen: Spread
    p50_allowed: float
    p99_allowed: float | None
    repeated: bool = False

    @classmethod
    def of(cls, in_flight: int, held: Sequence[float], seen: Sequence[float]) -> Line:
        p50, p99 = next((limits for most, *limits in _ALLOWED if in_flight <= most), _ALLOWED[-1][1:])
        judged = p99 if len(held) >= _LEAST_FOR_P99 else None
        return cls(in_flight, len(held), Spread.of(held), Spread.of(seen), p50, judged)

    @property
    def is_early(self) -> bool:
        """Whether a reply came before its time, which no second try makes good."""
        return self.held.least < 0

    @property
    def misses(self) -> tuple[str, ...]:
        """What is not as it must be, with the numbers; empty where all is well."""
        found = []
        if self.is_early:
            found.append(f"answered {text_from_seconds(-self.held.least)} too early")
        for name, held, allowed in (
            ("p50", self.held.p50, self.p50_allowed),
            ("p99", self.held.p99, self.p99_allowed),
        ):
            if allowed is not None and held > allowed:
                over, most = _told_apart(held, allowed)
                found.append(f"held replies {over} longer than asked ({name}; at most {most} may be)")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Card:
    """``asked_s`` is the delay that was asked for. ``problem`` says why a card has not all of its lines; ``server``
    whose card it is, where it is not that of the server that serves the race."""

    asked_s: float
    lines: tuple[Line, ...]
    problem: str | None = None
    server: str | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the ruler is not to be trusted, as sentences."""
        whose = "the server" if self.server is None else f"{self.server},"
        found = [
            f"the calibration card: with {line.in_flight} in flight {whose} {' and '.join(line.misses)}"
            f"{_AGAIN if before is not None and before.repeated else ''}"
            for before, line in itertools.pairwise((None, *self.lines))
            if line is not None and line.misses and not line.repeated
        ]
        return (*found, *([f"the calibration card is not whole: {self.problem}"] if self.problem else []))

    def to_json(self) -> dict[str, Any]:
        lines = [{**asdict(line), "misses": list(line.misses)} for line in self.lines]
        return {"asked_s": self.asked_s, "server": self.server, "lines": lines, "problem": self.problem}


def loads_for(concurrency: int) -> tuple[int, ...]:
    """Requests in flight on a run's card: one, the scenario's own number, and a hundred."""
    return tuple(sorted({1, concurrency, 100}))


def delay_for(scenario: Scenario) -> float:
    """The delay to calibrate at, in seconds: 50 ms, or the scenario's median where that is longer, within reason."""
    latency = Latency.parse(scenario.latency)
    median = max(latency.of(name).quantile(0.5) for name in scenario.exchanges)
    return min(max(_DELAY_S, median), _LONGEST_S)


def calibrate(
    mock: Running, loads: Sequence[int] = ALL_LOADS, asked_s: float = _DELAY_S, seed: int = 0, fast: bool = False,
    server: str | None = None,
) -> Card:  # fmt: skip
    """Make the card on a running server, which must not be serving anything else meanwhile. ``server`` names it where
    it is another one than that of the race.

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
                    _greet(load, control, max(in_flight, len(targets)), seed)
                    lasting_s = _LOAD_FAST_S if fast else _LOAD_S
                    line = _line(load, control, in_flight, asked_s, seed, lasting_s)
                    if line.misses and not line.is_early:
                        lines.append(replace(line, repeated=True))
                        line = _line(load, control, in_flight, asked_s, seed, lasting_s)
                    lines.append(line)
            except LoadFailed as error:
                problem = str(error)
                break
    return Card(asked_s, tuple(lines), problem, server)


def _greet(load: Load, control: Control, requests: int, seed: int) -> None:
    """A round without delay, in which every connection speaks once and every exchange is asked."""
    control.begin(seed, latency="0ms", faults="")
    load.run(requests)


def _line(load: Load, control: Control, in_flight: int, asked_s: float, seed: int, lasting_s: float) -> Line:
    """One load: as many requests as fit in the time, but not too few; and not many more than a first round where the
    server takes far too long over them."""
    control.begin(seed, latency=str(Delay.constant(asked_s)), faults="")
    gc.collect()
    began = time.monotonic()
    spans = load.run(in_flight)
    took_s = time.monotonic() - began
    rounds = max(2, round(lasting_s / asked_s), math.ceil(_LEAST_REQUESTS / in_flight))
    more = min(rounds - 1, int(_SLOW * rounds * asked_s / took_s))
    spans += load.run(in_flight * more)
    rows = log_rows(control.end())
    return Line.of(
        in_flight,
        [row["held"] - row["asked"] for row in rows],
        [ended - started - asked_s for started, ended in spans],
    )


def _connections_there_may_be() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft - _SPARE_FILES


def _told_apart(held: float, allowed: float) -> tuple[str, str]:
    """Both as text, with as many digits as it takes to see that they differ: 1.001 ms and 1.000 ms."""
    over, most = text_from_seconds(held), text_from_seconds(allowed)
    digits = 3
    while over == most and digits < 9:
        over, most = f"{held * 1e3:.{digits}f} ms", f"{allowed * 1e3:.{digits}f} ms"
        digits += 1
    return over, most
