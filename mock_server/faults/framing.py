"""Framing by hand: the head of a correct answer with other lines in place of those that say how long its body is.

A fault of lengths or chunks needs a head that lies; all its other lines stay those of the correct answer.
"""

from __future__ import annotations

from mock_server.fault import Raw


def head_with(raw: Raw, *lines: str) -> bytes:
    """A head for ``raw.reply.body``, framed by these lines alone (none: the body ends with the connection)."""
    dropped = {b"content-length", b"transfer-encoding"}
    if "Content-Encoding" not in raw.reply.headers:
        dropped.add(b"content-encoding")  # it was said of the body that was compressed for this client
    kept = [line for line in raw.head.split(b"\r\n")[:-2] if line.partition(b":")[0].strip().lower() not in dropped]
    return b"\r\n".join((*kept, *(line.encode("latin-1") for line in lines), b"", b""))


def head_and(raw: Raw, line: bytes) -> bytes:
    """The head of the correct answer and one more line, whatever bytes it has."""
    return raw.head[:-2] + line + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body (RFC 9112, 7.1); an empty one ends the body."""
    return b"%x\r\n%s\r\n" % (len(data), data)
