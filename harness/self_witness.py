"""What a worker can tell of itself: the terms on which it went to the network, and the place it was given."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import ssl
from pathlib import Path
from typing import Any

import psutil

from harness.influences import roads
from harness.shadowed import CLIENTS, imported_versions, shadowed_here


def terms() -> dict[str, Any]:
    """What would make one client take another road than the next. Asked when all is done, so that what a strategy
    sets or loads late is in it.

    ``variables``: names of the environment's variables that choose a road (``harness.influences``); ``certificates``:
    see ``certificates``, and ``certificates_at_first``: the same before any strategy was loaded;
    ``scheduling_at_first``: see ``scheduling``, likewise; ``libraries``: the
    clients that are loaded and their parts, with the versions that they say themselves; ``shadowed``: those that are
    not what was installed, as a sentence, or None.
    """
    return {
        "variables": roads(os.environ),
        "certificates": certificates(),
        "certificates_at_first": _AT_FIRST,
        "scheduling_at_first": _SCHEDULED_AT_FIRST,
        "libraries": imported_versions(CLIENTS),
        "shadowed": shadowed_here(),
    }


def certificates() -> dict[str, Any]:
    """Whom this process would trust by default: ``authorities``, a digest of where they lie (a place is nobody else's
    business), and the names of what makes a TLS context, which some packages replace for everybody."""
    paths = ssl.get_default_verify_paths()
    places = hashlib.sha256(f"{paths.cafile}\n{paths.capath}".encode()).hexdigest()[:8]
    makers = (ssl.SSLContext, ssl.create_default_context)
    return {
        "authorities": places,
        "made_by": [f"{maker.__module__}.{getattr(maker, '__qualname__', '?')}" for maker in makers],
    }


def scheduling() -> list[str]:
    """How the system schedules this process and every process below it, all their threads included: each way once,
    such as ``cores 0 1, nice 0, policy 0`` (the number of sched_setscheduler(2)). Asked while a strategy is open."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    ways = set()
    for thread in itertools.chain.from_iterable(_threads_of(process.pid) for process in processes):
        with contextlib.suppress(OSError):  # it ended a moment ago
            ways.add(_way_of(thread))
    return sorted(ways)


def _threads_of(pid: int) -> list[int]:
    try:
        return [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return [pid]  # it is gone, or this is not Linux, where a process is asked as a whole


def _way_of(thread: int) -> str:
    said = [f"nice {os.getpriority(os.PRIO_PROCESS, thread)}"]
    if hasattr(os, "sched_getaffinity"):
        said.insert(0, f"cores {' '.join(map(str, sorted(os.sched_getaffinity(thread))))}")
    if hasattr(os, "sched_getscheduler"):
        said.append(f"policy {os.sched_getscheduler(thread)}")
    return ", ".join(said)


def place() -> dict[str, Any]:
    """What was drawn for this worker, or given to it: ``hash_seed`` (None: Python's own dice), ``padding`` of the
    environment in bytes, ``folder`` (the length of its working folder's name), ``cores`` that it may use (None where
    the system does not tell)."""
    seed = os.environ.get("PYTHONHASHSEED", "")
    return {
        "hash_seed": int(seed) if seed.isdecimal() else None,
        "padding": len(os.environ.get("FETCHRACE_PADDING", "")),
        "folder": len(Path.cwd().name),
        "cores": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
    }


_AT_FIRST = certificates()
_SCHEDULED_AT_FIRST = scheduling()
"""Taken when this module is imported, which is before any strategy is."""
