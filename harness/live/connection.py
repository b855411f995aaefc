"""A connection of the live page: the mock server's, whose patience has been proven there, with this page's headers.

A request that is sent slowly is cut within ten seconds (slowloris), one that is no HTTP or has more headers than a
browser sends is answered with one sentence, and neither leaves a line in the log.
"""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

from harness.live.answer import refusal
from mock_server.connection import THEIRS, Connection
from mock_server.frame import whole
from mock_server.listener import Listener
from mock_server.reply import Reply

_LOGGER: Final = logging.getLogger("fetchrace.live")
_NO_HTTP: Final = refusal(400, "expected an HTTP/1.1 request of a browser's size")


class LiveConnection(Connection):
    """What the doors' listener makes of each TCP connection."""

    def no_http(self) -> None:
        """The bytes are no HTTP, or its headers are too many or too long."""
        self.write(whole(Reply(_NO_HTTP.status, _NO_HTTP.body, CIMultiDict(_NO_HTTP.all_headers()))))
        self.force_close()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """A bug of ours: its traceback goes into our log, and one sentence to the client. What the client did itself
        is no bug."""
        if isinstance(exc, THEIRS):
            return _NO_HTTP.response()
        self.logger.error("a bug of the live page", exc_info=exc)
        return refusal(500, "the live page failed at this; its stderr says why").response()


class LiveListener(Listener):
    """Listens on the live page's port."""

    makes = LiveConnection
    complains_to = _LOGGER
    # Long enough for a client to hear why its body is not wanted.
    lingers_s = 1.0
