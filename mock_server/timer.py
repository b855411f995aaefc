"""A timer that is never early and rarely late: one heap of futures on one Linux timerfd.

asyncio rounds its time-outs up to whole milliseconds (the selector's unit); a timerfd has the kernel's
resolution and wakes the loop as readable. Where there is none, ``loop.call_at`` does the work, a millisecond
coarser. Law: ``await until(t)`` never returns before ``time.monotonic() >= t``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import heapq
import itertools
import os
import time

_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK_CLOEXEC = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_TFD_TIMER_ABSTIME = 1


class _Itimerspec(ctypes.Structure):
    """``struct itimerspec`` of timerfd_settime(2): an interval, which stays zero, and a first expiry."""

    _fields_ = [
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    ]  # fmt: skip


class Timer:
    """Wakes coroutines of one event loop at CLOCK_MONOTONIC times. Close it when done."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[float, int, asyncio.Future[None]]] = []
        self._ordinal = itertools.count()
        self._armed = 0.0
        self._spec = _Itimerspec()
        self._fd = -1
        with contextlib.suppress(OSError, AttributeError):
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK_CLOEXEC)
        if self._fd >= 0:
            loop.add_reader(self._fd, self._readable)

    async def until(self, deadline: float) -> None:
        """Return at ``deadline`` (CLOCK_MONOTONIC seconds) or as soon after it as the loop can."""
        # A loop, because what woke us may have used a clock of another grain.
        while time.monotonic() < deadline:
            future = self._loop.create_future()
            if self._fd < 0:
                self._loop.call_at(deadline, _settle, future)
            else:
                heapq.heappush(self._heap, (deadline, next(self._ordinal), future))
                if not self._armed or deadline < self._armed:
                    self._arm(deadline)
            await future

    def close(self) -> None:
        """Give the file descriptor back; who still waits is left to be cancelled."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, 8)
        self._armed = 0.0
        now, heap = time.monotonic(), self._heap
        # Those that were cancelled go as well: the heap is not the place to remember them.
        while heap and (heap[0][0] <= now or heap[0][2].done()):
            _settle(heapq.heappop(heap)[2])
        if heap:
            self._arm(heap[0][0])

    def _arm(self, when: float) -> None:
        self._armed = when
        # One nanosecond more, so that truncation never asks for a moment before the deadline.
        self._spec.value_s, self._spec.value_ns = divmod(int(when * 1e9) + 1, 1_000_000_000)
        self._libc.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, ctypes.byref(self._spec), None)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
