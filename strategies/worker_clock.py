"""The clock of a worker on another machine, as far as it can be known from here.

Whoever asks at ``asked``, is told ``told`` and has the answer at ``received`` knows that the other clock stood at
``told`` at some moment between the two, so that its offset from ours lies in [told - received, told - asked]; several
readings are intersected (F. Cristian, Distributed Computing 3, 1989; K. Marzullo and S. Owicki, 1983).

Law: a moment that is translated lies within half the width of that interval of the true one, as long as neither clock
has drifted since. One that happened between asking and receiving is never put outside of the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reading:
    """In seconds: ``asked`` and ``received`` by our clock, ``first`` and ``last`` by the other one, which was looked at
    twice between those (or once: the two are the same)."""

    asked: float
    received: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class WorkerClock:
    """The other clock's offset from ours lies between ``low`` and ``high`` (seconds)."""

    low: float
    high: float

    @property
    def offset_s(self) -> float:
        return (self.low + self.high) / 2

    @property
    def error_s(self) -> float:
        return (self.high - self.low) / 2

    def ours(self, theirs: float) -> float:
        """A moment of the other clock by ours."""
        return theirs - self.offset_s

    def narrowed(self, reading: Reading) -> WorkerClock:
        """With one more reading; by that alone where it contradicts what was known, because a clock has drifted."""
        found = _of(reading)
        low, high = max(self.low, found.low), min(self.high, found.high)
        return WorkerClock(low, high) if low <= high else found


OURS = WorkerClock(0.0, 0.0)
"""Processes of one machine share CLOCK_MONOTONIC."""


def clock_from(readings: Iterable[Reading]) -> WorkerClock:
    """The clock that the readings agree on. Raises ValueError where there are none."""
    clock: WorkerClock | None = None
    for reading in readings:
        clock = _of(reading) if clock is None else clock.narrowed(reading)
    if clock is None:
        raise ValueError("expected at least one reading of a worker's clock, found none")
    return clock


def machine_id() -> str:
    """What tells this run of this machine's kernel, and so its clocks, from any other; empty where nothing does."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # Inside a time namespace CLOCK_MONOTONIC is another one (time_namespaces(7)).
        return f"{boot} {Path('/proc/self/ns/time').readlink()}"
    except OSError:
        return ""


def _of(reading: Reading) -> WorkerClock:
    return WorkerClock(reading.last - reading.received, reading.first - reading.asked)
