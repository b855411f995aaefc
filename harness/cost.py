"""What a strategy costs: CPU time and memory of this process and of every process below it.

On Linux a process's CPU clock can be read from outside in nanoseconds (clock_getcpuclockid(3)), where
``/proc/PID/stat`` counts ticks of 10 ms, longer than many a batch.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from pathlib import Path

import psutil


def _descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _cpu_clock_of(pid: int) -> float:
    """CPU seconds of another process: the clock id is ``(~pid << 3) | 2`` on Linux (CPUCLOCK_SCHED)."""
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


class CpuMeter:
    """CPU seconds (user and system) of this process, its descendants and its reaped children between two
    moments. Looking for descendants costs CPU itself, about a millisecond, so it is done outside: first of
    all when the meter is made, last of all when it is read."""

    def __init__(self) -> None:
        self._before = {child.pid: _cpu_of(child) for child in _descendants()}
        self._own_children = {child.pid for child in psutil.Process().children()}
        self._own = _own_cpu_s()

    def read(self) -> float:
        """Seconds since the meter was made."""
        total = _own_cpu_s() - self._own
        now = {child.pid: _cpu_of(child) for child in _descendants()}
        total += sum(max(0.0, cpu - self._before.get(pid, 0.0)) for pid, cpu in now.items())
        # A child of ours that ended in between was reaped with all its time, that from before included.
        total -= sum(self._before[pid] for pid in self._own_children & self._before.keys() - now.keys())
        return max(0.0, total)


def _own_cpu_s() -> float:
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + reaped.ru_utime + reaped.ru_stime


def _cpu_of(child: psutil.Process) -> float:
    with contextlib.suppress(OSError, psutil.Error):  # it ended between the listing and the reading
        return _cpu_clock_of(child.pid)
    return 0.0


def tree_peak_bytes() -> int:
    """Peak resident memory of this process plus the proportional share (PSS), at this moment, of each living
    descendant.

    The share counts pages that forked workers hold in common once; summing their resident sizes would
    count the interpreter once for each of them.
    """
    peak = _own_peak_bytes()
    for child in _descendants():
        with contextlib.suppress(OSError, psutil.Error):
            peak += _pss_bytes(child)
    return peak


def _own_peak_bytes() -> int:
    """VmHWM, which starts anew with a program. getrusage's ru_maxrss does not: a process started by vfork
    inherits the size of its parent, so a small worker of a large harness would look large."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _pss_bytes(process: psutil.Process) -> int:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup")
    if rollup.exists():
        for line in rollup.read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)


def threads_and_files() -> tuple[int, int]:
    """Threads and open file descriptors of this process and everything below it."""
    threads = files = 0
    for process in [psutil.Process(os.getpid()), *_descendants()]:
        with contextlib.suppress(OSError, psutil.Error):
            threads += process.num_threads()
            files += process.num_fds()
    return threads, files
