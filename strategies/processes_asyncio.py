"""Processes with asyncio: an event loop per core, each in a worker process that lives as long as the strategy.

Each worker is ``asyncio-protocol`` with its share of the requests in flight, and decodes what it fetches. Workers are
started by a fork server (``strategies.forkserver``), as many as there are cores that this process may use.

Measured on two cores that others kept busy as well, so by CPU time per request, which is what such a machine tells:

* ``asyncio-aiohttp`` in the workers instead: with bodies of 500 bytes 2.1 times the CPU of a worker, 1.7 times that of
  all processes together;
* a message for each outcome instead of one for each round of a worker's loop: 1.4 times the CPU;
* a book of 1,000 levels crosses as one text (``exchanges.book``): 0.7 ms to pickle instead of 5.4.

What crosses the line is paid twice, and read again by one process, the caller. Of bodies from which little is kept
(all tickers of an exchange, five wanted) all processes together took 1.07 to 1.16 times the CPU of one loop from 108 KB
on, the busiest of them 0.53 to 0.67 times. Of books that are kept whole (63 KB, 4,000 numbers) it is 1.4 and 0.53
times, of bodies of 500 bytes 1.8 and 0.7. In time it overtook one loop with bodies of 271 KB alone (0.89 in the median
of 15 rounds, 0.79 in the best), not with 108 KB (1.04) and not clearly with 1.1 MB (0.99); books took 1.17 times as
long. What two idle cores would show is not measured.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from strategies.forkserver import forkserver
from strategies.loop_crew import Batch, Desk
from strategies.loop_worker import serve
from strategies.shards import usable_cores
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
            crew.extend(
                Desk(Worker(context, (job, turns), serve)) for _ in range(min(limits.in_flight, usable_cores()))
            )
            for desk in crew:
                desk.wait_until_ready()
            yield lambda requests: Batch(crew, turns, limits, requests).fetch() if requests else []
        finally:
            for desk in crew:
                desk.end()
            for desk in crew:
                desk.worker.join()
