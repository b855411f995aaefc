"""The deadline of requests that are tasks of asyncio: one timer for all of them.

All have the same length, so nothing that begins after the timer looked can be due before it looks again. A timer for
each request, as ``asyncio.timeout`` and aiohttp's own time-out have it, is set and taken back a thousand times for each
time that it fires.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from strategies.body import Fault


class TaskDeadline:
    """``kept`` during a batch; each task says ``begin`` when its request's turn comes, and asks once whether it is
    ``over`` by this when it has ended, in whatever way. ``deadline_s`` is in seconds."""

    __slots__ = ("_began", "_deadline_s", "_loop", "_timer")

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._began: dict[asyncio.Task[Any], float] = {}

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Watch over the requests that begin within, one for each task at a time."""
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(self._deadline_s, self._look)
        try:
            yield
        finally:
            self._timer.cancel()
            self._began.clear()

    def begin(self) -> float:
        """The turn of the calling task's next request has come: when, in CLOCK_MONOTONIC seconds."""
        started = self._began[_task()] = time.monotonic()
        return started

    def over(self) -> bool:
        """The request has ended; whether it was the deadline that ended it. Raises CancelledError where somebody else
        wanted the task to end as well."""
        task = _task()
        if self._began.pop(task, None) is not None:
            return False
        if task.uncancel():
            raise asyncio.CancelledError
        return True

    def fault(self) -> Fault:
        """Why the request was ended."""
        return Fault("deadline", f"no whole answer within the deadline of {self._deadline_s:g} s")

    def _look(self) -> None:
        """End what is due, and look again when the next may be."""
        now = time.monotonic()
        earliest = now + self._deadline_s
        for task, started in list(self._began.items()):
            due = started + self._deadline_s
            if due <= now:
                del self._began[task]
                task.cancel()
            else:
                earliest = min(earliest, due)
        self._timer = self._loop.call_later(earliest - now, self._look)


def _task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None  # a strategy's requests are tasks
    return task
