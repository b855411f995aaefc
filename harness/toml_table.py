"""A table of a TOML file, read key by key: what is wrong with one is said with the file, the line and the key."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from harness.exits import UsageError

_LONGEST_SOUGHT: Final = 64 * 1024
_MOST_TRIES: Final = 200


@dataclass(frozen=True, slots=True)
class TomlTable:
    """``file`` is its name as it is shown, ``text`` what it holds; ``place`` are the keys, and the places in arrays
    counted from 0, that lead to this table; ``values`` are the table's own."""

    file: str
    text: str
    place: tuple[str | int, ...]
    values: dict[str, Any]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def only(self, *known: str) -> None:
        """Raises UsageError where a key is none of the ``known``."""
        for key in self.values:
            if key not in known:
                raise self.error(key, f"unknown key{nearest(key, known) or '; known are ' + ', '.join(known)}")

    def text_of(self, key: str, example: str) -> str:
        """A text that is not empty. Raises UsageError."""
        value = self._value(key, f'text in quotes such as "{example}"')
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise self.error(key, f'expected text in quotes such as "{example}", found the number {_brief(value)}; '
                                  "put it in quotes, so that every digit counts")  # fmt: skip
        if not isinstance(value, str):
            raise self.error(key, f'expected text in quotes such as "{example}", found {_kind(value)}')
        if not value.strip():
            raise self.error(key, f'expected text such as "{example}", found none between the quotes')
        return value

    def date_of(self, key: str) -> date:
        """A day. Raises UsageError."""
        value = self._value(key, "a date such as 2026-01-31")
        if isinstance(value, datetime):
            return value.date()
        if not isinstance(value, date):
            quoted = ", without quotes" if isinstance(value, str) else ""
            raise self.error(key, f"expected a date such as 2026-01-31{quoted}, found {_kind(value)}")
        return value

    def table(self, key: str) -> TomlTable:
        """The table at ``key``; an empty one where there is none. Raises UsageError."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"expected a table, written [{self._header(key)}], found {_kind(value)}")
        return self._inner(value, key)

    def tables(self, key: str) -> list[TomlTable]:
        """The tables at ``key``, none where there is no such key. Raises UsageError."""
        found = self.values.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.error(key, f"expected tables, each beginning [[{self._header(key)}]], found {_kind(found)}")
        return [self._inner(one, key, place) for place, one in enumerate(found)]

    def error(self, key: str | None, reason: str) -> UsageError:
        """What is wrong at ``key``, or with the table itself, as an error to be raised."""
        place = self.place if key is None else (*self.place, key)
        line = _line_of(self.text, place)
        where = f"{self.file}, line {line}" if line else self.file
        return UsageError(f"{where}: {_in_words(place)}{reason}")

    def _value(self, key: str, expected: str) -> Any:
        if key not in self.values:
            raise self.error(None, f"no {key}: expected {expected}")
        return self.values[key]

    def _inner(self, values: dict[str, Any], *place: str | int) -> TomlTable:
        return replace(self, place=(*self.place, *place), values=values)

    def _header(self, key: str) -> str:
        return ".".join(str(step) for step in (*self.place, key) if isinstance(step, str))


def _in_words(place: Sequence[str | int]) -> str:
    """``holding 2, lot 1, amount: ``; nothing for the file itself."""
    words: list[str] = []
    for step in place:
        if isinstance(step, int):
            words[-1] += f" {step + 1}"
        else:
            words.append(safe(step, 40))
    return ", ".join(words) + ": " if words else ""


def _kind(value: object) -> str:
    """A value in a few words."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {_brief(value)}"
        case str():
            return f"the text {safe(value, 40)!r}"
        case list():
            return "an array"
        case dict():
            return "a table"
        case datetime() | date() | time():
            return f"the time {value}"
    return type(value).__name__


def _brief(number: float) -> str:
    return safe(str(number), 40)


def _line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The line on which what is at ``place`` ends, counted from 1: that of the shortest beginning of the file that has
    it. tomllib does not say. None where the file is too long for seeking it, or is no table's."""
    if not place or len(text) > _LONGEST_SOUGHT:
        return None
    lines = text.split("\n")
    without, having = 0, len(lines)
    for _ in range(_MOST_TRIES):
        if having - without <= 1:
            return having
        middle = end = (without + having) // 2
        # A beginning that ends inside of an array is no TOML: a shorter one is.
        while (found := _parsed(lines[:end])) is None and end > without + 1:
            end -= 1
        if found is not None and _has(found, place):
            having = end
        else:
            without = middle
    return None


def _parsed(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return None


def _has(found: Any, place: Sequence[str | int]) -> bool:
    for step in place:
        if isinstance(step, str):
            if not isinstance(found, dict) or step not in found:
                return False
        elif not isinstance(found, list) or step >= len(found):
            return False
        found = found[step]
    return True
