"""The writer: a ledger on a thread of its own, so that no poller ever waits for a disk.

What cannot be written is told once, as a sentence, and the tracker goes on; the newest quotes wait for a better moment,
and once it has come that is told as well. Leaving writes what is there and waits for no longer than a moment.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Final

from exchanges.units import counted
from harness.exits import Stop
from harness.history.kept import Source, microseconds_at
from harness.history.ledger import Entry, Ledger
from harness.sighting import Sighting

_MOST_WAITING: Final = 20_000
"""Quotes; a few seconds of a fast tracker on many markets."""
_GATHER_S: Final = 0.25
"""What comes within it is one transaction."""
_AGAIN_S: Final = 2.0
_LEAVE_S: Final = 3.0


class Writer:
    """A Tracker's ``on_sightings``. ``sources`` says by exchange where its prices are from; ``tell`` gets sentences, on
    the writer's thread. ``rows`` have been written so far, to the file at ``path``."""

    def __init__(
        self,
        ledger: Ledger,
        sources: Mapping[str, Source],
        tell: Callable[[str], None],
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self.path = ledger.path
        self.rows = 0
        self._ledger = ledger
        self._sources = sources
        self._tell = tell
        self._waiting: deque[Entry] = deque()
        self._most = most_waiting
        self._lost = 0
        self._trouble = False
        self._leaving = False
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="fetchrace-history", daemon=True)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._more:
            self._leaving = True
            self._more.notify_all()
        self._thread.join(_LEAVE_S)

    def __call__(self, sightings: Sequence[Sighting], at: datetime) -> None:
        """Take note of what was seen at an instant; returns at once."""
        at_us = microseconds_at(at)
        quotes = [one.quote for one in sightings]
        entries: list[Entry] = [(self._sources.get(quote.exchange, "mock"), at_us, quote) for quote in quotes]
        with self._more:
            self._waiting.extend(entries)
            self._drop()
            self._more.notify_all()

    def flush(self) -> bool:
        """Write what waits, now and on this thread; False where that could not be done."""
        with self._more:
            entries = list(self._waiting)
            self._waiting.clear()
        if not entries:
            return True
        try:
            self.rows += self._ledger.write(entries)
        except Stop as error:
            with self._more:
                self._waiting.extendleft(reversed(entries))
                self._drop()
            if not self._trouble:
                self._tell(f"{error}; prices go on without it")
            self._trouble = True
            return False
        if self._trouble:
            lost = f", {counted(self._lost, 'quote')} are missing" if self._lost else ""
            self._tell(f"the history is written again{lost}")
        self._trouble, self._lost = False, 0
        return True

    def _drop(self) -> None:
        """The oldest of what waits, where that is too much."""
        while len(self._waiting) > self._most:
            self._waiting.popleft()
            self._lost += 1

    def _work(self) -> None:
        try:
            while True:
                with self._more:
                    self._more.wait_for(lambda: self._waiting or self._leaving)
                    leaving = self._leaving
                written = self.flush()
                if leaving:
                    return
                self._pause(_GATHER_S if written else _AGAIN_S)
        finally:
            self._ledger.close()

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._more:
            self._more.wait_for(lambda: self._leaving, until - time.monotonic())
