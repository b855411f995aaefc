"""A play: the steps of a fault on a connection's own transport, one after the other.

It sends nothing while the client does not read (the transport says so), lets the loop breathe between two pieces of an
endless body, and leaves nothing behind when the client goes away.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mock_server.fault import End, Pause, Step

if TYPE_CHECKING:
    from mock_server.lane import Lane
    from mock_server.timer import Call, Timer
    from mock_server.turn import Turn

_LOGGER = logging.getLogger("fetchrace.mock_server")
# As much is written before others have their turn.
_PIECE = 256 * 1024


class Play:
    """``turn`` is the request whose answer this is."""

    def __init__(self, connection: Lane, turn: Turn, steps: Iterator[Step], timer: Timer) -> None:
        self._connection = connection
        self._turn = turn
        self._steps = steps
        self._timer = timer
        self._call: Call | None = None

    def go_on(self) -> None:
        """Take steps until one has to wait. Called again when the client has read what was sent."""
        if self._call is not None:
            return
        connection, written = self._connection, 0
        while not connection.writing_paused:
            if written >= _PIECE:
                self._wait(0.0)
                return
            try:
                step = next(self._steps, None)
            except Exception:
                _LOGGER.exception("a bug of a fault")
                step = End.RESET
            if step is None:
                connection.performed(self._turn)
                return
            if isinstance(step, bytes):
                connection.write(step)
                written += len(step)
            elif isinstance(step, Pause):
                if step.seconds == math.inf:
                    connection.only_listen()
                    return
                self._wait(step.seconds)
                return
            else:
                connection.force_close() if step is End.CLOSE else connection.reset()
                return

    def stop(self) -> None:
        """The client has gone."""
        if self._call is not None:
            self._call.cancel()
        close = getattr(self._steps, "close", None)  # a generator's; any iterator may be a play
        if close is not None:
            close()

    def _wait(self, seconds: float) -> None:
        self._call = self._timer.call(time.monotonic() + seconds, self._waited)

    def _waited(self) -> None:
        self._call = None
        self.go_on()
