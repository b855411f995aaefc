"""A witness: whoever can tell of a race besides those who race in it. Our own mock server is one, others' servers are
none. A block is played against either in the same way; all that differs is here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from exchanges.errors import safe
from harness import seals
from harness.decision import used_at
from harness.exits import EnvironmentGap
from harness.job import Job
from harness.measurement import Measurement, measurement_from
from harness.scenario import Scenario
from harness.sighting import microseconds
from harness.turnstile import PATIENCE_S, Turnstile
from harness.unlogged import unlogged_measurement
from mock_server.market import time_us_at
from mock_server.process import Running


class Witness(Protocol):
    """What a block needs of the servers that it is played against."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the servers, where they are ours."""

    def job(self, strategy: str, scenario: Scenario, block: int, warm: int, side_file: str) -> Job:
        """The job of the next worker. Raises EnvironmentGap: the server is gone."""

    def heard(self, side: Mapping[str, Any]) -> None:
        """A worker has ended, and left this. Raises EnvironmentGap: there is no asking any more."""

    def measurement(self, side: dict[str, Any], job: Job, arm: str, position: int) -> Measurement:
        """What the worker's side file says, held to what is known of it. Raises LookupError, TypeError, ValueError."""

    def clock_us(self, record: Mapping[str, Any]) -> int:
        """When a batch was in hand, in microseconds of the clock that prices of its quotes are told by."""

    def longest_wait_s(self, batches: int) -> float:
        """For how long a worker may have to wait between so many batches, at most."""


@dataclass
class MockWitness:
    """Our own mock server: it keeps a log of every batch, and seals it."""

    mock: Running
    sealed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def pids(self) -> tuple[int, ...]:
        return (self.mock.pid,)

    def job(self, strategy: str, scenario: Scenario, block: int, warm: int, side_file: str) -> Job:
        seals.taken(self.mock)  # those of whoever was there before
        mock = self.mock
        return Job(
            strategy, scenario, block, warm, dict(mock.origins), mock.control, mock.token, side_file, mock.ca_file
        )  # fmt: skip

    def heard(self, side: Mapping[str, Any]) -> None:
        self.sealed = seals.taken(self.mock)

    def measurement(self, side: dict[str, Any], job: Job, arm: str, position: int) -> Measurement:
        # First, because nothing else that is told of a forged log is worth much.
        forged = seals.breaches(side["batches"], self.sealed, job.scenario, job.block, job.warm)
        measurement = measurement_from(side, job.scenario, arm, job.block, position)
        return replace(measurement, breaches=(*forged, *measurement.breaches))

    def clock_us(self, record: Mapping[str, Any]) -> int:
        return time_us_at(used_at(record))

    def longest_wait_s(self, batches: int) -> float:
        return 0.0


@dataclass
class NoWitness:
    """Others' servers: there is no log, and there are limits to how often they may be asked. ``turnstile`` is that of
    the next worker, all of them one after the other; ``ca_file`` and ``pins`` as in a Place."""

    ca_file: str | None
    turnstile: Turnstile
    pins: Mapping[str, Sequence[str]] = field(default_factory=dict)
    now: Callable[[], float] = time.monotonic

    @property
    def pids(self) -> tuple[int, ...]:
        return ()

    def job(self, strategy: str, scenario: Scenario, block: int, warm: int, side_file: str) -> Job:
        return Job(
            strategy, scenario, block, warm, dict(scenario.origins), "", "", side_file, self.ca_file,
            self.turnstile.to_json(), {name: list(addresses) for name, addresses in self.pins.items()},
        )  # fmt: skip

    def heard(self, side: Mapping[str, Any]) -> None:
        refused = side.get("refused")
        if refused is not None:
            raise EnvironmentGap(safe(str(refused), 400))
        self.turnstile.end()  # however it ended, it may have asked until now
        left = side.get("turnstile")
        if isinstance(left, dict):
            self.turnstile.opens = max(self.turnstile.opens, min(float(left["opens"]), self.now() + PATIENCE_S))
            self.turnstile.refused = int(left["refused"])

    def measurement(self, side: dict[str, Any], job: Job, arm: str, position: int) -> Measurement:
        return unlogged_measurement(side, job.scenario, arm, job.block, position)

    def clock_us(self, record: Mapping[str, Any]) -> int:
        return microseconds(record["began"] + record["time_s"])

    def longest_wait_s(self, batches: int) -> float:
        return batches * (PATIENCE_S + self.turnstile.pause_s)


def witness_of(server: Running | NoWitness) -> Witness:
    """Who tells of the races against a server."""
    return server if isinstance(server, NoWitness) else MockWitness(server)
