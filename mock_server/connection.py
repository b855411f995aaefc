"""A connection of the mock server: aiohttp's protocol with a number, the time each request arrived, and short answers.

``arrived`` is stamped where bytes enter the process, before the event loop schedules anything, so a burst of
requests is not held longer for having been read together. It is never earlier than a request's last header byte, and
pipelined requests have one each: they wait for their turn, but they have arrived, and count as in flight.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from mock_server.log import Record
from mock_server.reply import SERVER

# As long as many a public server keeps an idle connection.
_KEEP_ALIVE_S = 75.0
_SLOW_REQUEST_S = 10.0
# Longer, because a client may well connect before it knows what to ask.
_SILENT_S = 30.0
_LOGGER = logging.getLogger("fetchrace.mock_server")

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Connection(web.RequestHandler):
    """One accepted TCP connection. ``number`` is unique in the process; ``arrived`` and ``record`` are those of the
    request that was taken up last (no record where the Listener has none)."""

    __slots__ = (
        "_current_record",
        "_read_at",
        "_waiting",
        "arrived",
        "busy",
        "number",
        "reading_since",
        "record",
        "silent_since",
    )

    _accepted = 0

    def __init__(self, listener: Listener, current_record: Callable[[], Record | None], **options: Any) -> None:
        super().__init__(listener, **options)
        self._current_record = current_record
        self._waiting: deque[tuple[float, Record | None]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Connection._accepted += 1
        self.number = Connection._accepted
        self.arrived = self._read_at = 0.0
        self.record: Record | None = None
        self.busy = False
        self.reading_since = 0.0
        self.silent_since = time.monotonic()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        for _, record in self._waiting:
            if record is not None:
                record.forget()
        self._waiting.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # No data: aiohttp comes back to what it had read, and put aside, while too many requests were waiting.
        if data:
            self._read_at = time.monotonic()
            self.silent_since = 0.0
            if not self.busy and not self.reading_since:
                self.reading_since = self._read_at
        waiting = len(self._messages)
        super().data_received(data)
        for _ in range(len(self._messages) - waiting):
            self._waiting.append(self._arrival())

    def _arrival(self) -> tuple[float, Record | None]:
        record = self._current_record()
        if record is not None:
            record.enter()
        return self._read_at, record

    @classmethod
    def taken_from(cls, request: web.BaseRequest) -> Connection:
        """The connection of a request that a handler now takes up; the handler says ``busy = False`` at its end."""
        connection = request.protocol
        assert isinstance(connection, cls)  # a Listener makes no others
        connection.take_up()
        return connection

    def take_up(self) -> None:
        self.busy = True
        self.reading_since = 0.0
        # Nothing is waiting where aiohttp parsed the request elsewhere: behind an Upgrade that was not taken up.
        self.arrived, self.record = self._waiting.popleft() if self._waiting else self._arrival()

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
    """A low-level server (no router) for one port. ``on_accept`` is called for each new connection;
    ``current_record`` gives the batch that a request which arrives now belongs to."""

    def __init__(
        self,
        handler: Handler,
        on_accept: Callable[[], None] = lambda: None,
        current_record: Callable[[], Record | None] = lambda: None,
    ) -> None:
        # A client that goes away is no longer in flight: its handler is cancelled at once.
        super().__init__(handler, handler_cancellation=True)
        self._on_accept = on_accept
        self._current_record = current_record

    def __call__(self) -> web.RequestHandler:
        self._on_accept()
        return Connection(
            self,
            self._current_record,
            loop=asyncio.get_running_loop(),
            access_log=None,
            logger=_LOGGER,
            keepalive_timeout=_KEEP_ALIVE_S,
        )

    def cut_slow(self) -> None:
        """Close the connections that have been sending one request's headers for too long (slowloris), and those
        that never sent anything."""
        now = time.monotonic()
        for connection in self.connections:
            if isinstance(connection, Connection) and (
                0 < connection.reading_since < now - _SLOW_REQUEST_S or 0 < connection.silent_since < now - _SILENT_S
            ):
                connection.force_close()
