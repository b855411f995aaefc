"""A body in chunks, read as its bytes arrive, by the same rules by which ``strategies.strict_answer`` reads lines.

httptools reads chunks as well, but says of a malformed one and of one that was cut the same, refuses blanks before an
extension that others take, and does not tell where a body ends if bytes come after it.
"""

from __future__ import annotations

import http.client
import re

from strategies.body import Body, Fault
from strategies.strict_head import FIELD_LINE, FOLDED_LINE
from strategies.terms import MAX_HEAD

# RFC 9112, 7.1
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(?:;[^\r\n]*)?\r\n")
_CUT_SIZE = re.compile(rb"[0-9A-Fa-f]{0,20}[ \t]*(?:;[^\r\n]*)?\r?")
_END = b"\r\n"


class Chunks:
    """The chunks of one body, which are added to ``body``.

    Raises:
        Fault: protocol, or what ``body`` raises.
    """

    __slots__ = ("_body", "_held", "_in_trailer", "_left", "_owes_end", "_trailer")

    def __init__(self, body: Body) -> None:
        self._body = body
        self._held = b""
        self._left = 0
        self._owes_end = self._in_trailer = False
        self._trailer = 0

    def add(self, data: bytes) -> bytes | None:
        """Take what has come; what is left of it after the trailer, or None as long as the body is not whole."""
        data, at = self._held + data, 0
        while True:
            if self._left:
                piece = data[at : at + self._left]
                self._body.add(piece)
                self._left -= len(piece)
                at += len(piece)
                if self._left:
                    self._held = b""
                    return None
                self._owes_end = True
            if self._owes_end:
                end = data[at : at + 2]
                if not _END.startswith(end):
                    raise Fault("protocol", "expected a line end after a chunk, found something else")
                if len(end) < 2:
                    self._held = end
                    return None
                self._owes_end = False
                at += 2
            feed = data.find(b"\n", at) + 1
            if (feed or len(data)) - at > MAX_HEAD:
                raise Fault("protocol", f"expected a line of at most {MAX_HEAD} bytes between chunks, found more")
            if not feed:
                self._held = data[at:]
                return None
            if self._line(data[at:feed]):
                return data[feed:]
            at = feed

    def end(self) -> None:
        """The connection ended, before its time.

        Raises:
            http.client.IncompleteRead: what had come could have been the beginning of a sound body.
        """
        in_line = not (self._left or self._owes_end or self._in_trailer)
        if in_line and not _CUT_SIZE.fullmatch(self._held):
            raise Fault("protocol", "found a malformed size of a chunk, and then the end of the connection")
        raise http.client.IncompleteRead(self._held)

    def _line(self, line: bytes) -> bool:
        """Judge a chunk's size or a line of the trailer; whether it was the last one."""
        if self._in_trailer:
            if line in (_END, b"\n"):
                return True
            self._trailer += len(line)
            if self._trailer > MAX_HEAD or not (FIELD_LINE.fullmatch(line) or FOLDED_LINE.fullmatch(line)):
                raise Fault("protocol", "found a malformed or endless trailer after the last chunk")
            return False
        size = _SIZE.fullmatch(line)
        if size is None:
            raise Fault("protocol", "expected the size of a chunk in hexadecimal digits, found something else")
        self._left = int(size[1], 16)
        self._in_trailer = not self._left
        return False
