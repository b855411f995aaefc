"""A request's body: few have one, and it is read before the request is understood, up to a size and a time."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from mock_server.connection import Connection
from mock_server.reply import Reply

_SLOW_BODY_S = 10.0
_MOST_BODY = 1024**2  # aiohttp's own limit as well


async def unreadable_body(request: web.BaseRequest) -> Reply | None:
    """Read a request's body; the refusal of one that is over 1 MiB, takes longer than 10 s or breaks its own framing.
    A client that waits to be told to go on (``Expect: 100-continue``) is told so, or refused before it sends anything.
    """
    connection = request.protocol
    assert isinstance(connection, Connection)  # our listeners make no others
    try:
        if (request.content_length or 0) > _MOST_BODY:
            raise web.HTTPRequestEntityTooLarge(_MOST_BODY, request.content_length or 0)
        async with asyncio.timeout(_SLOW_BODY_S):
            if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
                # Not through aiohttp's writer, which raises where the client has left.
                connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await request.read()
    except web.HTTPRequestEntityTooLarge:
        return Reply.text(413, "expected a body of at most 1 MiB", Connection="close")
    except TimeoutError:
        return Reply.text(408, f"expected the whole body within {_SLOW_BODY_S:.0f} s", Connection="close")
    except RequestPayloadError:
        return Reply.text(400, "expected a body as its own headers announce it", Connection="close")
    return None


async def form_of(request: web.BaseRequest) -> str:
    """The fields of a form or of JSON in a body that was read, as they would stand in a query; "" for any other body.

    Raises:
        LookupError: what is said to be JSON is no object of texts and numbers.
    """
    if request.content_type == "application/x-www-form-urlencoded":
        return "".join((await request.read()).decode("utf-8", "replace").split())
    return _query_of(await request.read()) if request.content_type == "application/json" else ""


def _query_of(body: bytes) -> str:
    try:
        # Numbers stay as they were written.
        fields = json.loads(body, parse_int=str, parse_float=str) if body.strip() else {}
        if isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values()):
            return urlencode(fields)
    except (ValueError, RecursionError):
        pass
    raise LookupError("expected a JSON object of texts and numbers")
