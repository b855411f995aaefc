"""A reply: an answer ready to be sent, with the tick at which it was priced."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from exchanges.wire import Response

SERVER = "fetchrace-mock"
"""What the Server header says: no version of anything."""

_SLOW_BODY_S = 10.0
_MOST_BODY = 1024**2  # aiohttp's own limit as well


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
        return web.Response(status=self.status, body=self.body, headers=self.headers)


async def unreadable_body(request: web.BaseRequest) -> Reply | None:
    """Read a request's body; the refusal of one that is over 1 MiB or takes longer than 10 s. A client that waits to
    be told to go on (``Expect: 100-continue``) is told so, or refused before it sends anything."""
    try:
        if (request.content_length or 0) > _MOST_BODY:
            raise web.HTTPRequestEntityTooLarge(_MOST_BODY, request.content_length or 0)
        async with asyncio.timeout(_SLOW_BODY_S):
            if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.writer.output_size = 0
            await request.read()
    except web.HTTPRequestEntityTooLarge:
        return Reply.text(413, "expected a body of at most 1 MiB", Connection="close")
    except TimeoutError:
        return Reply.text(408, f"expected the whole body within {_SLOW_BODY_S:.0f} s", Connection="close")
    return None
