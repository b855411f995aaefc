"""The lag of the event loop: how late it comes to a coroutine whose time has come, noted every few milliseconds."""

from __future__ import annotations

import asyncio
import time

from mock_server.log import MOST_ROWS, Record
from mock_server.timer import Timer

_EVERY_S = 0.005


class LagProbe:
    """Notes the lag in one batch at a time, while there is room in it."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, timer: Timer, record: Record) -> None:
        """Begin with a batch; whatever was under way ends."""
        self.stop()
        self._task = asyncio.create_task(measure(timer, record))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None


async def measure(timer: Timer, record: Record) -> None:
    """Note lags in seconds until the batch holds as many as it may."""
    due = time.monotonic()
    while len(record.lags) < MOST_ROWS:
        due = max(due + _EVERY_S, time.monotonic())
        await timer.until(due)
        record.lags.append(time.monotonic() - due)
