"""A client of a dask cluster: of one that is made here, or of the one that the environment names.

Whoever connects to a scheduler trusts it: it, its workers and its clients run code for each other.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import dask
import distributed

import strategies
from exchanges.errors import safe
from strategies.dask_worker import versions
from strategies.forkserver import tracker_as_before

PATIENCE_S: Final = 5.0
"""How long a scheduler may take to answer, and a cluster to have its first worker, in seconds."""

_LOCAL: Final = {
    # A worker may have children: an inner strategy such as ``processes`` has.
    "distributed.worker.daemon": False,
    # A shard belongs to the worker that has its connections open.
    "distributed.scheduler.work-stealing": False,
    "distributed.admin.tick.interval": "1h",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.terminate": False,
    "distributed.comm.timeouts.connect": f"{PATIENCE_S:g}s",
}


_library: Any = distributed  # it has types for a part of what it has


class ClusterGap(Exception):
    """A cluster that is not there, or that is not fit for our work; a sentence that says what to do."""


def address() -> str:
    """The scheduler that is named, or nothing."""
    return os.environ.get(strategies.SCHEDULER, "").strip()


@contextlib.contextmanager
def client(workers: int) -> Iterator[Any]:
    """A ``distributed.Client``. A cluster that is made here has so many workers of one thread each, on the loopback
    interface, without a dashboard; leaving ends it.

    Raises:
        ClusterGap: no scheduler, no worker, or other versions there than here.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
    with tracker_as_before(), _offloading(), contextlib.ExitStack() as left:
        named = address()
        if named:
            one = left.enter_context(_connected(named))
            problem = _mismatch(named, one)
            if problem is not None:
                raise ClusterGap(problem)
        else:
            one = left.enter_context(_made_here(workers))
        yield one


def lacking() -> str | None:
    """What the cluster that is named lacks for our work, as a sentence; None where nothing, or where none is named."""
    if not address():
        return None
    try:
        with client(0):
            return None
    except ClusterGap as gap:
        return str(gap)


@contextlib.contextmanager
def _offloading() -> Iterator[None]:
    """A thread for dask's large messages that ends with us: its own one stays for as long as the process."""
    name, utils = "_offload_executor", distributed.utils  # dask has no public way to end it
    before = getattr(utils, name)
    with ThreadPoolExecutor(1, thread_name_prefix="Dask-Offload") as ours:
        setattr(utils, name, ours)
        try:
            yield
        finally:
            setattr(utils, name, before)
            gc.collect()  # the semaphores of processes that have ended, while somebody still tracks them


@contextlib.contextmanager
def _made_here(workers: int) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="fetchrace-") as folder, contextlib.ExitStack() as left:
        left.enter_context(dask.config.set({**_LOCAL, "temporary-directory": folder}))
        made = _library.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            worker_dashboard_address=None, silence_logs=logging.CRITICAL + 1, memory_limit=0, local_directory=folder,
        )  # fmt: skip
        cluster = left.enter_context(made)
        yield left.enter_context(_library.Client(cluster, set_as_default=False))


@contextlib.contextmanager
def _connected(named: str) -> Iterator[Any]:
    try:
        one = _library.Client(named, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterGap(
            f"there is no dask scheduler at {safe(named, 80)}, or it did not answer within {PATIENCE_S:g} s "
            f"({safe(str(error) or type(error).__name__, 80)}); start one with `dask scheduler` and workers with `dask "
            "worker ADDRESS`, or leave --scheduler out for a cluster on this machine"
        ) from None
    with one:
        try:
            one.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError:
            raise ClusterGap(
                f"the dask scheduler at {safe(named, 80)} had no worker within {PATIENCE_S:g} s; start some with `dask "
                f"worker {safe(named, 80)}`"
            ) from None
        yield one


def _mismatch(named: str, one: Any) -> str | None:
    """How client, scheduler and workers differ, as a sentence."""
    here = versions()
    try:
        there = {f"the scheduler {named}": one.run_on_scheduler(versions)}
    except Exception as error:
        return _unfit(f"the scheduler {named}", error)
    for worker, found in one.run(versions, on_error="return").items():
        if isinstance(found, BaseException):
            return _unfit(f"the worker {worker}", found)
        there[f"the worker {worker}"] = found
    for who, theirs in there.items():
        apart = [
            f"{what} {theirs.get(what)} where it is {here[what]} here"
            for what in here
            if theirs.get(what) != here[what]
        ]
        if apart:
            return f"{safe(who, 80)} has {safe(', '.join(apart), 200)}; install the same versions in both places"
    return None


def _unfit(who: str, error: BaseException) -> str:
    said = safe(f"{type(error).__name__}: {error}", 120)
    missing = re.search(r"No module named '([\w.]+)'", said)  # dask hands on the words of an exception, not its class
    if missing is not None:
        return f"{safe(who, 80)} cannot import {missing[1]!r}: install fetchrace there, the same version as here"
    return f"{safe(who, 80)} cannot tell its versions ({said}); install the same versions of python, dask and fetchrace"
