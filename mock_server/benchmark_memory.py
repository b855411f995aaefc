"""Memory: whether the mock's resident memory is flat over many requests, without a log and in batches with one.

It is sampled after every slice of requests, with new connections for each slice; the median of the last quarter of
the samples is set against that of the first.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import exchanges
from exchanges.units import text_from_bytes
from mock_server.benchmark_claim import Claim
from mock_server.flood import flood
from mock_server.loadgen import measure
from mock_server.process import Control, Running, running
from mock_server.yardstick import rss_bytes

EXCHANGE = "binance"
MOST_GROWTH = 2 * 1024**2
"""Bytes: what the allocator may keep for itself; a leak of three bytes a request shows in a million."""

_SLICES = 40
_BATCH = 2000
_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes after each slice of ``requests`` in all; ``logged`` in batches of which the log was taken."""

    logged: bool
    requests: int
    samples: list[int]

    @property
    def growth(self) -> float:
        """The median of the last quarter over that of the first, in bytes."""
        quarter = max(1, len(self.samples) // 4)
        return statistics.median(self.samples[-quarter:]) - statistics.median(self.samples[:quarter])

    def claims(self) -> list[Claim]:
        return [Claim(f"memory gained over {self._what}", self.growth, MOST_GROWTH, "bytes")]

    def lines(self) -> list[str]:
        first, last, most = map(text_from_bytes, (self.samples[0], self.samples[-1], max(self.samples)))
        return [f"{self._what}: {first} after the first slice, {last} after the last, {most} at most"]

    def plain(self) -> dict[str, Any]:
        """As plain values, in bytes."""
        return {"logged": self.logged, "requests": self.requests, "rss_bytes": self.samples, "growth": self.growth}

    @property
    def _what(self) -> str:
        return f"{self.requests:,} requests {f'in batches of {_BATCH:,}, log on' if self.logged else 'without a log'}"


def memory(requests: int, loop: str, say: Callable[[str], None]) -> list[Memory]:
    """Measure ``requests`` requests without a log, and a fifth as many with one. Raises LoadFailed and MockFailed."""
    exchange = exchanges.load(EXCHANGE)
    target = exchange.request_for(exchange.instruments[0].pair).target
    with _mock(loop) as mock:
        plain = _plain_memory(mock, target, requests, say)
    with _mock(loop) as mock:
        logged = _logged_memory(mock, target, requests // 5, say)
    return [plain, logged]


def _mock(loop: str) -> AbstractContextManager[Running]:
    return running([EXCHANGE], "0", arguments=["--loop", loop])


def _plain_memory(mock: Running, target: str, requests: int, say: Callable[[str], None]) -> Memory:
    samples: list[int] = []
    done, spoken = 0, 0
    # What is allocated once, at the first requests, is no growth.
    per_s = flood(mock.origins[EXCHANGE], target, _CONNECTIONS, 0.5).per_s
    while done < requests:
        done += flood(mock.origins[EXCHANGE], target, _CONNECTIONS, requests / per_s / _SLICES).requests
        samples.append(rss_bytes(mock.pid))
        if done * 5 // requests > spoken:
            spoken = done * 5 // requests
            say(f"memory: {min(done, requests):,} of {requests:,} requests, {text_from_bytes(samples[-1])}")
    return Memory(False, done, samples)


def _logged_memory(mock: Running, target: str, requests: int, say: Callable[[str], None]) -> Memory:
    samples = []
    batches = max(4, requests // _BATCH)
    say(f"memory: {batches} batches of {_BATCH:,} with the log on")
    with Control(mock, timeout_s=60) as control:
        # Two batches first: the memory of a log that was handed over is there for the next one.
        for number in range(batches + 2):
            control.begin(seed=0, batch=number)
            measure(mock.origins[EXCHANGE], target, _CONNECTIONS, _BATCH)
            control.end()
            if number > 1:
                samples.append(rss_bytes(mock.pid))
    return Memory(True, batches * _BATCH, samples)
