"""What goes on beside a race of the selftest: nothing, a busy neighbour, a clock that is about to step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Beside:
    """``variables`` are added to the race's environment, ``arguments`` to those of its launcher; ``meanwhile`` is
    called about ten times a second while it runs; ``by`` says in a word or two how it was done, for the evidence."""

    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    meanwhile: Callable[[], None] = _nothing
    by: str = ""


Arranged: TypeAlias = Callable[[Path], AbstractContextManager[Beside]]
"""Arranges what goes on beside a race, given the race's folder of results, and ends it when the race is over."""


@contextmanager
def nothing(results: Path) -> Iterator[Beside]:
    """A race by itself."""
    yield Beside()
