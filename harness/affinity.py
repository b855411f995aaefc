"""``--affinity``: on which cores the mock server and the workers run.

Left to the scheduler, server and client roam, as they do in real life, and a busy core is shared by whoever is there.
Law: a process is bound before it exists, by the thread that starts it, so that all its threads and children are too.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from harness.exits import EnvironmentGap
from harness.options import TakesOptions

MODES: Final = ("free", "split", "shared")
"""The scheduler's choice; the mock server on the first allowed core and workers on the others; both on the first."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Numbers of cores, ascending; None is the scheduler's choice."""

    mock: tuple[int, ...] | None = None
    workers: tuple[int, ...] | None = None


def add_argument(parser: TakesOptions) -> None:
    """Add ``--affinity``."""
    parser.add_argument(
        "--affinity",
        choices=MODES,
        default="free",
        help="cores: left to the scheduler, split (the mock server on the first, workers on the others), "
        "or the first one shared by both (free)",
    )


def cores_for(mode: str) -> Cores:
    """The cores of a mode, among those that this process may use.

    Raises:
        EnvironmentGap: the system cannot bind processes to cores, or there are too few of them.
        ValueError: there is no such mode.
    """
    if mode not in MODES:
        raise ValueError(f"expected an affinity of {', '.join(MODES)}, found {mode!r}")
    if mode == "free":
        return Cores()
    if not hasattr(os, "sched_setaffinity"):
        raise EnvironmentGap(
            f"--affinity {mode} needs a system that binds processes to cores, and this one does not; try free"
        )
    allowed = tuple(sorted(os.sched_getaffinity(0)))
    if mode == "shared":
        return Cores(allowed[:1], allowed[:1])
    if len(allowed) < 2:
        raise EnvironmentGap("--affinity split needs two cores, and this process may use one; try free or shared")
    return Cores(allowed[:1], allowed[1:])


@contextlib.contextmanager
def on_cores(cores: Collection[int] | None) -> Iterator[None]:
    """Bind this thread, and what it starts meanwhile, to these cores; None changes nothing. What was started keeps
    them, this thread does not."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
