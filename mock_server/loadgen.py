"""A load generator that is cheap enough to measure with: one thread, epoll, requests written as bytes beforehand.

    spans = measure(mock.origins["binance"], "/api/v3/ticker/24hr?symbol=BTCUSDT", in_flight=100, requests=1000)
    with Load(origin, target, in_flight=100) as load:
        load.run(100)                           # warm: every connection has spoken once
        control.begin(seed=7)
        spans = load.run(1000)

Request ``i`` carries ``X-Fetchrace-Request: i`` and its span is ``spans[i]``: (started, ended) in CLOCK_MONOTONIC
seconds, just before its bytes are handed to the kernel and just after the last byte of its answer was taken from it.
It opens and parses no more than it needs: plain HTTP on one machine, answers with a Content-Length, all of them 200.
"""

from __future__ import annotations

import errno
import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import TypeAlias

from mock_server.loadgen_answer import Answers, LoadFailed

Span: TypeAlias = tuple[float, float]

# Above 128 KiB malloc maps fresh pages for every call, which trebles its cost.
_CHUNK = 65_536
_GLANCE_S = 0.2
"""How often it looks for a request whose deadline has passed."""


def measure(
    origins: str | Sequence[str],
    targets: str | Sequence[str],
    in_flight: int,
    requests: int,
    deadline_s: float = 10.0,
) -> list[Span]:
    """Send ``requests`` requests, at most ``in_flight`` at once, over connections that are opened beforehand.

    Request ``i`` asks for ``targets[i % len(targets)]`` at its origin: the only one, or that of the same place. Each
    has ``deadline_s`` seconds for its whole answer.

    Raises:
        LoadFailed: with a sentence; nothing is repeated.
        ValueError: for numbers or origins that make no sense.
    """
    with Load(origins, targets, in_flight, deadline_s) as load:
        return load.run(requests)


class Load:
    """Open connections and the requests to send on them. A second ``run`` uses the connections of the first."""

    def __init__(
        self, origins: str | Sequence[str], targets: str | Sequence[str], in_flight: int, deadline_s: float = 10.0
    ) -> None:
        targets = [targets] if isinstance(targets, str) else list(targets)
        origins = [origins] if isinstance(origins, str) else list(origins)
        if not targets or len(origins) not in (1, len(targets)):
            raise ValueError(f"expected one origin or one per target, found {len(origins)} for {len(targets)} targets")
        if in_flight < 1 or not deadline_s > 0:
            raise ValueError(f"expected 1 or more in flight and a deadline above 0 s, found {in_flight}, {deadline_s}")
        answers = {origin: Answers(origin) for origin in origins}
        if len(origins) == 1:
            origins *= len(targets)
        self._in_flight = in_flight
        self._deadline_s = deadline_s
        plan = zip(origins, targets, strict=True)
        self._plan = [(answers[origin], answers[origin].head(target)) for origin, target in plan]
        self._idle: dict[Answers, deque[_Line]] = {each: deque() for each in answers.values()}
        self._lines: dict[int, _Line] = {}
        self._poll = select.epoll() if hasattr(select, "epoll") else _Poll()

    def __enter__(self) -> Load:
        try:
            # Spread as the requests will be; where one origin is slower than others it gets more when it needs them.
            for number in range(self._in_flight):
                answers = self._plan[number % len(self._plan)][0]
                self._idle[answers].append(self._open(answers))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; what is still awaited is given up."""
        for line in self._lines.values():
            line.socket.close()
        self._lines.clear()
        for idle in self._idle.values():
            idle.clear()
        self._poll.close()

    def run(self, requests: int) -> list[Span]:
        """Send requests 0 up to ``requests`` and give their spans in that order. Raises LoadFailed, and is then of no
        further use."""
        spans: list[Span] = [(0.0, 0.0)] * requests
        plan, lines, monotonic = self._plan, self._lines, time.monotonic
        following = done = 0
        glance = monotonic() + _GLANCE_S
        while done < requests:
            while following < requests and following - done < self._in_flight:
                answers, head = plan[following % len(plan)]
                idle = self._idle[answers]
                line = idle.popleft() if idle else self._open(answers)
                line.index = following
                following += 1
                data = b"%bX-Fetchrace-Request: %d\r\n\r\n" % (head, line.index)
                line.started = monotonic()
                line.send(data)
            for fd, _ in self._poll.poll(_GLANCE_S):
                line = lines[fd]
                if line.take():
                    spans[line.index] = (line.started, monotonic())
                    line.index = -1
                    self._idle[line.answers].append(line)
                    done += 1
            if monotonic() >= glance:
                glance = monotonic() + _GLANCE_S
                self._look(monotonic() - self._deadline_s)
        return spans

    def _look(self, latest: float) -> None:
        for line in self._lines.values():
            if line.index >= 0 and line.started < latest:
                raise LoadFailed(
                    f"request {line.index}: {line.answers.origin} gave no whole answer within {self._deadline_s:g} s"
                )

    def _open(self, answers: Answers) -> _Line:
        try:
            opened = socket.create_connection(answers.place, timeout=self._deadline_s)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise LoadFailed(
                    f"expected file descriptors for {self._in_flight} connections, found no more after "
                    f"{len(self._lines)}; try ulimit -n {self._in_flight + 200}, or fewer in flight"
                ) from error
            raise LoadFailed(f"cannot connect to {answers.origin}: {error.strerror or error}") from error
        line = self._lines[opened.fileno()] = _Line(opened, answers)
        self._poll.register(opened.fileno(), select.POLLIN)  # EPOLLIN has the same number
        return line


class _Line:
    """One connection and the answer that it is receiving. ``index`` is -1 while nothing is asked."""

    __slots__ = ("_held", "_missing", "answers", "index", "socket", "started")

    def __init__(self, opened: socket.socket, answers: Answers) -> None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setblocking(False)
        self.socket = opened
        self.answers = answers
        self.index = -1
        self.started = 0.0
        self._held = b""  # the beginning of a head that is not whole yet
        self._missing = 0

    def send(self, data: bytes) -> None:
        try:
            sent = self.socket.send(data)
        except OSError as error:
            raise self._failed(f"took nothing ({error.strerror})") from error
        if sent != len(data):
            raise self._failed("does not read what it is sent")

    def take(self) -> bool:
        """Take what has arrived; whether the answer is now whole."""
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return False
        except OSError as error:
            raise self._failed(f"broke off ({error.strerror})") from error
        if self.index < 0:
            raise LoadFailed(f"{self.answers.origin} {'sent what nobody asked' if data else 'closed a connection'}")
        if not data:
            raise self._failed("closed the connection in the middle of its answer")
        if self._missing:
            self._missing -= len(data)
        else:
            data = self._held + data
            length = self.answers.length(data)
            self._held = b"" if length else data
            if not length:
                return False
            self._missing = length - len(data)
        if self._missing < 0:
            raise self._failed("sent more than its Content-Length says")
        return not self._missing

    def _failed(self, what: str) -> LoadFailed:
        return LoadFailed(f"request {self.index}: {self.answers.origin} {what}")


class _Poll:
    """``select.poll`` in epoll's words, for systems that have none."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self.register = self._poll.register

    def poll(self, seconds: float) -> list[tuple[int, int]]:
        return self._poll.poll(seconds * 1000)

    def close(self) -> None:
        """There is nothing to close."""
