"""A listener: aiohttp's low-level server (no router) for one port, which makes a Connection or a Lane of each that it
accepts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from aiohttp import web

from mock_server.connection import Connection
from mock_server.lane import Lane
from mock_server.patience import HANDSHAKE_S

if TYPE_CHECKING:
    from mock_server.port import Port

_LOGGER = logging.getLogger("fetchrace.mock_server")
# Never: what is idle is closed by the sweep, since aiohttp's own timer knows nothing of the shortcut.
_AIOHTTPS_KEEP_ALIVE_S = 10.0 * 365 * 86400

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Listener(web.Server):
    """``handler`` answers what goes through aiohttp's task; ``port`` takes up everything else (None: nothing does).
    ``on_accept`` is called for each new connection. A subclass may say what it ``makes`` of each where there is no
    port, and which log bugs go into (``complains_to``), and for how long the rest of a body is read that nobody wants
    (``lingers_s``)."""

    makes: ClassVar[type[Connection]] = Connection
    complains_to: ClassVar[logging.Logger] = _LOGGER
    lingers_s: ClassVar[float] = 10.0

    def __init__(
        self, handler: Handler, port: Port | None = None, on_accept: Callable[[], None] = lambda: None
    ) -> None:
        # A client that goes away is no longer in flight: its handler is cancelled at once.
        super().__init__(_counted(handler), handler_cancellation=True)
        self._port = port
        self._on_accept = on_accept
        # When those were accepted that are not connected yet: over TLS, their handshake is under way or has failed.
        self._accepted: dict[int, float] = {}

    def __call__(self) -> web.RequestHandler:
        self._on_accept()
        options = {
            "loop": asyncio.get_running_loop(),
            "access_log": None,
            "logger": self.complains_to,
            "lingering_time": self.lingers_s,
            "keepalive_timeout": _AIOHTTPS_KEEP_ALIVE_S,
        }
        made = self.makes(self, **options) if self._port is None else Lane(self, self._port, **options)
        self._accepted[id(made)] = time.monotonic()
        return made

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        self._accepted.pop(id(handler), None)
        super().connection_made(handler, transport)

    def held(self) -> int:
        """How many connections there are. A TLS handshake counts as long as it may take, even if it fails at once:
        asyncio does not tell."""
        now = time.monotonic()
        return len(self.connections) + sum(now - HANDSHAKE_S < accepted for accepted in self._accepted.values())

    def sweep(self) -> None:
        """Close the connections that are slow, silent or idle for too long."""
        now = time.monotonic()
        for connection in self.connections:
            assert isinstance(connection, Connection)  # a Listener makes no others
            connection.sweep(now)
        self._accepted = {one: since for one, since in self._accepted.items() if now - HANDSHAKE_S < since}


def _counted(handler: Handler) -> Handler:
    async def counted(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            connection = request.protocol
            assert isinstance(connection, Connection)  # a Listener makes no others
            connection.handled()

    return counted
