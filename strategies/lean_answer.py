"""An answer of any kind, read as its bytes arrive, however they are cut: no socket here, and no clock.

This is the long way, by which goes whatever ``strategies.plain_answer`` does not take. Every line of every head is
judged by ``strategies.strict_head``, every body by ``strategies.body``: what they refuse is refused here.
"""

from __future__ import annotations

import http.client
import re
from typing import Final

from exchanges.wire import Response
from strategies.body import Body, Fault
from strategies.lean_chunks import Chunks
from strategies.lean_head import Head
from strategies.strict_head import FIELD_LINE, FOLDED_LINE, STATUS_LINE, StrictHead
from strategies.terms import MAX_HEAD, MAX_HEADERS

# All lines of a head at once, in a quarter of the time that they take one by one: status, fields with folds, blank.
_HEAD = re.compile(
    rb"HTTP/1\.[01] ([0-9]{3})(?: [^\0\r\n]*+)?\r?\n(?:%b(?:%b)*+)*+\r?\n" % (FIELD_LINE.pattern, FOLDED_LINE.pattern)
)
_OLD: Final = b"HTTP/1.0"
_WITHOUT_BODY: Final = frozenset((204, 304))


class LeanAnswer:
    """The answer to one request. ``status`` is None until the final head is whole; ``keep`` says, once the answer is
    whole, whether its connection can be used again.

    Args:
        max_body: the limit on decoded bytes.
        has_body: False for a HEAD request.

    Raises:
        Fault: redirect, protocol, encoding or too_large, from ``add`` and ``end``.
    """

    __slots__ = ("_body", "_chunks", "_has_body", "_head", "_held", "_left", "_max_body", "_strict", "keep", "status")

    def __init__(self, max_body: int, has_body: bool = True) -> None:
        self._max_body = max_body
        self._has_body = has_body
        self._strict = StrictHead()
        self._held = b""
        self._head: Head | None = None
        self._body: Body | None = None
        self._chunks: Chunks | None = None
        self._left: int | None = None
        self.status: int | None = None
        self.keep = False

    def add(self, data: bytes) -> Response | None:
        """Take what has come; the answer, as soon as it is whole."""
        if self._body is None:
            head = None if self._held else _HEAD.match(data)
            if head is None or _is_interim(head[1]):
                self._held += data
                if self._strict.missing(data):
                    return None
                data, self._held = self._held, b""
                head = _final_head(data)
            self._begin(head)
            data = data[head.end() :]
        return self._read(data)

    def end(self) -> Response:
        """The other side sends no more; the answer, if it is one that ends with its connection.

        Raises:
            http.client.RemoteDisconnected: the head was cut.
            http.client.IncompleteRead: the body was cut.
        """
        if self._body is None:
            self._strict.missing(b"")
            raise http.client.RemoteDisconnected("the connection ended before the head of the answer was whole")
        if self._chunks is not None:
            self._chunks.end()
        if self._left is not None:
            raise http.client.IncompleteRead(b"", self._left)
        return self._whole(keep=False)

    def _begin(self, match: re.Match[bytes]) -> None:
        """The final head is whole: judge it, and see how its body ends."""
        self.status = status = int(match[1])
        size, count = match.end() - match.start(), match[0].count(b"\n") - 2
        if size > MAX_HEAD:
            raise Fault("protocol", f"expected a head of at most {MAX_HEAD} bytes, found {size}")
        if count > MAX_HEADERS:
            raise Fault("protocol", f"expected at most {MAX_HEADERS} headers, found {count}")
        self._head = head = Head(match[0])
        self._body = Body(status, head, self._max_body)
        tokens = [token.strip(" \t") for token in head.get("connection", "").lower().split(",")]
        self.keep = "keep-alive" in tokens if match[0].startswith(_OLD) else "close" not in tokens
        if not self._has_body or status in _WITHOUT_BODY:
            self._left = 0
        elif "transfer-encoding" in head:
            self._chunks = Chunks(self._body)
        elif "content-length" in head:
            self._left = int(head["content-length"])

    def _read(self, data: bytes) -> Response | None:
        body = self._body
        assert body is not None
        if self._chunks is not None:
            rest = self._chunks.add(data)
            return None if rest is None else self._whole(keep=self.keep and not rest)
        if self._left is None:
            body.add(data)
            return None
        if len(data) > self._left:  # bytes after the end cost the connection and not the answer
            self.keep = False
            data = data[: self._left]
        self._left -= len(data)
        body.add(data)
        return None if self._left else self._whole(self.keep)

    def _whole(self, keep: bool) -> Response:
        assert self._body is not None
        assert self._head is not None
        assert self.status is not None
        body = self._body.whole()
        self.keep = keep
        return Response(self.status, body, self._head)


def _is_interim(status: bytes) -> bool:
    return status < b"200" and status != b"101"


def _final_head(held: bytes) -> re.Match[bytes]:
    """The last head of several; all are judged."""
    at = 0
    while True:
        match = _HEAD.match(held, at)
        if match is None:
            what = "malformed line in" if STATUS_LINE.match(held, at) else "malformed status line at the start of"
            raise Fault("protocol", f"found a {what} the head of the answer")
        if not _is_interim(match[1]):
            return match
        at = match.end()
