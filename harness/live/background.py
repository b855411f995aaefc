"""What goes on behind the page: work that is done over and over, in a thread of its own, until it is stopped."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable


class Background(ABC):
    """``failed`` is told of a bug, which ends the work: or the page would stand still and not know it."""

    def __init__(self, name: str, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends it, soon."""
        self._stopped.set()

    @abstractmethod
    def _work(self) -> None:
        """All of it, until ``_stopped``."""

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._failed(error)
