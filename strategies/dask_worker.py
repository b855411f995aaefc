"""What runs on the workers of a dask cluster: one inner strategy, opened once, and a shard of each batch.

Everything here is called by name from another machine: plain data in, plain data out.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import pickle
import platform
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import strategies
from exchanges.plugins import PluginError
from exchanges.wire import Request
from strategies.strategy import Fetch, Outcome
from strategies.worker_clock import machine_id
from strategies.worker_process import Job, decode_from

_OURS = ("exchanges", "strategies")


@dataclass(frozen=True, slots=True)
class Part:
    """What one worker has to do with a race: ``session`` tells one opening from another, ``strategy`` is the inner
    one's name, ``job`` its limits with this worker's share of the requests in flight, and the packed decode."""

    session: str
    strategy: str
    job: Job


@dataclass(frozen=True, slots=True)
class Shard:
    """What came of a shard, or of opening: the outcomes, or what went wrong, as a sentence; from when to when by the
    worker's CLOCK_MONOTONIC, on which machine, in which process."""

    outcomes: tuple[Outcome, ...]
    problem: str | None
    began: float
    ended: float
    machine: str
    pid: int


class _Open:
    """An inner strategy that is open. One shard at a time: a worker may have several threads, a Fetch is for one."""

    def __init__(self, part: Part) -> None:
        self.lock = threading.Lock()
        self.left = ExitStack()
        opened = strategies.load(part.strategy)(part.job[0], decode_from(part.job))
        self.fetch: Fetch = self.left.enter_context(opened)


_open: dict[str, _Open] = {}
_opening = threading.Lock()


def run_shard(part: Part, packed: bytes) -> Shard:
    """Make the requests of a shard, in their order; where there are none, open what is needed for them. They are
    pickled, or dask would look for values of its own in each of them."""
    began = time.monotonic()
    requests: Sequence[Request] = pickle.loads(packed)  # noqa: S301  from our own caller
    outcomes: list[Outcome] = []
    problem = None
    try:
        with _opening:
            if part.session not in _open:
                _open[part.session] = _Open(part)
            mine = _open[part.session]
        if requests:
            with mine.lock:
                outcomes = mine.fetch(requests)
    except PluginError as error:
        problem = str(error)
    except Exception as error:
        said = "".join(traceback.format_exception(error))
        problem = f"{type(error).__name__}: {error}\n{said}"
    return Shard(tuple(outcomes), problem, began, time.monotonic(), machine_id(), os.getpid())


def close(session: str) -> None:
    """Leave the inner strategy."""
    with _opening:
        mine = _open.pop(session, None)
    if mine is not None:
        with mine.lock:
            mine.left.close()


def versions() -> dict[str, str]:
    """What must be the same everywhere, so that a value means the same everywhere: Python (its minor version decides
    what is pickled how), dask and distributed, and our own source as a digest."""
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "dask": importlib.metadata.version("dask"),
        "distributed": importlib.metadata.version("distributed"),
        "fetchrace": _digest(),
    }


def _digest() -> str:
    home = Path(__file__).resolve().parent.parent
    found = hashlib.sha256()
    for file in sorted(file for package in _OURS for file in (home / package).rglob("*.py")):
        data = file.read_bytes()
        found.update(f"{file.relative_to(home)}\n{len(data)}\n".encode() + data)
    return f"source {found.hexdigest()[:12]}"
