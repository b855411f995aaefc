"""Whose children orphans become: ours, so that the CPU time that they used is not taken for a stranger's.

A process whose parent has ended goes to the nearest ancestor that asks for such (PR_SET_CHILD_SUBREAPER, prctl(2),
since Linux 3.4), else to init. multiprocessing's fork server and resource tracker outlive the program that started them
by a moment: init would inherit their time and that of all workers they started, and a block would look as if somebody
else had worked beside it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

import psutil

_PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Let orphans among our descendants become children of this process; elsewhere than on Linux nothing changes."""
    if not _adopt(True):
        yield
        return
    try:
        yield
    finally:
        reap()
        _adopt(False)


def reap() -> None:
    """Take leave of adopted children that have ended. Those that we started ourselves lead process groups of their own
    and are left to who waits for them."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error, OSError):
            if child.status() == psutil.STATUS_ZOMBIE and os.getpgid(child.pid) not in (child.pid, os.getpgrp()):
                os.waitpid(child.pid, os.WNOHANG)


def _adopt(yes: bool) -> bool:
    """Ask the kernel; whether it agreed."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError, AttributeError):  # a C library without prctl
        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0) == 0)
    return False
