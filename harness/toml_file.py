"""TOML files that people write: each is read whole, or refused in one sentence that says where it is wrong."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from exchanges.errors import safe
from harness.exits import EnvironmentGap, UsageError
from harness.toml_table import TomlTable

LARGEST: Final = 1024 * 1024
"""Bytes of a file; nobody writes more by hand."""
_MOST_DOTS: Final = 100
_LEAST: Final = -(2**63)
"""TOML's integers have 64 bits."""
_TOO_LONG: Final = ": one of its numbers is too long; amounts are text in quotes"
_LONE_DOT: Final = re.compile(r"(?<!\.)\.(?!\.)")


def read_toml(path: Path, what: str) -> TomlTable:
    """The table that the file at ``path`` is. ``what`` it is for, as in "no configuration at 'x.toml'".

    Raises:
        UsageError: there is no such file, it is a folder, larger than LARGEST, no UTF-8, or no TOML.
        EnvironmentGap: it cannot be read.
    """
    file = shown(path)
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except IsADirectoryError:
        raise UsageError(f"{file} is a folder, expected a {what} (a TOML file)") from None
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a name with a NUL in it
        raise UsageError(f"no {what} at {file}: expected a TOML file") from None
    except OSError as error:
        raise EnvironmentGap(f"the {what} {file} cannot be read: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise UsageError(f"{file} is larger than 1 MiB, more than a {what} can hold; nothing of it was read")
    try:
        # Some editors begin a file with a byte order mark, which TOML does not know.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{file}, line {line}: expected UTF-8, found the byte 0x{data[error.start]:02x}") from None
    return TomlTable(file, text, (), _parsed(file, text))


def shown(path: Path) -> str:
    """A path as messages have it: the home folder as ~, and nothing in it that moves a cursor."""
    text, home = str(path), os.path.expanduser("~")  # noqa: PTH111 (Path.home() raises where nobody knows one)
    if len(home) > 1 and (text == home or text.startswith(home + os.sep)):
        text = "~" + text[len(home) :]
    return repr(safe(text, 300))


def _parsed(file: str, text: str) -> dict[str, object]:
    for number, line in enumerate(text.split("\n"), 1):
        # tomllib takes a time that grows with the square of a key's parts: hours for a megabyte of them.
        if len(line) > _MOST_DOTS and any(len(_LONE_DOT.findall(part)) > _MOST_DOTS for part in line.split("=")):
            raise UsageError(f"{file}, line {number}: expected keys of at most {_MOST_DOTS} parts")
    try:
        # With an end to its last line, so that what is wrong there is not told as being "at the end".
        values = tomllib.loads(f"{text}\n")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}{_placed(str(error))}") from None
    except ValueError:  # an integer of more digits than Python reads
        raise UsageError(f"{file}{_TOO_LONG}") from None
    except RecursionError:
        raise UsageError(f"{file}: its arrays or tables lie too deep in each other") from None
    # In hexadecimal digits Python reads more of them than it prints.
    if any(isinstance(value, int) and not _LEAST <= value <= -_LEAST - 1 for value in _all_in(values)):
        raise UsageError(f"{file}{_TOO_LONG}")
    return values


def _all_in(values: dict[str, object]) -> Iterator[object]:
    left: list[object] = [values]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value


def _placed(reason: str) -> str:
    """tomllib's reason behind a file's name, its place first."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", reason, re.DOTALL)
    if found is None:
        return f": {safe(reason, 200)}"
    if found[1] == "Cannot overwrite a value":
        reason = "this key is there already"
    else:
        reason = safe(found[1][:1].lower() + found[1][1:], 200)
    where = f", line {found[2]}, column {found[3]}" if found[2] else ", at its end"
    return f"{where}: {reason}"
