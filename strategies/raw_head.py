"""The head of an answer from its raw lines, for a library that hands them out one by one as they came.

Whole lines are all that it sees: what came of a line that was cut, such a library keeps to itself.
"""

from __future__ import annotations

import re
from typing import Final

from strategies.body import Fault
from strategies.strict_head import FIELD_LINE, FOLDED_LINE, STATUS_LINE, judge_cut
from strategies.terms import MAX_HEAD, MAX_INTERIM

_HEAD: Final = re.compile(b"%b(?:%b(?:%b)*)*" % (STATUS_LINE.pattern, FIELD_LINE.pattern, FOLDED_LINE.pattern))
_TRAILER: Final = re.compile(b"%b|%b|\r?\n" % (FIELD_LINE.pattern, FOLDED_LINE.pattern))
_FOLD: Final = re.compile(r"\r?\n[ \t]+")
_BLANK: Final = (b"\r\n", b"\n")


class Fields(dict[str, str]):
    """The header lines of an answer by their names, which may be asked for in any case; the values of a repeated
    one are joined by commas, as RFC 9110, 5.3 has it."""

    __slots__ = ("lines",)

    def __init__(self, text: str) -> None:
        """``text`` is the lines without their status line; ``lines`` says how many they were."""
        if "\n " in text or "\n\t" in text:
            text = _FOLD.sub(" ", text)
        self.lines = 0
        for line in text.split("\n"):
            if line:
                name, _, value = line.partition(":")
                name, value = name.lower(), value.strip(" \t\r")
                self[name] = f"{super().__getitem__(name)}, {value}" if name in self else value
                self.lines += 1

    def __len__(self) -> int:
        return self.lines  # what MAX_HEADERS counts

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        return super().get(name.lower(), default)


class RawHead:
    """``add`` each line; ``fields`` is there when the final head is whole, and ``status`` is its status.

    Raises:
        Fault: protocol, from ``add`` and ``end``.
    """

    __slots__ = ("_interim", "_lines", "_size", "fields", "status")

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self.begin()

    def begin(self) -> None:
        """What comes next is the beginning of an answer."""
        self._lines.clear()
        self._size = 0
        self._interim = 0
        self.status = 0
        self.fields: Fields | None = None

    def add(self, line: bytes) -> bool:
        """Take the next line, of the trailer too; whether it was the last of the final head."""
        self._size += len(line)
        if self._size > MAX_HEAD:
            raise Fault("protocol", f"expected a head of at most {MAX_HEAD} bytes, found more")
        if self.fields is not None:
            if not _TRAILER.fullmatch(line):
                raise Fault("protocol", "found a malformed line in the trailer of the answer")
            return False
        if line not in _BLANK:
            self._lines.append(line)
            return False
        return self._whole()

    def end(self) -> None:
        """The connection has ended inside the head; judges what had come of it."""
        judge_cut(b"".join(self._lines))

    def _whole(self) -> bool:
        head = b"".join(self._lines)
        self._lines.clear()
        self._size = 0
        if not _HEAD.fullmatch(head):
            raise Fault("protocol", "found a malformed line in the head of the answer")
        self.status = int(head[9:12])
        if 100 <= self.status < 200 and self.status != 101:
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise Fault("protocol", f"expected an answer after at most {MAX_INTERIM} interim ones, found more")
            return False
        self.fields = Fields(head.decode("latin-1").partition("\n")[2])
        return True
