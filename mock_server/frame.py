"""Framing: from a Reply to the bytes of an answer, once for each way in which clients want it sent.

What changes from answer to answer (the date, what a rate limit has left, whether the connection closes) is put in when
it is sent; everything else is framed once and kept with the body.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from mock_server.reply import Reply

GZIP = 1
CHUNKED = 2

_WORTH_COMPRESSING = 1000
# Beyond this a body is compressed with the fastest level: the loop stands still meanwhile.
_LARGE_BODY = 256 * 1024
_LEVEL, _LEVEL_OF_LARGE = 4, 1
_CHUNK = 16 * 1024
_GZIP_WINDOW = 31  # zlib's way of saying: with gzip's header and trailer
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Frame(NamedTuple):
    """``head`` is the status line and the headers without the date and the blank line; ``body`` is as it is sent."""

    head: bytes
    body: bytes


def frame(reply: Reply, wishes: int) -> Frame:
    """Frame a reply; ``wishes`` adds up GZIP and CHUNKED. What cannot have a body has none."""
    headers, body, lines = reply.headers, reply.body, []
    if reply.status in (204, 304) or reply.status < 200:
        body = b""
    elif "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        if len(body) >= _WORTH_COMPRESSING and "Content-Encoding" not in headers:
            lines.append("Vary: Accept-Encoding")
            if wishes & GZIP:
                level = _LEVEL if len(body) < _LARGE_BODY else _LEVEL_OF_LARGE
                body = zlib.compress(body, level, _GZIP_WINDOW)
                lines.append("Content-Encoding: gzip")
        if wishes & CHUNKED:
            body = b"".join(map(_chunk, (body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK)))) + b"0\r\n\r\n"
            lines.append("Transfer-Encoding: chunked")
        else:
            lines.append(f"Content-Length: {len(body)}")
    status_line = f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}"
    return Frame(_encoded([status_line, *(f"{name}: {value}" for name, value in headers.items()), *lines]), body)


def whole(reply: Reply) -> bytes:
    """An answer that nothing is added to."""
    head, body = frame(reply, 0)
    return b"%b%b\r\n%b" % (head, date_line(), body)


def date_line() -> bytes:
    """The Date header, new each second."""
    return _date_line(int(time.time()))


def lines_of(headers: Mapping[str, str]) -> bytes:
    """Further headers as they stand in a head; an exchange's own, made of numbers."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("ascii")


@lru_cache(maxsize=256)
def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding allows gzip (RFC 9110, 12.5.3): named or by ``*``, and not with a weight of zero."""
    weights = {}
    for part in header.lower().split(","):
        coding, *parameters = part.replace(" ", "").split(";")
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        weights[coding] = weight.strip("0.") != ""
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


@lru_cache(maxsize=2)
def _date_line(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\n".encode()


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _encoded(lines: list[str]) -> bytes:
    # Nothing that an exchange or a fault puts into a header can end its line.
    return "".join(line.replace("\r", " ").replace("\n", " ") + "\r\n" for line in lines).encode("utf-8", "replace")
