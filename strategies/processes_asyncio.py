"""Processes with asyncio: an event loop per core, each in a worker process that lives as long as the strategy.

Each worker is ``asyncio-aiohttp`` with its share of the requests in flight, and decodes what it fetches. Workers are
started by a fork server (``strategies.forkserver``), as many as there are cores that this process may use.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from strategies.forkserver import forkserver
from strategies.loop_crew import Batch, Desk
from strategies.loop_worker import serve
from strategies.strategy import Decode, Fetch, Limits
from strategies.terms import Trust
from strategies.turns import Turns
from strategies.worker_process import Worker, packed_decode


@contextmanager
def processes_asyncio(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """A batch is told to all workers; which request comes next they draw from one pipe, so that none is idle while
    another queues.

    Raises:
        TypeError: ``decode`` cannot be sent to another process.
        OSError: ``ca_file`` cannot be used.
    """
    Trust(limits.ca_file)  # every worker builds its own; this one says here what is wrong with the file
    job = packed_decode(limits, decode)
    with forkserver([job[2], "strategies.loop_worker"]) as context, contextlib.closing(Turns(context)) as turns:
        crew: list[Desk] = []
        try:
            # All are started before the first is waited for, so that they get ready side by side.
            crew.extend(Desk(Worker(context, (job, turns), serve)) for _ in range(min(limits.in_flight, _cores())))
            for desk in crew:
                desk.wait_until_ready()
            yield lambda requests: Batch(crew, turns, limits, requests).fetch() if requests else []
        finally:
            for desk in crew:
                desk.end()
            for desk in crew:
                desk.worker.join()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
