"""The headers of an answer, read when somebody asks for one: a price needs none of them.

A mapping that looks up names in any case, as those of the libraries do. Several lines of one name are joined by commas
(RFC 9110, 5.3), and folded lines by a blank (RFC 9112, 5.2). The head must have been judged before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_BLANKS = " \t\r"
_BLANK_LINE = ("", "\r")


class Head(Mapping[str, str]):
    """Headers by their names. ``raw`` begins with the status line; whatever comes after the blank line is not read."""

    __slots__ = ("_fields", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._fields: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._read()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, str]:
        if self._fields is None:
            fields: dict[str, str] = {}
            name = ""
            for line in self._raw.decode("latin-1").split("\n")[1:]:
                if line in _BLANK_LINE:
                    break
                if line[0] in _BLANKS:
                    fields[name] = f"{fields[name]} {line.strip(_BLANKS)}".strip(_BLANKS)
                    continue
                name, _, value = line.partition(":")
                name, value = name.lower(), value.strip(_BLANKS)
                fields[name] = f"{fields[name]}, {value}" if name in fields else value
            self._fields, self._raw = fields, b""
        return self._fields
