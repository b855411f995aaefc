"""Turns: which request comes next, drawn by several processes from one pipe, so that none is idle while another queues.

The caller writes numbers into a pipe, each worker reads the next one when it has room. The kernel hands every number to
one of them: that needs no lock, which a killed worker would hold for ever, and no way to the caller and back, which
would cost both 30 us. A draw takes about 1 us.

A number stands for a span of requests: for one, of up to 1,024 requests in a batch; for more in a longer one. So
all the numbers of a batch fit into the smallest pipe that there is and are written at once, and one that is empty has
no more to give.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

_BYTES = 4
_MOST = 4096 // _BYTES
"""Numbers of a batch: a page of memory, which every pipe holds (pipe(7))."""


class Turns:
    """Made by the caller with a context of multiprocessing, and handed to the worker processes as it is."""

    def __init__(self, context: BaseContext) -> None:
        self._reader: Connection
        self._writer: Connection | None
        self._reader, self._writer = context.Pipe(duplex=False)
        os.set_blocking(self._reader.fileno(), False)  # for all its duplicates in the workers as well

    def __getstate__(self) -> Connection:
        return self._reader

    def __setstate__(self, reader: Connection) -> None:
        self._reader, self._writer = reader, None

    def offer(self, number: int) -> None:
        """Lay out the turns of a batch of so many requests, in place of whatever is left of the last one."""
        assert self._writer is not None  # the workers draw
        with contextlib.suppress(BlockingIOError):
            while os.read(self._reader.fileno(), 65536):
                pass
        count = min(number, _MOST)
        if count:
            os.write(self._writer.fileno(), b"".join(turn.to_bytes(_BYTES, "little") for turn in range(count)))

    def draw(self, number: int) -> Iterator[int]:
        """The places of requests, in a batch of so many, whose turn it is for whoever draws. Several tasks of a process
        may share the iterator."""
        spans = min(number, _MOST)
        with contextlib.suppress(BlockingIOError):
            while turn := os.read(self._reader.fileno(), _BYTES):
                place = int.from_bytes(turn, "little")
                yield from range(place * number // spans, (place + 1) * number // spans)

    def close(self) -> None:
        self._reader.close()
        if self._writer is not None:
            self._writer.close()
