"""Orphans: what a worker started and left running. They become our children, and none of them is left when we go on.

A process whose parent has ended goes to the nearest ancestor that asks for such (PR_SET_CHILD_SUBREAPER, prctl(2),
since Linux 3.4), else to init. Ours because of two things: whatever session or process group it went to, it can be
found and ended; and the CPU time that it used is not taken for a stranger's (``harness.surroundings``).

Law: after each worker nothing runs of what was started below it. What ends by itself within a moment may:
multiprocessing's fork server and resource tracker outlive the program that they served by some milliseconds.

Out of reach are a process that a worker had somebody else start (cron, systemd, a container's daemon), for it was never
below us; and what left the worker's process group, where this process is itself ended by SIGKILL: the lifeline ends
that group, and nobody is there to look for more. Elsewhere than on Linux it is the group alone in any case.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

GRACE_S = 2.0
"""How long a process may outlive its worker: a hundred times what multiprocessing's own helpers take to end on an idle
machine, so that a loaded one makes nobody guilty."""
_END_S = 2.0
_PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Let orphans among our descendants become children of this process, and end whatever is below it in the end and
    was not in the beginning; elsewhere than on Linux nothing changes."""
    if not _adopt(True):
        yield
        return
    bystanders = Bystanders.now()
    try:
        yield
    finally:
        bystanders.end_others()
        _adopt(False)


@dataclass(frozen=True, slots=True)
class Bystanders:
    """The processes that are below this one already, such as the mock server: no worker's, whatever comes of them."""

    processes: frozenset[psutil.Process]

    @classmethod
    def now(cls) -> Bystanders:
        return cls(frozenset(psutil.Process().children(recursive=True)))

    def left_running(self, leader: int) -> int:
        """How many processes still run, ``GRACE_S`` after a worker's own has ended, that were started below it or are
        in its group. The worker is not reaped yet, so that its process id, ``leader``, is nobody else's."""
        until = time.monotonic() + GRACE_S
        while running := {one for one in (*self._others(leader), *_members(leader)) if _is_running(one)}:
            if time.monotonic() > until:
                return len(running)
            psutil.wait_procs(running, timeout=0.02)
        return 0

    def end_others(self) -> None:
        """End all that is below this process now and is neither a bystander nor started by one, and take leave of it,
        so that its CPU time is counted with that of our children."""
        until = time.monotonic() + _END_S
        # Again and again: what one of them started comes to us when that one has ended.
        while (found := self._others()) and time.monotonic() < until:
            for process in found:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(found, timeout=0.1)

    def _others(self, leader: int | None = None) -> list[psutil.Process]:
        """All processes below this one but ``leader`` and the bystanders with what is below them."""
        found = []
        for child in psutil.Process().children():
            if child not in self.processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    found += child.children(recursive=True)
                if child.pid != leader:
                    found.append(child)
        return found


def _is_running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _members(group: int) -> list[psutil.Process]:
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):
            if pid != group and os.getpgid(pid) == group:
                found.append(psutil.Process(pid))
    return found


def _adopt(yes: bool) -> bool:
    """Ask the kernel; whether it agreed."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError, AttributeError):  # a C library without prctl
        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0) == 0)
    return False
