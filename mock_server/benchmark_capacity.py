"""Capacity: how many requests a second the mock answers, and what one costs it, beside servers that do the least.

The same body size and the same connections for all. A ratio is taken inside a round, between neighbours in time; the
median of the rounds counts. The CPU time of a request does not depend on who was the bottleneck.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

from mock_server.benchmark_claim import Claim
from mock_server.process import Control

LEAST_RATIO = 0.7
MOST_LOG_COST = 0.05
_BUSY = 0.9
RACED = "mock, as raced"
"""With its log on, a delay drawn for each index, and several markets by turns."""
LEAST_RACED = "aiohttp server, so asked"


@dataclass(frozen=True, slots=True)
class Point:
    """One server in one round: requests a second, its CPU seconds a request, and how much of a core each end used."""

    per_s: float
    cpu_s: float
    server_share: float
    generator_share: float


@dataclass(slots=True)
class Contestant:
    """One server, in one process or several. With a ``control`` its rounds are logged; with ``raced`` it is asked as
    in a race, for these targets by turns and with an index. ``beside`` names whom it is compared with."""

    name: str
    loop: str
    origin: str
    pids: tuple[int, ...]
    control: Control | None = None
    points: list[Point] = field(default_factory=list)
    raced: tuple[str, ...] = ()
    beside: str = "aiohttp server"

    def median(self, name: str) -> float:
        """The median of a Point's field over the rounds."""
        return float(statistics.median(getattr(point, name) for point in self.points))

    @property
    def bottleneck(self) -> str:
        """Who kept the number from being larger: the server, as it should be, the generator, or neither of them."""
        if self.median("server_share") >= _BUSY:
            return "server"
        return "generator" if self.median("generator_share") >= _BUSY else "machine"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio in each round: their median, least and largest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Ratio:
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f}..{self.most:.2f})"


@dataclass(frozen=True, slots=True)
class LogCost:
    """CPU seconds of a request with the log ``on`` and ``off``: the mean of the cheapest quarter of the slices.
    ``noise`` is the difference, as a fraction, that the same comparison finds between one half of the slices without
    a log and the other: no smaller cost can be told."""

    on: float
    off: float
    noise: float

    @property
    def share(self) -> float:
        """What the log adds, as a fraction."""
        return self.on / self.off - 1

    def __str__(self) -> str:
        costs = f"{self.on * 1e6:.1f} and {self.off * 1e6:.1f} µs (the cheapest quarter)"
        return f"{costs}; off differs from itself by {100 * self.noise:.1f} %"


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the rounds gave."""

    body_bytes: int
    connections: int
    generator: str
    contestants: list[Contestant]
    log_costs: dict[str, LogCost]
    """By loop."""

    def of(self, name: str, loop: str) -> Contestant:
        return next(each for each in self.contestants if (each.name, each.loop) == (name, loop))

    def rates(self, mine: Contestant, other: Contestant) -> Ratio:
        """Requests a second of the one over those of the other."""
        return Ratio.of([a.per_s / b.per_s for a, b in zip(mine.points, other.points, strict=True)])

    def costs(self, mine: Contestant, other: Contestant) -> Ratio:
        """CPU time of a request of the one over that of the other."""
        return Ratio.of([a.cpu_s / b.cpu_s for a, b in zip(mine.points, other.points, strict=True)])

    @property
    def loops(self) -> list[str]:
        return list(dict.fromkeys(each.loop for each in self.contestants))

    def claims(self) -> list[Claim]:
        """Capacity and the price of the log, on each loop."""
        made = []
        for loop in self.loops:
            mock, least = self.of("mock", loop), self.of("aiohttp server", loop)
            if mock.bottleneck == least.bottleneck == "server":
                name, ratio = f"mock / aiohttp server on {loop}, requests a second", self.rates(mock, least)
            else:
                name, ratio = f"aiohttp server / mock on {loop}, CPU of a request", self.costs(least, mock)
            made.append(Claim(name, ratio.median, LEAST_RATIO, "ratio", at_least=True))
            if any((each.name, each.loop) == (RACED, loop) for each in self.contestants):
                # Its delay leaves it idle now and then, so a rate would tell less.
                ratio = self.costs(self.of(LEAST_RACED, loop), self.of(RACED, loop))
                name = f"{LEAST_RACED} / {RACED} on {loop}, CPU of a request"
                made.append(Claim(name, ratio.median, LEAST_RATIO, "ratio", at_least=True))
            share = self.log_costs[loop].share
            made.append(Claim(f"CPU that the log adds to a request on {loop}", share, MOST_LOG_COST, "share"))
        return made

    def lines(self) -> list[str]:
        """A table for people, and who was the bottleneck."""
        own = f"{'requests/s':>11}{'CPU/request':>13}{'server':>8}{'generator':>11}"
        shown = [f"{'':35}{own}   {'rate / aiohttp server':24}CPU / aiohttp server"]
        for each in self.contestants:
            least = self.of(each.beside, each.loop)
            shown.append(
                f"{f'{each.name} ({each.loop})':35}{each.median('per_s'):11,.0f}{each.median('cpu_s') * 1e6:10.1f} µs"
                f"{each.median('server_share'):8.2f}{each.median('generator_share'):11.2f}"
                f"   {self.rates(each, least)!s:24}{self.costs(each, least)}"
            )
        if any(each.name == RACED for each in self.contestants):
            shown.append(f"{RACED}: log on, a delay for each index, several markets; set beside {LEAST_RACED}.")
        for loop, cost in self.log_costs.items():
            shown.append(f"CPU of a request in short slices, log on and off by turns ({loop}): {cost}")
        for each in self.contestants:
            what = f"{each.name} ({each.loop})"
            if each.bottleneck == "generator":
                shown.append(f"The generator was the bottleneck for {what}: that rate is a lower bound.")
            elif each.bottleneck == "machine":
                shown.append(f"Neither end of {what} had a core to itself: the machine was busy with something else.")
        return shown

    def plain(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "body_bytes": self.body_bytes,
            "connections": self.connections,
            "generator": self.generator,
            "log_cost": {loop: asdict(cost) for loop, cost in self.log_costs.items()},
            "servers": [
                {
                    "name": each.name,
                    "loop": each.loop,
                    "requests_per_s": each.median("per_s"),
                    "cpu_s_per_request": each.median("cpu_s"),
                    "server_share": each.median("server_share"),
                    "generator_share": each.median("generator_share"),
                    "bottleneck": each.bottleneck,
                    "rate_ratio": asdict(self.rates(each, self.of(each.beside, each.loop))),
                    "cpu_ratio": asdict(self.costs(each, self.of(each.beside, each.loop))),
                }
                for each in self.contestants
            ],
        }
