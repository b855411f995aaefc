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
from dataclasses import replace

from exchanges.wire import Request
from strategies.declaring import declares
from strategies.forkserver import forkserver
from strategies.strategy import Decode, Failed, Fetch, Limits, Outcome
from strategies.terms import Trust
from strategies.worker_process import Worker, packed_decode

MOST = 64
"""Workers at most: each holds some 30 MB of memory and takes a few milliseconds to start."""


GRACE_S = 0.5
"""How long after its deadline a request's worker may still answer, in seconds, before it is taken for stuck. A
working one needs some milliseconds; one that is stopped, or that loops in ``decode``, would need for ever."""


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
            yield lambda requests: _batch(crew, requests, limits.deadline_s)
        finally:
            for worker in crew:
                worker.end()
            for worker in crew:
                worker.join()


def _batch(crew: list[Worker], requests: Sequence[Request], deadline_s: float) -> list[Outcome]:
    work = iter(enumerate(requests))
    outcomes: dict[int, Outcome] = {}
    busy: dict[int, tuple[int, float]] = {}  # place in the crew -> index of its request, and when it was sent

    with selectors.DefaultSelector() as selector:

        def give(place: int) -> None:
            """The next request to a worker; a worker that died while idle is replaced first."""
            for index, request in work:
                # Busy before it is sent to: after an interrupt, whoever may have a request is discarded.
                busy[place] = index, time.monotonic()
                if not crew[place].send(request):
                    crew[place] = crew[place].replaced()
                    busy[place] = index, time.monotonic()
                    if not crew[place].send(request):
                        settle(place, None, "worker_died", "a worker process ended as it began")
                        continue
                selector.register(crew[place].pipe, selectors.EVENT_READ, place)
                return

        def settle(place: int, answer: Outcome | None, kind: str, detail: str) -> None:
            """The request's turn came when it was sent: the way to the worker is part of its time."""
            index, sent = busy[place]
            if answer is None:
                outcomes[index] = Failed(kind, detail, sent, time.monotonic())
            else:
                outcomes[index] = replace(answer, started=sent)
            del busy[place]

        try:
            for place in range(min(len(crew), len(requests))):
                give(place)
            while busy:
                patience = deadline_s + GRACE_S
                earliest = min(sent for _, sent in busy.values()) + patience
                ready = {int(key.data) for key, _ in selector.select(max(0.0, earliest - time.monotonic()))}
                now = time.monotonic()
                stuck = {place for place, (_, sent) in busy.items() if sent + patience <= now} - ready
                for place in ready | stuck:
                    worker = crew[place]
                    selector.unregister(worker.pipe)
                    if place in stuck:
                        worker.discard()  # before it is busy no more: it must not answer into the next batch
                        detail = f"its worker process gave no answer within the deadline of {deadline_s:g} s"
                        settle(place, None, "deadline", detail)
                        crew[place] = worker.replaced()
                    else:
                        answer = worker.receive()
                        if isinstance(answer, BaseException):
                            del busy[place]
                            raise answer
                        detail = (
                            "" if answer else f"its worker process ended with {worker.how_it_ended()} before the answer"
                        )
                        settle(place, answer, "worker_died", detail)
                        if answer is None:
                            crew[place] = worker.replaced()
                    give(place)
        except BaseException:
            # A bug in decode, or Ctrl-C: what is still under way must not answer into the next batch. All end
            # before the first is replaced; one that could not be is replaced when it is next sent to.
            for place in busy:
                crew[place].discard()
            for place in busy:
                crew[place] = crew[place].replaced()
            raise
    return [outcomes[index] for index in range(len(requests))]
