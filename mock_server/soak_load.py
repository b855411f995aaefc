"""The soak's client: so many requests a second, whatever comes back, over raw connections that are re-used where they
can be and left in different ways where they cannot."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from mock_server.loadgen_answer import place_from

MOST_OPEN: Final = 400
"""Requests under way at most: what is beyond is counted as skipped, and not sent later."""

_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]{1,8})\r\n")
_BODILESS = (b"204", b"304")
_MOST_BODY = 1024**2
_SLICE_S = 0.01

_Line: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class SoakLoad:
    """Asks for each of ``places`` (origin and target) in turn, ``rate`` times a second. ``counts`` has the number of
    answers that were ``whole`` (200 with a Content-Length), ``odd`` (anything else that ended by itself) and ``late``
    (left after ``deadline_s`` seconds), and of requests that were ``skipped``."""

    places: Sequence[tuple[str, str]]
    rate: float
    deadline_s: float = 1.0
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._idle: defaultdict[tuple[str, int], deque[_Line]] = defaultdict(deque)
        self._open: set[asyncio.Task[None]] = set()
        self._turns = itertools.cycle([(place_from(origin), target) for origin, target in self.places])

    async def run(self, seconds: float) -> None:
        """Send at the rate for so long; do not wait for the last answers."""
        began, sent = time.monotonic(), 0
        while (now := time.monotonic() - began) < seconds:
            for _ in range(sent, int(now * self.rate)):
                sent += 1
                place, target = next(self._turns)
                if len(self._open) >= MOST_OPEN:
                    self.counts["skipped"] += 1
                    continue
                task = asyncio.create_task(self._request(place, target, sent))
                self._open.add(task)
                task.add_done_callback(self._open.discard)
            await asyncio.sleep(_SLICE_S)

    async def close(self) -> None:
        """Wait for what is under way and close every connection."""
        await asyncio.gather(*self._open)
        for lines in self._idle.values():
            while lines:
                lines.pop()[1].close()
        await asyncio.sleep(0)

    async def _request(self, place: tuple[str, int], target: str, number: int) -> None:
        line: _Line | None = None
        told = "odd"
        try:
            async with asyncio.timeout(self.deadline_s):
                idle = self._idle[place]
                line = idle.pop() if idle else await asyncio.open_connection(*place)
                if await self._answered(line, place, target, number):
                    told = "whole"
                    idle.append(line)
                    line = None
        except TimeoutError:
            told = "late"
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        self.counts[told] += 1
        if line is not None:
            # By turns in order and with an RST, in the middle of whatever the server was about to send.
            line[1].close() if number % 2 else line[1].transport.abort()

    async def _answered(self, line: _Line, place: tuple[str, int], target: str, number: int) -> bool:
        """Whether a whole answer came, after which the connection can be used again."""
        reader, writer = line
        encoding = "" if number % 3 else "Accept-Encoding: gzip\r\n"
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {place[0]}:{place[1]}\r\n{encoding}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = _LENGTH.search(head)
        if head[9:12] in _BODILESS or head[9:10] == b"1":
            return False
        if length is None:
            await reader.readuntil(b"0\r\n\r\n" if b"chunked" in head else b"nothing says where this body ends")
            return False
        size = int(length[1])
        await reader.readexactly(min(size, _MOST_BODY))
        return head.startswith(b"http/1.1 200 ") and size <= _MOST_BODY and b"connection: close" not in head
