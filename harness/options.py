"""Reading options: each value checked once, at the door, with a sentence that says what was expected."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import exchanges
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.plugins import nearest
from exchanges.units import seconds_from
from harness.exits import UsageError

_T = TypeVar("_T")
_MOST = 1_000_000
"""Of anything that is counted: more would fill the memory before it could be raced."""


def exchange_names(text: str) -> list[str]:
    names = exchanges.names()
    if text == "all":
        return names
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for name in chosen:
        if name not in names:
            raise UsageError(f"unknown exchange {name!r}{nearest(name, names)}")
    if not chosen or len(set(chosen)) < len(chosen):
        raise UsageError(f"--exchange: expected different names such as binance,kraken, found {text!r}")
    return chosen


def pairs(text: str, names: list[str]) -> list[Pair] | int:
    if text.strip().isdigit():
        return count("--pairs", text)
    pairs = [read("--pairs", word, Pair.parse) for word in text.split(",")]
    listed = {i.pair for name in names for i in exchanges.load(name).instruments}
    for pair in pairs:
        if pair not in listed:
            raise UsageError(f"no chosen exchange lists {pair}{nearest(str(pair), [str(p) for p in sorted(listed)])}")
    return pairs


def count(flag: str, text: str) -> int:
    number = read(flag, text, int)
    if not 1 <= number <= _MOST:
        raise UsageError(f"{flag}: expected a whole number from 1 to {_MOST:,}, found {safe(text, 40)}")
    return number


def positive(flag: str, number: float) -> float:
    if not 0 < number < math.inf:
        raise UsageError(f"{flag}: expected more than nothing, found {number}")
    return number


def read(flag: str, text: str, reader: Callable[[str], _T]) -> _T:
    try:
        return reader(text)
    except OverflowError:
        raise UsageError(f"{flag}: expected a smaller number, found {safe(text, 40)!r}") from None
    except ValueError as error:
        said = str(error) if reader is not int else f"expected a whole number, found {safe(text, 40)!r}"
        raise UsageError(f"{flag}: {said}") from None


def deadline(text: str) -> float:
    """A request's deadline in seconds."""
    return positive("--deadline", read("--deadline", text, seconds_from))
