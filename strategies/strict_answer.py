"""http.client's answer, read as strictly as the other clients read theirs.

By itself http.client skips no interim answer but 100, so that the real answer to a 103 stays on the connection
for the next request; it ends a cut head where it was cut, and takes a carriage return inside a header, names
with spaces, and chunks of ``0x5`` or ``-5`` bytes. Every line that it reads passes through here first.
"""

from __future__ import annotations

import http.client
import re
from typing import Any

from strategies.body import Fault
from strategies.strict_head import FIELD_LINE, FOLDED_LINE, STATUS_LINE, judge_cut_line
from strategies.terms import MAX_HEAD, MAX_INTERIM

# RFC 9112, 7.1
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(?:;[^\r\n]*)?\r\n")
_CUT_CHUNK = re.compile(rb"[0-9A-Fa-f]{0,20}[ \t]*(?:;[^\r\n]*)?\r?")
_BLANK = (b"\r\n", b"\n")


class StrictResponse(http.client.HTTPResponse):
    """An answer that http.client may read only by lines that are HTTP/1.0 or 1.1.

    Raises:
        Fault: "protocol", from whatever reads; also where more than MAX_INTERIM interim answers come.
        http.client.RemoteDisconnected: the head was cut.
        http.client.IncompleteRead: the body was cut.
    """

    def begin(self) -> None:
        """Read the head."""
        if self.headers is None:  # http.client calls begin again for an answer already read
            file: Any = self.fp
            lines: Any = _Head(file)
            self.fp = lines
            super().begin()
            if self.fp is lines:
                self.fp = _Chunks(file) if self.chunked else file

    def _read_status(self) -> tuple[str, int, str]:
        """The first status line that is final; http.client's ``begin`` asks for it and skips 100 alone."""
        for _ in range(MAX_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
            if status >= 200 or status == 101:
                return version, status, reason
            while self.fp.readline(MAX_HEAD + 1) not in _BLANK:
                pass
        raise Fault("protocol", f"expected an answer after at most {MAX_INTERIM} interim ones, found more")


class _Lines:
    """What http.client and urllib3 ask of the file of an answer, but for ``readline``."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self._size = 0

    def close(self) -> None:
        self.file.close()

    def flush(self) -> None:
        self.file.flush()

    def _count(self, line: bytes) -> None:
        self._size += len(line)
        if self._size > MAX_HEAD:
            raise Fault("protocol", f"expected a head of at most {MAX_HEAD} bytes, found more")


class _Head(_Lines):
    """The status line and the headers, of interim answers too."""

    _first = True
    _may_fold = False

    def readline(self, limit: int) -> bytes:
        line: bytes = self.file.readline(limit)
        self._count(line)
        if not line.endswith(b"\n"):
            judge_cut_line(line, self._first)
            raise http.client.RemoteDisconnected("the connection ended inside the head of the answer")
        if self._first:
            if not STATUS_LINE.fullmatch(line):
                raise Fault("protocol", "expected a status line of HTTP/1.0 or 1.1 at the start of the answer")
        elif line not in _BLANK and not (
            FIELD_LINE.fullmatch(line) or (self._may_fold and FOLDED_LINE.fullmatch(line))
        ):
            raise Fault("protocol", "found a malformed line in the head of the answer")
        self._may_fold = not self._first
        self._first = line in _BLANK
        return line


class _Chunks(_Lines):
    """A body in chunks: their sizes, their ends and the trailer."""

    _left = 0
    _in_trailer = False

    def readline(self, limit: int) -> bytes:
        """The line of a chunk's size, or one of the trailer."""
        line: bytes = self.file.readline(limit)
        if len(line) < limit and not line.endswith(b"\n") and (self._in_trailer or _CUT_CHUNK.fullmatch(line)):
            raise http.client.IncompleteRead(line)
        if self._in_trailer:
            self._count(line)
            if line not in _BLANK and not (FIELD_LINE.fullmatch(line) or FOLDED_LINE.fullmatch(line)):
                raise Fault("protocol", "found a malformed line in the trailer of the answer")
            return b"\r\n" if line == b"\n" else line  # urllib3 would wait for another line
        size = _CHUNK.fullmatch(line)
        if size is None:
            raise Fault("protocol", "expected the size of a chunk in hexadecimal digits, found something else")
        self._left = int(size[1], 16)
        self._in_trailer = not self._left
        return line

    def read(self, amount: int) -> bytes:
        """A piece of a chunk, or the line end after it: they are asked for one by one."""
        data: bytes = self.file.read(amount)
        if self._left:
            self._left -= len(data)
        elif not b"\r\n".startswith(data):
            raise Fault("protocol", "expected a line end after a chunk, found something else")
        return data
