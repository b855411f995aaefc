"""What else the machine was doing while a block was played: other programs' CPU time, time that a hypervisor took, and
time for which a limit on CPU time held us back.

A block beside which somebody else worked is no fair block for any arm. Law: what decides that is never a result of the
race itself, or repeating a block would be choosing among results.

Linux counts what each core did in ticks of 10 ms (proc_stat(5)). What this process, its children and the mock server
used in the same span is taken off; the rest was somebody else's, the kernel's own work included. Over a block of some
seconds that is true to a few hundredths of a core: on two idle cores it came out below 0.05, beside one busy program at
0.9 and more, beside two at 1.0 to 1.4. Cores that this process may not use do not count.

A race needs two cores, one for the mock server and one for the arm that runs: on these more than a quarter of a core is
too much. Of the others, others may have a quarter: a browser in the background of eight cores takes nothing from
anybody, and what keeps more of them busy has a share of caches, memory and clock that is not nothing.

A limit on CPU time (``harness.throttling``) is another thing than somebody else's work: the block's own work runs into
it. So it is told, and is a doubt, but no reason to play the block again, or what decides that would be a result.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from exchanges.units import text_from_share
from harness.throttling import throttled_s

_STAT = Path("/proc/stat")
_SHORTEST_S = 0.25
"""In less, a handful of ticks tells nothing."""
_FOREIGN = 0.25
_NEEDED_CORES = 2
_STOLEN = 0.02
_THROTTLED = 0.01


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``span_s`` is how long the block took; ``foreign`` the cores that programs other than ours kept busy, on average
    (0.9 is nine tenths of one core); ``stolen`` the share of the machine's time that a hypervisor gave to others;
    ``cores`` how many cores there are for us, which those two are about; ``throttled`` for how long a limit on CPU
    time held us back, as a share of the span, added up over the cores. None where the system does not say."""

    span_s: float
    foreign: float | None
    stolen: float | None
    cores: int | None = None
    throttled: float | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a block in these surroundings is no fair one, as sentences; empty where it is."""
        if self.throttled is None or self.throttled <= _THROTTLED:
            return self.others_work
        told = (
            f"a limit on CPU time held the race back for {text_from_share(self.throttled, 1)} of the time (at most "
            f"{text_from_share(_THROTTLED)} may be)"
        )
        return (*self.others_work, told)

    @property
    def others_work(self) -> tuple[str, ...]:
        """Those of the reasons that are others' doing, and may be gone when the block is played again."""
        found = []
        most = max(_FOREIGN, _FOREIGN * ((self.cores or 0) - _NEEDED_CORES))
        if self.foreign is not None and self.foreign > most:
            found.append(f"other programs kept {_in_cores(self.foreign)} busy (at most {most:.2f} may be)")
        if self.stolen is not None and self.stolen > _STOLEN:
            found.append(
                f"a hypervisor took {text_from_share(self.stolen, 1)} of the machine's time (at most "
                f"{text_from_share(_STOLEN)} may be)"
            )
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Of some cores since the machine started: in which they worked, which a hypervisor took, and all there were."""

    busy: int
    stolen: int
    all: int
    cores: int

    @classmethod
    def parse(cls, text: str, cores: Collection[int] | None = None) -> Ticks | None:
        """Read /proc/stat for these cores (None: all of them); None where it does not say all of this."""
        lines = dict(line.split(maxsplit=1) for line in text.splitlines() if line.startswith("cpu") and " " in line)
        wanted = [lines[f"cpu{core}"] for core in cores or range(len(lines)) if f"cpu{core}" in lines]
        rows = [[int(number) for number in line.split()[:8]] for line in wanted]
        if not rows or any(len(row) < 8 for row in rows):
            return None
        # Guests' time, in the columns behind these, is inside user and nice.
        user, nice, system, idle, iowait, irq, softirq, steal = map(sum, zip(*rows, strict=True))
        busy = user + nice + system + irq + softirq
        return cls(busy, steal, busy + idle + iowait + steal, len(rows))


@dataclass(frozen=True, slots=True)
class Moment:
    """``at_s`` by CLOCK_MONOTONIC; ``ours_s`` is the CPU time that we have used, by then and since whenever, and
    ``throttled_s`` how long we were held back."""

    at_s: float
    ticks: Ticks | None
    ours_s: float
    throttled_s: float | None = None


def between(before: Moment, after: Moment) -> Surroundings:
    """The surroundings of the span between two moments."""
    span_s = after.at_s - before.at_s
    if span_s < _SHORTEST_S:
        return Surroundings(span_s, None, None)
    throttled = None
    if before.throttled_s is not None and after.throttled_s is not None:
        throttled = max(0.0, (after.throttled_s - before.throttled_s) / span_s)
    if before.ticks is None or after.ticks is None:
        return Surroundings(span_s, None, None, None, throttled)
    every = after.ticks.all - before.ticks.all
    if every <= 0:
        return Surroundings(span_s, None, None, after.ticks.cores, throttled)
    busy_s = (after.ticks.busy - before.ticks.busy) / os.sysconf("SC_CLK_TCK")
    foreign_s = busy_s - (after.ours_s - before.ours_s)
    stolen = (after.ticks.stolen - before.ticks.stolen) / every
    # A little below nothing is possible: ticks are samples.
    return Surroundings(span_s, max(0.0, foreign_s / span_s), stolen, after.ticks.cores, throttled)


class SurroundingsMeter:
    """What happens between its making and its reading. ``ours`` are the processes (pids) that are ours and outlive the
    span, beside this one; workers that were started and reaped in between are ours as well, and so is what they left
    running, which ``harness.orphans`` ends and reaps."""

    def __init__(self, ours: Sequence[int]) -> None:
        self._ours = tuple(ours)
        self._before = self._now()

    def read(self) -> Surroundings:
        """The surroundings from the meter's making until now."""
        return between(self._before, self._now())

    def _now(self) -> Moment:
        return Moment(time.monotonic(), _ticks(), _own_s() + sum(map(_tree_s, self._ours)), throttled_s())


def _ticks() -> Ticks | None:
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    try:
        return Ticks.parse(_STAT.read_text(encoding="ascii"), allowed)
    except (OSError, ValueError):
        return None


def _own_s() -> float:
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + reaped.ru_utime + reaped.ru_stime


def _tree_s(pid: int) -> float:
    """CPU seconds of a process, of what it has reaped, and of all that live below it, to 10 ms each."""
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        return sum(sum(_cpu_times(process)) for process in [root, *root.children(recursive=True)])
    return 0.0


def _cpu_times(process: psutil.Process) -> tuple[float, float, float, float]:
    with contextlib.suppress(psutil.Error):  # it ended between the listing and the reading
        times = process.cpu_times()
        return times.user, times.system, times.children_user, times.children_system
    return 0.0, 0.0, 0.0, 0.0


def _in_cores(cores: float) -> str:
    return f"{cores:.2f} of a core" if cores < 1 else f"{cores:.1f} cores"
