"""The head of an answer, judged as its bytes arrive: for libraries whose parser keeps to itself what it has skipped."""

from __future__ import annotations

import re
from typing import Final

from strategies.body import Fault
from strategies.terms import MAX_HEAD, MAX_INTERIM

# RFC 9112: status-line (4), field-line with obs-fold (5); a bare LF is taken for CRLF in a head (2.2).
STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] [0-9]{3}(?: [^\0\r\n]*)?\r?\n")
FIELD_LINE: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\0\r\n]*\r?\n")
FOLDED_LINE: Final = re.compile(rb"[ \t][^\0\r\n]*\r?\n")
BLANK: Final = re.compile(rb"\n\r?\n")
"""Where a head ends."""

_CUT_STATUS = re.compile(rb"HTTP/1\.[01] [0-9]{3}(?: [^\0\r\n]*)?\r?")
_CUT_FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]*(?:(?<!^):[^\0\r\n]*\r?)?|[ \t][^\0\r\n]*\r?|\r")
_SHORTEST = b"HTTP/1.1 200"

_START = b"HTTP/1."
_LENGTH = b"\ncontent-length:"


def judge_cut(head: bytes) -> None:
    """Judge what had come of a head before its connection ended, from its status line on.

    Raises:
        Fault: protocol, where it could not have become one.
    """
    *whole, cut = head.split(b"\n")
    for place, line in enumerate(whole):
        pattern = STATUS_LINE if place == 0 else FOLDED_LINE if line[:1] in b" \t" else FIELD_LINE
        if not pattern.fullmatch(line + b"\n"):
            raise _malformed()
    judge_cut_line(cut, first=not whole)


def judge_cut_line(line: bytes, first: bool) -> None:
    """The same for the line that was cut alone; ``first`` says that it is the status line."""
    if not (_CUT_STATUS.fullmatch(line + _SHORTEST[len(line) :]) if first else _CUT_FIELD.fullmatch(line)):
        raise _malformed()


def _malformed() -> Fault:
    return Fault("protocol", "found a malformed line in a head that ended before its time")


class StrictHead:
    """The heads of one answer: any number of interim ones up to MAX_INTERIM, then the final one."""

    __slots__ = ("_held", "_interim")

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """What comes next is the beginning of an answer."""
        self._held = b""
        self._interim = 0

    def missing(self, data: bytes) -> bool:
        """Take what has come; whether the final head is still to come, or a part of it.

        Raises:
            Fault: protocol.
        """
        held = self._held + data
        if not data:  # a FIN
            judge_cut(held)
            return True
        while True:
            if held[:7] != _START and not _START.startswith(held[:7]):
                raise Fault("protocol", "expected a status line of HTTP/1.0 or 1.1 at the start of the answer")
            end = BLANK.search(held)
            if end is None:
                if len(held) > MAX_HEAD:
                    raise Fault("protocol", f"expected a head of at most {MAX_HEAD} bytes, found more")
                self._held = held
                return True
            if held[9:10] != b"1" or held[9:12] == b"101":
                break
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise Fault("protocol", f"expected an answer after at most {MAX_INTERIM} interim ones, found more")
            held = held[end.end() :]
        self._held = b""
        _, _, rest = held[: end.start() + 1].lower().partition(_LENGTH)
        if rest and (_LENGTH in rest or b"," in rest.partition(b"\n")[0]):
            raise Fault("protocol", "expected one Content-Length, found more")
        return False
