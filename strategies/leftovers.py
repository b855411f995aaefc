"""What a strategy left behind: threads, child processes, file descriptors, temporary files.

Threads and files are seen on every system; processes and descriptors where there is a ``/proc``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 2.0
"""How long something may take to go after leaving."""

_IGNORED_THREADS = "gate-server"


class Leftovers:
    """Takes stock at its making; ``found`` says what is there since. ``watched`` catches temporary files.

    Descriptors are compared between rounds of ``watched`` only, because a library may keep one for good.
    """

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._children = _children()
        self._descriptors: Counter[str] | None = None
        self._grown: Counter[str] = Counter()
        self._files: list[str] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """One round: temporary files made within land in a directory of their own."""
        before = tempfile.tempdir, os.environ.get("TMPDIR")
        place = tempfile.mkdtemp(prefix="conformance-")
        tempfile.tempdir = os.environ["TMPDIR"] = place
        try:
            yield
            self._files += sorted(path.name for path in Path(place).iterdir())
        finally:
            tempfile.tempdir = before[0]
            if before[1] is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before[1]
            shutil.rmtree(place, ignore_errors=True)
        now = _descriptors()
        if self._descriptors is not None:
            self._grown = now - self._descriptors
        self._descriptors = now

    def found(self) -> str:
        """What was left behind, in words; empty if nothing was."""
        until = time.monotonic() + PATIENCE_S
        while (threads := self._new_threads()) or (_children() - self._children):
            if time.monotonic() > until:
                break
            for thread in threads:
                thread.join(0.01)
            time.sleep(0.01)
        words = [f"thread {thread.name}" for thread in self._new_threads()]
        words += [f"process {pid}" for pid in sorted(_children() - self._children)]
        words += [f"{count} open {kind}" for kind, count in sorted(self._grown.items())]
        words += [f"temporary file {name}" for name in sorted(set(self._files))]
        return ", ".join(words)

    def _new_threads(self) -> list[threading.Thread]:
        return [t for t in threading.enumerate() if t not in self._threads and t.name != _IGNORED_THREADS]


def _children() -> set[int]:
    """The process ids of all live descendants. A zombie's resources are gone, but it was not waited for: it counts."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it went meanwhile
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    mine = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return mine - {os.getpid()}


def _descriptors() -> Counter[str]:
    """How many descriptors of each kind are open: socket, pipe, anon_inode, file."""
    kinds: Counter[str] = Counter()
    for entry in Path("/proc/self/fd").glob("*"):
        try:
            target = str(entry.readlink())
        except OSError:  # the descriptor with which the folder was read
            continue
        kinds[target.partition(":")[0] if ":" in target else "file"] += 1
    return kinds
