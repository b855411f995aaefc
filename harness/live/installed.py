"""Which strategies are installed: found out on a thread aside, because it means to import them all, in a process."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Sequence

import strategies
from exchanges.errors import safe
from harness import probe


class Installed:
    """``names`` are those that can be chosen: ``chosen`` alone, until the others are known."""

    def __init__(self, chosen: str, in_flight: int) -> None:
        self._chosen, self._in_flight = chosen, in_flight
        self._names: tuple[str, ...] = (chosen,)
        self._known = threading.Event()
        self._over = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._look, name="installed", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_s: float = 0.5) -> None:
        """Look no further."""
        self._over = True
        if self._process is not None:
            # Whoever waits for it notices, and tidies up.
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._thread.join(timeout_s)

    def names(self) -> Sequence[str]:
        return self._names

    def built_in(self) -> Sequence[str]:
        """Those that are known by a name, for a race; waits for it a little."""
        self._known.wait(30.0)
        return [name for name in self._names if ".py:" not in name]

    def _started(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        if self._over:
            process.kill()

    def _look(self) -> None:
        try:
            found = probe.look(strategies.names(), [self._in_flight], self._started)
            sound = [finding.name for finding in found if finding.problem is None]
            self._names = tuple(dict.fromkeys((*sound, self._chosen)))
        except OSError as error:  # the page goes on with the one that it has
            why = safe(str(error.strerror or error), 120)
            sys.stderr.write(f"fetchrace: which strategies are installed is not known ({why})\n")
        finally:
            self._known.set()
