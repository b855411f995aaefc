"""A connection of the mock server: aiohttp's protocol with a number, the time of its last bytes, and short answers.

``arrived`` is stamped where bytes enter the process, before the event loop schedules anything, so a burst of
requests is not held longer for having been read together. It is never earlier than a request's last header byte.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from mock_server.reply import SERVER

# As long as many a public server keeps an idle connection.
_KEEP_ALIVE_S = 75.0
_SLOW_REQUEST_S = 10.0
_LOGGER = logging.getLogger("fetchrace.mock_server")

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Connection(web.RequestHandler):
    """One accepted TCP connection. ``number`` is unique in the process."""

    __slots__ = ("arrived", "busy", "number", "reading_since")

    _accepted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Connection._accepted += 1
        self.number = Connection._accepted
        self.arrived = 0.0
        self.busy = False
        self.reading_since = 0.0
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.arrived = time.monotonic()
        if not self.busy and not self.reading_since:
            self.reading_since = self.arrived
        super().data_received(data)

    @classmethod
    def taken_from(cls, request: web.BaseRequest) -> Connection:
        """The connection of a request that a handler now takes up; the handler says ``busy = False`` at its end."""
        connection = request.protocol
        assert isinstance(connection, cls)  # a Listener makes no others
        connection.busy = True
        connection.reading_since = 0.0
        return connection

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Bytes that are no HTTP get one sentence and no line in any log; our own bugs get a traceback in ours."""
        if status >= 500:
            _LOGGER.error("a bug of the mock server", exc_info=exc)
        text = "the mock server failed; its stderr says why" if status >= 500 else "expected an HTTP/1.1 request"
        response = web.Response(status=status, text=text + "\n", headers={"Server": SERVER})
        response.force_close()
        return response


class Listener(web.Server):
    """A low-level server (no router) for one port. ``on_accept`` is called for each new connection."""

    def __init__(self, handler: Handler, on_accept: Callable[[], None] = lambda: None) -> None:
        # A client that goes away is no longer in flight: its handler is cancelled at once.
        super().__init__(handler, handler_cancellation=True)
        self._on_accept = on_accept

    def __call__(self) -> web.RequestHandler:
        self._on_accept()
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # aiohttp takes None for "no access log", its annotation does not
            logger=_LOGGER,
            keepalive_timeout=_KEEP_ALIVE_S,
        )

    def cut_slow(self) -> None:
        """Close the connections that have been sending one request's headers for too long (slowloris)."""
        limit = time.monotonic() - _SLOW_REQUEST_S
        for connection in self.connections:
            if isinstance(connection, Connection) and 0 < connection.reading_since < limit:
                connection.force_close()
