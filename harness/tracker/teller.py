"""A teller: hands what came in to whoever keeps it, one after the other, in a thread of its own.

So a slow disk delays no beat, and what the keeper raises is told and stops nobody. A keeper that falls far behind loses
the newest, and that is told as well.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from exchanges.errors import safe
from harness.sighting import Sighting

Keep: TypeAlias = Callable[[Sequence[Sighting], datetime], None]

_WAITING: Final = 1000


class Teller:
    """``keep`` may be set, changed, or None at any time."""

    def __init__(self, waiting: int = _WAITING) -> None:
        """So many batches may wait to be kept."""
        self.keep: Keep | None = None
        self.note: str | None = None
        self._lost = 0
        self._queue: queue.Queue[tuple[Sequence[Sighting], datetime] | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._serve, name="fetchrace-teller", daemon=True)

    def start(self) -> None:
        """Begin to hand over."""
        self._thread.start()

    def tell(self, sightings: Sequence[Sighting], at: datetime) -> None:
        """Hand over; never waits."""
        if self.keep is None:
            return
        try:
            self._queue.put_nowait((sightings, at))
        except queue.Full:
            self._lost += len(sightings)
            self.note = self._too_slow()

    def end(self, timeout_s: float) -> None:
        """Let what waits be kept, for so long at most."""
        if not self._thread.is_alive():
            return
        try:
            self._queue.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._thread.join(timeout_s)

    def _serve(self) -> None:
        while (told := self._queue.get()) is not None:
            keep = self.keep
            if keep is None:
                continue
            try:
                keep(*told)
            except Exception as error:
                self.note = safe(f"the history did not keep what came: {type(error).__name__}: {error}", 300)
            else:
                self.note = self._too_slow()

    def _too_slow(self) -> str | None:
        return f"the history is too slow: {self._lost} prices were not kept" if self._lost else None
