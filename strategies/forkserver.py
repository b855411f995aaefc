"""multiprocessing's forkserver, started once and stopped again: children from a process without threads.

Forking the caller itself would copy whatever locks its threads hold (deadlocks), and spawning takes 10 times as
long. The fork server imports the libraries once, so that every worker has them at birth.
"""

from __future__ import annotations

import inspect
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver as _forkserver_module
from multiprocessing import resource_tracker as _tracker_module
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any


@contextmanager
def forkserver(preload: Sequence[str]) -> Iterator[ForkServerContext]:
    """Yield a context whose processes start from a server that has imported ``preload``.

    If someone else runs a fork server already, it is used as it is, and left alone.
    """
    # multiprocessing has no public way to stop its two helper processes, and promise 7 lets no process live
    # on. Only what did not run before is stopped.
    server: Any = _forkserver_module._forkserver
    server_was_there = server._forkserver_pid is not None
    context = multiprocessing.get_context("forkserver")
    with tracker_as_before():
        if not server_was_there:
            own = getattr(sys.modules["__main__"].__spec__, "name", "")
            context.set_forkserver_preload([m for m in (*preload, *_imported_by_main()) if m != own])
            with _our_path_in_environment():
                _forkserver_module.ensure_running()
        try:
            yield context
        finally:
            if not server_was_there:
                server._stop()
                context.set_forkserver_preload(["__main__"])  # multiprocessing's own default


@contextmanager
def tracker_as_before() -> Iterator[None]:
    """Stop multiprocessing's resource tracker when the block is left, unless it ran before: whoever starts a process
    in another way than by forking starts it too, and nobody stops it."""
    tracker: Any = _tracker_module._resource_tracker
    tracker_was_there = tracker._fd is not None
    try:
        yield
    finally:
        if not tracker_was_there:
            tracker._stop()


@contextmanager
def _our_path_in_environment() -> Iterator[None]:
    """Let a new interpreter find what this one finds: CPython 3.11 hands ``sys.path`` to the fork server, which
    then forgets to use it, cannot preload anything outside its own path, and says nothing."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _imported_by_main() -> list[str]:
    """The modules that the main module got its names from.

    Every worker runs the caller's main module again (multiprocessing's way, under the name ``__mp_main__``):
    what that imports is imported once in the fork server. The main module itself must not be, or runpy warns.
    """
    main = sys.modules["__main__"]
    names = {x.__name__ if inspect.ismodule(x) else getattr(x, "__module__", None) for x in vars(main).values()}
    return sorted(name for name in names if isinstance(name, str) and name in sys.modules and name != "__main__")
