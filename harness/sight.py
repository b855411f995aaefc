"""What ``--watch`` looks at, and what a command makes of one reading of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from harness.tracker.reading import Reading
from harness.usable import Market


@dataclass(frozen=True, slots=True)
class Look:
    """What a command makes of one reading. ``document`` is its part of the JSON, ``rows`` its rows of CSV, ``draw``
    prints it, ``line`` is all there is where one line was asked for (None: it was not); ``missing`` are sentences of
    what is not in it."""

    document: Callable[[], dict[str, Any]]
    rows: Callable[[], Iterable[Sequence[Any]]]
    draw: Callable[[Console], None]
    line: str | None = None
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What is looked at: ``markets`` of the exchanges called ``names``, books of so many ``levels`` (0: quotes);
    ``look`` makes something of a reading, ``columns`` are those of its rows."""

    names: Sequence[str]
    markets: Sequence[Market]
    look: Callable[[Reading], Look]
    columns: Sequence[str]
    levels: int = 0
