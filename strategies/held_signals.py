"""Signals that wait while a C library calls back into Python.

Python runs a signal's handler wherever it interprets code next: inside a callback, say, where the KeyboardInterrupt
that it raises leaves libcurl's multi handle of no further use (and by older pycurl is printed, and lost). Here a
handler runs at once while ``waiting`` is true, and otherwise when ``let_in`` is called.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class HeldSignals:
    """``waiting`` is set by its owner around the call in which a signal may strike."""

    __slots__ = ("_come", "waiting")

    def __init__(self) -> None:
        self.waiting = False
        self._come: list[Callable[[], object]] = []

    def let_in(self) -> None:
        """Run what has come meanwhile. Raises what its handler raises."""
        while self._come:
            self._come.pop(0)()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold for as long as the block lasts; in a thread that no signal reaches it does nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, self._holding(handler))
        try:
            yield
        finally:
            for number, handler in before.items():
                if callable(handler):
                    signal.signal(number, handler)
            self.waiting = False
            self.let_in()

    def _holding(self, handler: Callable[[int, FrameType | None], object]) -> Callable[[int, FrameType | None], None]:
        def hold(number: int, frame: FrameType | None) -> None:
            if self.waiting:
                self.waiting = False
                handler(number, frame)
            else:
                self._come.append(lambda: handler(number, frame))

        return hold
