"""A flood: as many requests as a server can take in some time, from ``wrk`` where it is installed, else from here.

Both tell what CPU time they needed themselves, so that a reader sees which of the two ends was the bottleneck.
"""

from __future__ import annotations

import itertools
import re
import resource
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mock_server.loadgen_answer import Answers, LoadFailed
from mock_server.venue import INDEX_HEADER

# Above 128 KiB malloc maps fresh pages for every call, which trebles its cost.
_CHUNK = 65_536
_INDICES = 3000
_SILENT_S = 5.0
"""How long no connection at all may get an answer."""


@dataclass(frozen=True, slots=True)
class Flood:
    """What went through: ``cpu_s`` is what the generator needed, in seconds of one core."""

    requests: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return self.requests / self.wall_s


def flood(origin: str, target: str, connections: int, seconds: float, wrk: str | None = None) -> Flood:
    """Keep one request under way on each of so many connections for ``seconds``. ``wrk`` is that program's path;
    None sends from this process.

    Raises:
        LoadFailed: with a sentence, at the first answer that is not a whole 200.
    """
    if wrk is None:
        return _own(origin, target, connections, seconds)
    return _by_wrk(wrk, origin + target, connections, seconds)


def wrk_path() -> str | None:
    """Where ``wrk`` is installed, if it is."""
    return shutil.which("wrk")


def raced(origin: str, targets: Sequence[str], connections: int, seconds: float) -> Flood:
    """The same from this process, as a race asks: ``targets`` by turns, and each request with an index of its own.

    Raises:
        LoadFailed: with a sentence, at the first answer that is not a whole 200.
    """
    answers = Answers(origin)
    requests = []
    for index, target in zip(range(_INDICES), itertools.cycle(targets), strict=False):
        requests.append(answers.head(target) + f"{INDEX_HEADER}: {index}\r\n\r\n".encode())
    return _from_here(answers, itertools.cycle(requests), connections, seconds)


def _own(origin: str, target: str, connections: int, seconds: float) -> Flood:
    answers = Answers(origin)
    return _from_here(answers, itertools.repeat(answers.head(target) + b"\r\n"), connections, seconds)


def _from_here(answers: Answers, requests: Iterator[bytes], connections: int, seconds: float) -> Flood:
    lines = []
    try:
        for _ in range(connections):
            lines.append(socket.create_connection(answers.place, timeout=10))
            lines[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines[-1].setblocking(False)
        return _poured(lines, requests, answers, seconds)
    except OSError as error:
        raise LoadFailed(f"{answers.origin} broke off: {error.strerror or error}") from error
    finally:
        for line in lines:
            line.close()


def _poured(lines: list[socket.socket], requests: Iterator[bytes], answers: Answers, seconds: float) -> Flood:
    # Two system calls and hardly a line of Python per request: it must cost less than the servers that it measures.
    poll = select.epoll()
    calls = {line.fileno(): (line.recv, line.send) for line in lines}
    held: dict[int, bytes] = {}
    length, monotonic, done = answers.length, time.monotonic, 0
    cpu_s, began = time.process_time(), monotonic()
    try:
        for fd, (_, send) in calls.items():
            poll.register(fd, select.EPOLLIN)
            send(next(requests))
        while monotonic() < began + seconds:
            ready = poll.poll(_SILENT_S)
            if not ready:
                raise LoadFailed(f"{answers.origin} answered nothing for {_SILENT_S:g} s")
            for fd, _ in ready:
                receive, send = calls[fd]
                data = receive(_CHUNK)
                if not data:
                    raise LoadFailed(f"{answers.origin} closed a connection in the middle of an answer")
                if held:
                    data = held.pop(fd, b"") + data
                if length(data) == len(data):
                    send(next(requests))
                    done += 1
                else:
                    held[fd] = data
    finally:
        poll.close()
    return Flood(done, monotonic() - began, time.process_time() - cpu_s)


def _by_wrk(wrk: str, url: str, connections: int, seconds: float) -> Flood:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # wrk counts whole seconds only.
    command = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 30)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = re.search(r"(\d+) requests in ([\d.]+)(s|m)", done.stdout)
    if done.returncode or total is None:
        raise LoadFailed(f"expected a count of requests from wrk, found {(done.stderr or done.stdout)[:200]!r}")
    if wrong := re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", done.stdout):
        raise LoadFailed(f"expected nothing but sound answers from {url}, found {wrong[0]!r}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Flood(int(total[1]), float(total[2]) * (60 if total[3] == "m" else 1), cpu_s)
