"""An arm: what races. A strategy under a name, and whether it runs to win or to check the ruler."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exchanges.errors import safe

_BATCH: Final = "+batch"
_CLUSTER: Final = "dask+"


@dataclass(frozen=True, slots=True)
class Arm:
    """``name`` is what tables show, ``strategy`` is what ``strategies.load`` takes (for a file, with its
    absolute path, so that workers in other folders find it). ``twin_of`` names the arm that a twin repeats."""

    name: str
    strategy: str
    twin_of: str | None = None

    @property
    def plan(self) -> str:
        """One of ``harness.scenario.PLANS``."""
        return plan_of(self.name)


def plan_of(name: str) -> str:
    """The plan that an arm's name says: ``threads+batch`` says batch, ``threads`` single."""
    return "batch" if name.endswith(_BATCH) else "single"


def in_single(name: str) -> str:
    """The name of the same strategy with one request a pair."""
    return name.removesuffix(_BATCH)


def in_batch(name: str) -> str:
    """The name of the same strategy with many pairs in one request."""
    return in_single(name) + _BATCH


def on_cluster(name: str) -> tuple[str, str]:
    """What a name says of a cluster, and what runs there: ``dask+threads+batch`` is ``dask+`` and ``threads+batch``,
    ``threads`` is nothing and ``threads``."""
    inner = name.removeprefix(_CLUSTER)
    return name[: len(name) - len(inner)], inner


def label_of(name: str) -> str:
    """``./some/where/mine.py:honest`` is shown as ``mine.py:honest``, and nothing in it moves a cursor."""
    cluster, inner = on_cluster(name)
    path, colon, attribute = inner.rpartition(".py:")
    return safe(f"{cluster}{Path(path).name}.py:{attribute}" if colon else name)


def slug(name: str) -> str:
    """A name as part of a file name: nothing but letters, digits, ``.``, ``_``, ``+`` and ``-``, at most 80."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", name).strip("._")[:80] or "arm"
