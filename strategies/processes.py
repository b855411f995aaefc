"""Processes with requests: one worker process per request in flight, at most 64.

Every worker does what ``sequential`` does, so this shows what a process line costs. multiprocessing's own pools
hang on a killed worker or lose every outstanding result, so the workers here are plain processes on pipes.

Measured: a worker is ready after 10 ms with the libraries preloaded in the fork server, after 120 ms without;
64 of them open in about a second on two cores, and end in 0.2 s.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from exchanges.wire import Request
from strategies.declaring import declares
from strategies.forkserver import forkserver
from strategies.strategy import Decode, Failed, Fetch, Limits, Outcome
from strategies.terms import Trust
from strategies.worker_process import Worker, packed_decode

MOST = 64
"""Workers at most: each holds some 30 MB of memory and takes a few milliseconds to start."""


@declares(max_in_flight=MOST)
@contextmanager
def processes(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """The workers live as long as the ``with``; each has one request at a time.

    Sending several at a time (chunks) would be 5 to 14 % faster, but a killed worker would take them all along,
    and a request would wait behind another while a worker is free.

    Raises:
        TypeError: ``decode`` cannot be sent to another process.
        OSError: ``ca_file`` cannot be used.
    """
    Trust(limits.ca_file)  # every worker builds its own; this one says here what is wrong with the file
    job = packed_decode(limits, decode)
    with forkserver([decode.__module__, "strategies.worker_process"]) as context:
        crew: list[Worker] = []
        try:
            # All are started before the first is waited for, so that they get ready side by side.
            crew.extend(Worker(context, job) for _ in range(min(limits.in_flight, MOST)))
            for worker in crew:
                worker.wait_until_ready()
            yield lambda requests: _batch(crew, requests)
        finally:
            for worker in crew:
                worker.end()
            for worker in crew:
                worker.join()


def _batch(crew: list[Worker], requests: Sequence[Request]) -> list[Outcome]:
    work = iter(enumerate(requests))
    outcomes: dict[int, Outcome] = {}
    busy: dict[int, tuple[int, float]] = {}  # place in the crew -> index of its request, and when it was sent

    with selectors.DefaultSelector() as selector:

        def give(place: int) -> None:
            """The next request to a worker; a worker that died while idle is replaced first."""
            for index, request in work:
                if not crew[place].send(request):
                    crew[place] = crew[place].replaced()
                    if not crew[place].send(request):
                        now = time.monotonic()
                        outcomes[index] = Failed("worker_died", "a worker process ended as it began", now, now)
                        continue
                busy[place] = index, time.monotonic()
                selector.register(crew[place].pipe, selectors.EVENT_READ, place)
                return

        try:
            for place in range(min(len(crew), len(requests))):
                give(place)
            while busy:
                for key, _ in selector.select():
                    place = int(key.data)
                    worker = crew[place]
                    selector.unregister(worker.pipe)
                    index, sent = busy.pop(place)
                    answer = worker.receive()
                    if isinstance(answer, BaseException):
                        raise answer
                    if answer is None:
                        detail = f"its worker process ended with {worker.how_it_ended()} before the answer"
                        answer = Failed("worker_died", detail, sent, time.monotonic())
                        crew[place] = worker.replaced()
                    outcomes[index] = answer
                    give(place)
        except BaseException:
            # A bug in decode, or Ctrl-C: what is still under way must not answer into the next batch.
            for place in busy:
                crew[place] = crew[place].replaced()
            raise
    return [outcomes[index] for index in range(len(requests))]
