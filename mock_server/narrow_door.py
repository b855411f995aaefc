"""A narrow door: a listening socket with a short backlog, whose server takes in one connection every 10 ms, as one does
that starts a process for each.

A lever, to prove that the harness notices connections that the kernel turned away. A short backlog alone would not do:
asyncio takes in as many connections at once as the backlog holds, and uvloop all there are, so that a client of a few
dozen connections would hardly ever find it full.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

from exchanges.errors import safe
from mock_server.sockets import BACKLOG

_EACH_S = 0.01
# As long as asyncio's own servers wait when the system refuses a connection.
_REFUSED_S = 1.0


class NarrowDoor:
    """Lets at most ``backlog`` connections wait on ``sock``, and gives each that it takes in a protocol made by
    ``factory``. To be made inside the running event loop; ``close`` it there. It owns ``sock``."""

    def __init__(
        self,
        sock: socket.socket,
        backlog: int,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None = None,
        handshake_s: float | None = None,
    ) -> None:
        self._socket = sock
        self._factory = factory
        self._context = context
        self._handshake_s = handshake_s
        self._entering: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        sock.setblocking(False)
        sock.listen(backlog)
        self._open()

    def close(self) -> None:
        """Take in no more. What has come in stays."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _open(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._socket, self._take_one)

    def _shut_for(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket)
        self._loop.call_later(seconds, self._open)

    def _take_one(self) -> None:
        try:
            accepted, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            self._shut_for(_REFUSED_S)
            self._loop.call_exception_handler({"message": "no connection can be taken in", "exception": error})
            return
        self._shut_for(_EACH_S)
        accepted.setblocking(False)
        task = self._loop.create_task(self._enter(accepted))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    async def _enter(self, accepted: socket.socket) -> None:
        # A handshake that fails, or a client that has gone: its connection is closed by then.
        with contextlib.suppress(OSError):
            await self._loop.connect_accepted_socket(
                self._factory, accepted, ssl=self._context, ssl_handshake_timeout=self._handshake_s
            )


def backlog_from(text: str) -> int:
    """How many connections may wait to be taken in, from ``5``. Raises ValueError with a sentence."""
    count = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0
    if not 1 <= count <= BACKLOG:
        raise ValueError(f"expected a backlog of 1 to {BACKLOG} connections, found {safe(text, 40)!r}")
    return count
