"""libcurl's multi interface on one selector: it says which sockets to watch and until when, and is told what came.

libcurl finds a free connection by walking through all that it has to a host. So with many in flight that walk
becomes dear, and the places are dealt out to several multi handles, of ``TOGETHER`` places at most.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pycurl

from strategies.curl_place import Place
from strategies.held_signals import HeldSignals

TOGETHER: Final = 128
_CONNECTIONS: Final = 65536  # more than there can be: none that is idle is closed for want of room
_BATCH: Final = 256  # how many results are taken at once
_IDLE: Final = 0
_LONG_S: Final = 1.0  # libcurl names a time wherever it has one to keep


class Loop:
    """Places in flight. ``start`` one, and ``done`` yields it with libcurl's code when it has ended.

    Raises:
        OSError: the system has no descriptor left for the selector.
    """

    def __init__(self, places: Sequence[Place], dead: set[tuple[str, int]]) -> None:
        self._selector = selectors.DefaultSelector()
        watched: dict[int, int] = {}
        self._multis = [_Multi(self._selector, watched, dead) for _ in range(0, len(places), TOGETHER)]
        self._of = {place.curl: self._multis[at // TOGETHER] for at, place in enumerate(places)}
        self.running: set[Place] = set()

    def start(self, place: Place) -> None:
        """Let a place that has begun go. Nothing is sent before ``done`` is asked for more."""
        self.running.add(place)
        self._of[place.curl].handle.add_handle(place.curl)

    def look(self) -> None:
        """See which idle connections were closed meanwhile."""
        for key, _ in self._selector.select(0):
            key.data.gone(key.fd)

    def done(self, signals: HeldSignals) -> Iterator[tuple[Place, int]]:
        """Wait for something to happen, and yield what has ended by it."""
        now = time.monotonic()
        touched = [multi for multi in self._multis if multi.due is not None and multi.due <= now]
        for multi in touched:
            multi.timed_out()
        dues = [multi.due for multi in self._multis if multi.due is not None]
        pause = 0.0 if touched else max(0.0, min(dues) - now) if dues else _LONG_S
        signals.waiting = True
        signals.let_in()
        ready = self._selector.select(pause)
        signals.waiting = False
        for key, events in ready:
            multi = key.data
            if not multi.gone(key.fd):
                multi.handle.socket_action(key.fd, events)
                touched.append(multi)
        for multi in dict.fromkeys(touched):
            for curl, code in multi.ended():
                self._end(curl)
                if curl.place.stale:
                    curl.place.stale = False
                    self.start(curl.place)
                    continue
                if not code and not curl.place.answered:
                    self.look()  # libcurl takes a FIN inside a head for a success, and keeps the connection
                yield curl.place, code

    def give_up(self) -> None:
        """End all that run, with their connections."""
        for place in list(self.running):
            self._end(place.curl)

    def close(self) -> None:
        """Close all connections."""
        self.give_up()
        for multi in self._multis:
            multi.handle.close()
        self._selector.close()

    def _end(self, curl: Any) -> None:
        self._of[curl].handle.remove_handle(curl)
        self.running.discard(curl.place)


class _Multi:
    """One multi handle. ``due`` is when it wants to be called, in CLOCK_MONOTONIC seconds; ``watched`` says for what
    each descriptor of all handles is watched; ``dead`` are the local addresses of idle connections on which the server
    said something, a farewell as a rule.

    libcurl itself looks after idle connections once in a second, and would send a request on a dead one.
    """

    def __init__(self, selector: selectors.BaseSelector, watched: dict[int, int], dead: set[tuple[str, int]]) -> None:
        self._selector = selector
        self._watched = watched
        self._dead = dead
        self.due: float | None = None
        self.handle = handle = pycurl.CurlMulti()
        handle.setopt(pycurl.M_MAXCONNECTS, _CONNECTIONS)
        handle.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        handle.setopt(pycurl.M_TIMERFUNCTION, self._call_in)

    def timed_out(self) -> None:
        """The time that it named has come."""
        self.due = None
        self.handle.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        if self.due is None:  # called a moment too early for its own clock, it would not name the same time again
            self._call_in(self.handle.timeout())

    def gone(self, fd: int) -> bool:
        """Something came on a descriptor; whether that is the end of an idle connection."""
        if self._watched.get(fd) != _IDLE:
            return False
        self._selector.unregister(fd)
        del self._watched[fd]
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as ended:  # or closed just now
            self._dead.add(ended.getsockname()[:2])
        return True

    def ended(self) -> Iterator[tuple[Any, int]]:
        """The easy handles that have ended since it was asked last, with libcurl's codes."""
        more = 1
        while more:
            more, good, bad = self.handle.info_read(_BATCH)
            yield from ((curl, 0) for curl in good)
            yield from ((curl, code) for curl, code, _ in bad)

    def _call_in(self, milliseconds: int) -> None:
        self.due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _watch(self, what: int, fd: int, multi: Any, data: Any) -> None:
        # POLL_IN and POLL_OUT, CSELECT_IN and CSELECT_OUT, EVENT_READ and EVENT_WRITE are all 1 and 2.
        watched = self._watched
        before = watched.get(fd)
        if what == pycurl.POLL_REMOVE:
            if before is not None:
                if before != pycurl.POLL_IN:  # an answer that came at once: it is ready to be written to all the time
                    self._selector.modify(fd, pycurl.POLL_IN, self)
                watched[fd] = _IDLE
        elif before != what:
            if before == _IDLE:  # or closed meanwhile, and another one of the same number
                self._selector.unregister(fd)
                self._selector.register(fd, what, self)
            elif before is None:
                self._selector.register(fd, what, self)
            else:
                self._selector.modify(fd, what, self)
            watched[fd] = what
