"""Which code an arm runs: a digest of the source behind its strategy, by which two versions of it are told apart.

Law: what has the same digest has the same source; a number is made of one digest alone.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import strategies
from harness.arm import on_cluster

_HOME: Final = Path(__file__).resolve().parent.parent
_OURS: Final = ("exchanges", "harness", "mock_server", "strategies")


def source_of(strategy: str) -> str | None:
    """The digest, in sixteen letters, of what ``strategies.load(strategy)`` has just loaded: of a guest's file, of the
    module's file of an installed plugin, and for a built-in of all our own packages, which share its work; of one on a
    cluster the same as without it. None where there is no such file, or it cannot be read."""
    strategy = on_cluster(strategy)[1]
    if ".py:" in strategy:
        files = [Path(strategy.rpartition(":")[0])]
    elif strategy in strategies.GROUP.builtins:
        files = sorted(file for package in _OURS for file in (_HOME / package).rglob("*.py"))
    else:
        files = _module_of(strategy)
    try:
        return _digest(files) if files else None
    except OSError:
        return None


def _module_of(strategy: str) -> list[Path]:
    for point in importlib.metadata.entry_points(group=strategies.GROUP.entry_points, name=strategy):
        file = getattr(sys.modules.get(point.module), "__file__", None)
        if isinstance(file, str):
            return [Path(file)]
    return []


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for file in files:
        name = file.relative_to(_HOME) if file.is_relative_to(_HOME) else file.name
        data = file.read_bytes()
        found.update(f"{name}\n{len(data)}\n".encode() + data)
    return found.hexdigest()[:16]
