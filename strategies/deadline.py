"""The deadline of blocking clients: one thread that shuts a socket when its request's time is over.

A blocking library's time-outs run per read, so a server that drips a byte now and then holds it for ever.
Here each calling thread has a Watch; the Watchdog looks at all of them. No request wakes it: it sleeps until
the earliest deadline that it saw, or for one whole deadline if it saw none, and nothing that begins after it
went to sleep can be due earlier. Name resolution cannot be interrupted and is the one exception.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType

from strategies.body import Fault


class Watch:
    """One thread's request in flight. ``begin``, ``hold`` each socket that is used, ``let_go``, ``end``.

    A socket that others may use must have been let go of: the Watchdog shuts what it finds held.
    """

    __slots__ = ("_lock", "_socket", "_watchdog", "due", "expired")

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.due: float | None = None
        self.expired = False

    def begin(self) -> float:
        """A request's turn has come: returns its start in CLOCK_MONOTONIC seconds."""
        started = time.monotonic()
        with self._lock:
            self._socket = None
            self.expired = False
            self.due = started + self._watchdog.deadline_s
        return started

    def hold(self, sock: socket.socket) -> None:
        """From here on the request lives on this socket. Raises Fault if its time is already over."""
        with self._lock:
            if not self.expired and not self._watchdog.closing:
                self._socket = sock
                return
        raise self.fault()

    def let_go(self) -> None:
        """The socket is no longer this request's, though its time still runs."""
        with self._lock:
            self._socket = None

    def end(self) -> None:
        """The request is over; from here on nothing of it is shut."""
        with self._lock:
            self.due = None
            self._socket = None

    def remaining(self) -> float:
        """Seconds left; at least a millisecond, because 0 means "do not wait" to a socket."""
        return max(0.001, (self.due or 0.0) - time.monotonic())

    def fault(self) -> Fault:
        """Why the socket was shut."""
        if self._watchdog.closing:
            return Fault("cancelled", "the request was given up because its batch was interrupted")
        return Fault("deadline", f"no whole answer within the deadline of {self._watchdog.deadline_s:g} s")

    def cut(self, now: float) -> None:
        """Shut the socket if the request is due."""
        with self._lock:
            if self.due is not None and self.due <= now:
                self.expired = True
                self.due = None
                if self._socket is not None:
                    with contextlib.suppress(OSError):  # the other side may have closed it a moment ago
                        # Not SSLSocket's own shutdown, which takes its state away under the reading thread.
                        socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Watchdog:
    """Watches over any number of threads for as long as the ``with`` lasts. ``deadline_s`` is in seconds."""

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self.closing = False
        self._watches: list[Watch] = []
        self._mine = threading.local()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fetchrace-watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def watch(self) -> Watch:
        """The calling thread's own Watch."""
        try:
            watch: Watch = self._mine.watch
        except AttributeError:
            watch = self._mine.watch = Watch(self)
            self._watches.append(watch)
        return watch

    def cancel(self) -> None:
        """Shut every socket in use, and let no request begin to use one, until ``resume``."""
        self.closing = True
        for watch in list(self._watches):
            watch.cut(float("inf"))

    def resume(self) -> None:
        """Let requests live again after ``cancel``."""
        self.closing = False

    def _run(self) -> None:
        pause = self.deadline_s
        while not self._stop.wait(pause):
            now = time.monotonic()
            earliest = now + self.deadline_s
            for watch in list(self._watches):
                due = watch.due
                if due is None:
                    continue
                if due <= now:
                    watch.cut(now)
                else:
                    earliest = min(earliest, due)
            pause = earliest - now
