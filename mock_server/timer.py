"""A timer that is never early and rarely late: one heap of callbacks on one Linux timerfd.

asyncio rounds its time-outs up to whole milliseconds (the selector's unit), and uvloop's fire up to a millisecond
early; a timerfd has the kernel's resolution and wakes either loop as readable. Where there is none, ``loop.call_at``
does the work, a millisecond coarser. Law: nothing is called before ``time.monotonic() >= when``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import heapq
import itertools
import math
import os
import time
from collections.abc import Callable

_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK_CLOEXEC = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_TFD_TIMER_ABSTIME = 1
# So many cancelled calls may lie in the heap before it is swept.
_MOST_DEAD = 1000


class _Itimerspec(ctypes.Structure):
    """``struct itimerspec`` of timerfd_settime(2): an interval, which stays zero, and a first expiry."""

    _fields_ = [
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    ]  # fmt: skip


class Call:
    """A callback that will be called once, unless it is cancelled."""

    __slots__ = ("_timer", "callback")

    def __init__(self, timer: Timer, callback: Callable[[], None]) -> None:
        self._timer = timer
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        if self.callback is not None:
            self.callback = None
            self._timer.forget_one()


class Timer:
    """Calls back in one event loop at CLOCK_MONOTONIC times. Close it when done."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[float, int, Call]] = []
        self._ordinal = itertools.count()
        self._dead = 0
        # When the timerfd is due: inf where it is not armed, -inf while its calls are being made.
        self._armed = math.inf
        self._spec = _Itimerspec()
        self._fd = -1
        with contextlib.suppress(OSError, AttributeError):
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK_CLOEXEC)
        if self._fd >= 0:
            loop.add_reader(self._fd, self._readable)

    def __len__(self) -> int:
        """How many calls are waiting, those included that were cancelled and lie in the heap yet."""
        return len(self._heap)

    def call(self, when: float, callback: Callable[[], None]) -> Call:
        """Call back at ``when`` (CLOCK_MONOTONIC seconds) or as soon after it as the loop can; never from in here."""
        call = Call(self, callback)
        heapq.heappush(self._heap, (when, next(self._ordinal), call))
        if when < self._armed:
            self._arm(when)
        return call

    def poll(self, now: float) -> None:
        """Make the calls that are due at ``now``, the current time: for who would else keep them waiting, because
        the loop has read a hundred sockets at once."""
        if -math.inf < self._armed <= now:
            # The timerfd stays as it is: it is readable by now, and arms itself for the rest when its turn comes.
            self._make_calls(now)

    async def until(self, deadline: float) -> None:
        """Return at ``deadline`` or as soon after it as the loop can."""
        if time.monotonic() < deadline:
            future = self._loop.create_future()
            call = self.call(deadline, functools.partial(_settle, future))
            try:
                await future
            finally:
                call.cancel()

    def forget_one(self) -> None:
        """A call that was cancelled still lies in the heap; when there are many, all of them go."""
        self._dead += 1
        if self._dead > _MOST_DEAD and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].callback is not None]
            heapq.heapify(self._heap)
            self._dead = 0

    def close(self) -> None:
        """Give the file descriptor back; what has not been called never will be."""
        self._heap.clear()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, 8)
        self._expired()

    def _expired(self) -> None:
        self._armed = -math.inf
        self._make_calls(time.monotonic())
        self._armed = math.inf
        if self._heap:
            self._arm(self._heap[0][0])

    def _make_calls(self, now: float) -> None:
        # The heap may be replaced meanwhile, by a sweep.
        while self._heap and self._heap[0][0] <= now:
            call = heapq.heappop(self._heap)[2]
            callback = call.callback
            if callback is None:
                self._dead -= 1
                continue
            call.callback = None
            try:
                callback()
            except Exception as error:
                self._loop.call_exception_handler({"message": "a bug in a timer's call", "exception": error})

    def _arm(self, when: float) -> None:
        self._armed = when
        if self._fd < 0:
            self._loop.call_at(when, self._coarse, when)
            return
        # One nanosecond more, so that truncation never asks for a moment before the deadline.
        self._spec.value_s, self._spec.value_ns = divmod(int(when * 1e9) + 1, 1_000_000_000)
        self._libc.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, ctypes.byref(self._spec), None)

    def _coarse(self, when: float) -> None:
        if time.monotonic() < when:
            # What woke us used a clock of another grain.
            self._loop.call_at(when, self._coarse, when)
        elif self._armed == when:
            self._expired()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
