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


def tree_cpu_s() -> float:
    """CPU seconds (user and system) so far of this process, its living descendants and its reaped children."""
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + reaped.ru_utime + reaped.ru_stime
    for child in _descendants():
        with contextlib.suppress(OSError, psutil.Error):  # it ended between the listing and the reading
            total += _cpu_clock_of(child.pid)
    return total


def tree_peak_bytes() -> int:
    """Peak resident memory of this process plus the proportional share (PSS) of each living descendant.

    The share counts pages that forked workers hold in common once; summing their resident sizes would
    count the interpreter once for each of them.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    for child in _descendants():
        with contextlib.suppress(OSError, psutil.Error):
            peak += _pss_bytes(child)
    return peak


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
