"""A request's body: few have one, and it is read before the request is understood, up to a size and a time."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from mock_server.reply import Reply

_SLOW_BODY_S = 10.0
_MOST_BODY = 1024**2  # aiohttp's own limit as well


async def unreadable_body(request: web.BaseRequest) -> Reply | None:
    """Read a request's body; the refusal of one that is over 1 MiB, takes longer than 10 s or breaks its own framing.
    A client that waits to be told to go on (``Expect: 100-continue``) is told so, or refused before it sends anything.
    """
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
    except RequestPayloadError:
        return Reply.text(400, "expected a body as its own headers announce it", Connection="close")
    return None


async def form_of(request: web.BaseRequest) -> str:
    """The fields of a form body that was read, as they would stand in a query; "" for any other body."""
    if request.content_type != "application/x-www-form-urlencoded":
        return ""
    text = (await request.read()).decode("utf-8", "replace")
    return "".join(text.split())
