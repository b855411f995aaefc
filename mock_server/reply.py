"""A reply: an answer ready to be framed, with the tick at which it was priced."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from multidict import CIMultiDict

from exchanges.wire import Response

if TYPE_CHECKING:
    from aiohttp import web  # half a second that a reader of the fault catalogue need not wait

SERVER = "fetchrace-mock"
"""What the Server header says: no version of anything."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and headers. ``priced_at`` is in seconds since ``begin``, None where nothing was priced."""

    status: int
    body: bytes
    headers: CIMultiDict[str]
    priced_at: float | None = None

    @classmethod
    def of(cls, answer: Response, priced_at: float | None = None) -> Reply:
        headers = CIMultiDict(answer.headers)
        headers["Server"] = SERVER
        return cls(answer.status, answer.body, headers, priced_at)

    @classmethod
    def text(cls, status: int, text: str, **headers: str) -> Reply:
        """A sentence of our own."""
        return cls.of(Response(status, f"{text}\n".encode(), {"Content-Type": "text/plain; charset=utf-8", **headers}))

    @classmethod
    def json(cls, status: int, value: Any) -> Reply:
        """A value of our own."""
        return cls.of(Response(status, json.dumps(value).encode(), {"Content-Type": "application/json"}))

    def response(self) -> web.Response:
        """For aiohttp to send: the way of the control port."""
        from aiohttp import web

        return web.Response(status=self.status, body=self.body, headers=self.headers)
