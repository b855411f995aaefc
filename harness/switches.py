"""Context switches of a process tree: *voluntary* ones, where a thread waited for something, and *involuntary* ones,
where the system took the processor from it.

getrusage(2) has those of a process with all its threads, ended ones too, and of the children that were reaped; of a
child that is still there ``/proc/PID/status`` has its first thread's alone, so that its threads are added up; what such
a child's threads did that have ended is not told until the child is reaped.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path
from typing import NamedTuple

import psutil


class Switches(NamedTuple):
    """How many of each kind."""

    voluntary: int
    involuntary: int

    def __sub__(self, other: Switches) -> Switches:
        return Switches(self.voluntary - other.voluntary, self.involuntary - other.involuntary)


class SwitchMeter:
    """The switches of this process, its descendants and its reaped children between two moments. Looking for
    descendants costs a millisecond and a switch or two of its own, so that it is done outside of what is timed."""

    def __init__(self) -> None:
        self._before = _living()
        self._own_children = {child.pid for child in psutil.Process().children()}
        self._own = _own()

    def read(self) -> Switches:
        """Since the meter was made."""
        found, now = [_own() - self._own], _living()
        found += [switches - self._before.get(pid, Switches(0, 0)) for pid, switches in now.items()]
        # A child of ours that ended in between was reaped with all its switches, those from before included.
        found += [Switches(0, 0) - self._before[pid] for pid in self._own_children & self._before.keys() - now.keys()]
        return Switches(*(max(0, sum(kind)) for kind in zip(*found, strict=True)))


def _own() -> Switches:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Switches(sum(one.ru_nvcsw for one in both), sum(one.ru_nivcsw for one in both))


def _living() -> dict[int, Switches]:
    found = {}
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(OSError, ValueError, psutil.Error):  # it ended between the listing and the reading
            found[child.pid] = _of_threads(child.pid) if sys.platform == "linux" else _of(child)
    return found


def _of(process: psutil.Process) -> Switches:
    told = process.num_ctx_switches()
    return Switches(told.voluntary, told.involuntary)


def _of_threads(pid: int) -> Switches:
    totals = {"voluntary_ctxt_switches": 0, "nonvoluntary_ctxt_switches": 0}
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):  # a thread that ended
            for line in status.read_text(encoding="ascii", errors="replace").splitlines():
                name, _, number = line.partition(":")
                if name in totals:
                    totals[name] += int(number)
    return Switches(*totals.values())
