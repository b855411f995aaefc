"""An arm: what races. A strategy under a name, and whether it runs to win or to check the ruler."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from exchanges.errors import safe


@dataclass(frozen=True, slots=True)
class Arm:
    """``name`` is what tables show, ``strategy`` is what ``strategies.load`` takes (for a file, with its
    absolute path, so that workers in other folders find it). ``twin_of`` names the arm that a twin repeats."""

    name: str
    strategy: str
    twin_of: str | None = None


def label_of(name: str) -> str:
    """``./some/where/mine.py:honest`` is shown as ``mine.py:honest``, and nothing in it moves a cursor."""
    path, colon, attribute = name.rpartition(".py:")
    return safe(f"{Path(path).name}.py:{attribute}" if colon else name)


def slug(name: str) -> str:
    """A name as part of a file name: nothing but letters, digits, ``.``, ``_``, ``+`` and ``-``, at most 80."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", name).strip("._")[:80] or "arm"
