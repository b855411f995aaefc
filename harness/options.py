"""Reading options: each value checked once, at the door, with a sentence that says what was expected."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import exchanges
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.plugins import PluginError, UnknownName, nearest
from exchanges.units import seconds_from
from harness import listing
from harness.exits import EnvironmentGap, UsageError

_T = TypeVar("_T")
_MOST = 1_000_000
"""Of anything that is counted: more would fill the memory before it could be raced."""


class TakesOptions(Protocol):
    """A parser or a group of its options: argparse has no public name for what the two have in common."""

    def add_argument(self, *args: Any, **kwargs: Any) -> argparse.Action: ...


def given(add_arguments: Callable[[argparse.ArgumentParser], None], argv: Sequence[str]) -> set[str]:
    """The options that are among the words, whether or not their values are the ones that they would have anyway."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_arguments(parser)
    parser.set_defaults(**dict.fromkeys(vars(parser.parse_args([]))))
    return {name for name, value in vars(parser.parse_args(argv)).items() if value is not None}


def folder(flag: str) -> Callable[[str], Path]:
    """What reads the value of ``flag``, a place: ``Path`` alone would take no text at all for the working folder."""

    def read_folder(text: str) -> Path:
        if not text:
            raise UsageError(f"{flag}: expected a folder, found ''")
        return Path(text)

    return read_folder


def exchange_names(text: str) -> list[str]:
    """The exchanges meant by ``all`` or ``kraken,mine.py:GEMINI``; a guest's from a file is known by its own name from
    then on, here and in all processes of ours. Under ``all`` a broken one is left out, and told.

    Raises:
        UsageError: an unknown name or file, a name twice or taken, no name.
        PluginError: one that was named is broken.
        EnvironmentGap: all are broken.
    """
    names = exchanges.names()
    if text == "all":
        return [name for name in names if _is_sound(name)] or _nobody()
    chosen = [_introduced(word.strip()) for word in text.split(",") if word.strip()]
    names = exchanges.names()
    for name in chosen:
        if name not in names:
            raise UsageError(f"unknown exchange {name!r}{nearest(name, names)}")
    if not chosen or len(set(chosen)) < len(chosen):
        raise UsageError(f"--exchange: expected different names such as binance,kraken, found {text!r}")
    for name in chosen:
        listing.exchange(name)
    return chosen


def _introduced(word: str) -> str:
    """The name of an exchange; of one in a file its own."""
    if ".py:" not in word:
        return word
    try:
        found = listing.exchange(word)
        exchanges.GROUP.introduce(found.name, word)
    except UnknownName as error:
        raise UsageError(str(error)) from error
    except ValueError as error:
        raise UsageError(f"--exchange: {error}") from None
    return found.name


def _is_sound(name: str) -> bool:
    try:
        listing.exchange(name)
    except PluginError as error:
        _say(f"{error}; it is left out")
        return False
    return True


def _nobody() -> list[str]:
    raise EnvironmentGap("no exchange is left to ask; nothing was measured")


def pairs(text: str, names: list[str]) -> list[Pair] | int:
    """The pairs meant by ``5`` or ``BTC/USD,ETH/USD``; says which of the exchanges lists none of them.

    Raises:
        UsageError: no pair, a pair twice, or one that no chosen exchange lists.
    """
    if text.strip().isdigit():
        return count("--pairs", text)
    pairs = [read("--pairs", word, Pair.parse) for word in text.split(",")]
    by_name = {name: {instrument.pair for instrument in exchanges.load(name).instruments} for name in names}
    listed = set().union(*by_name.values())
    for place, pair in enumerate(pairs):
        if pair in pairs[:place]:
            raise UsageError(f"--pairs: {pair} is named twice")
        if pair not in listed:
            raise UsageError(f"no chosen exchange lists {pair}{nearest(str(pair), [str(p) for p in sorted(listed)])}")
    for name, theirs in by_name.items():
        if not theirs & set(pairs):
            _say(f"{name} lists none of the chosen pairs; it is left out")
    return pairs


def _say(sentence: str) -> None:
    sys.stderr.write(f"fetchrace: {safe(sentence, 300)}\n")


def count(flag: str, text: str, most: int = _MOST) -> int:
    number = read(flag, text, int)
    if not 1 <= number <= most:
        raise UsageError(f"{flag}: expected a whole number from 1 to {most:,}, found {safe(text, 40)}")
    return number


def positive(flag: str, number: float) -> float:
    if not 0 < number < math.inf:
        raise UsageError(f"{flag}: expected more than nothing, found {number}")
    return number


def share(flag: str, text: str) -> float:
    """A share from 0 to 1."""
    found = read(flag, text, _number)
    if not 0 <= found <= 1:
        raise UsageError(f"{flag}: expected a share from 0 to 1 such as 0.05, found {safe(text, 40)}")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"expected a number such as 0.05, found {safe(text, 40)!r}") from None


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
