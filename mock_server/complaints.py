"""What the event loop complains of: a lack of file descriptors is one line a second, and not a traceback for each try.

asyncio tries to accept as many connections as the backlog holds, and reports each that the system refuses.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from typing import Any

_LOGGER = logging.getLogger("fetchrace.mock_server")
_LACKS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_EVERY_S = 1.0


class Complaints:
    """``hear`` is an exception handler for one event loop."""

    def __init__(self) -> None:
        self._said_at = float("-inf")

    def hear(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _LACKS:
            loop.default_exception_handler(context)
            return
        now = time.monotonic()
        if now - self._said_at >= _EVERY_S:
            self._said_at = now
            _LOGGER.error("connections wait: %s; fewer at once, or a higher ulimit -n", error.strerror)
