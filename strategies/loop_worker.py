"""A worker process with an event loop: what ``processes-asyncio`` is made of.

It is told of a batch as a whole, draws the requests whose turn it is (``strategies.turns``), and says which it began
and what became of them. All that happens in one round of its loop goes in one message.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from exchanges.wire import Request
from strategies.asyncio_protocol import LeanClient
from strategies.line import Line
from strategies.strategy import Failed, Limits, Outcome
from strategies.turns import Turns
from strategies.worker_process import Job, begin, no_way_across, say

Told: TypeAlias = tuple[int, Failed | None, float, float, int, int]
"""An outcome without its value: the request's place, then a Failed, or started, ended, status and size."""


def serve(pipe: Connection, job: tuple[Job, Turns]) -> None:
    """The worker's side: one batch after the other, until the pipe ends."""
    packed, turns = job
    begun = begin(pipe, packed)
    if begun is None:
        return
    limits, decode = begun
    with asyncio.Runner() as runner, contextlib.suppress(EOFError, OSError):
        client = LeanClient(limits, decode)
        say(pipe, "ready", True)
        line = Line(pipe.fileno())
        while True:
            share = replace(limits, in_flight=pipe.recv())
            requests = pipe.recv()
            runner.run(_batch(client, share, turns, requests, line))
    os._exit(0)  # sockets close with the process; taking the interpreter down in order costs 20 times as long


async def _batch(client: LeanClient, share: Limits, turns: Turns, requests: Sequence[Request], line: Line) -> None:
    # One round of the loop, so that it sees which idle connections were closed since the last batch.
    await asyncio.sleep(0)
    outbox, batch = _Outbox(line), client.batch(requests, share)
    batch.work = _drawn(turns, requests, outbox)
    batch.put = outbox.ended
    try:
        await batch.make()
    except Exception as error:
        outbox.bug("".join(traceback.format_exception(error)))
    await outbox.finish()


def _drawn(turns: Turns, requests: Sequence[Request], outbox: _Outbox) -> Iterator[tuple[int, Request]]:
    """The requests whose turn it is, each told of when it is drawn."""
    for place in turns.draw(len(requests)):
        outbox.begun(place)
        yield place, requests[place]


class _Outbox:
    """What there is to tell of a batch, sent without ever holding the loop up."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._begun: list[tuple[int, float]] = []
        self._ended: list[tuple[int, Outcome]] = []
        self._waiting = False
        self._gone = asyncio.Event()
        self._gone.set()

    def begun(self, place: int) -> None:
        self._begun.append((place, time.monotonic()))
        self._soon()

    def ended(self, place: int, outcome: Outcome) -> None:
        self._ended.append((place, outcome))
        self._soon()

    def bug(self, said: str) -> None:
        self._put("bug", said)

    async def finish(self) -> None:
        """Send the rest, and the word that there is no more."""
        self._tell("done")
        await self._gone.wait()

    def _soon(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._loop.call_soon(self._tell, "so far")

    def _tell(self, kind: str) -> None:
        self._waiting = False
        if self._begun or self._ended or kind == "done":
            begun, ended, self._begun, self._ended = self._begun, self._ended, [], []
            self._put(kind, (begun, *_taken_apart(ended)))

    def _put(self, kind: str, payload: Any) -> None:
        if not self._line.put(pickle.dumps((kind, payload), pickle.HIGHEST_PROTOCOL)) and self._gone.is_set():
            self._gone.clear()
            self._loop.add_writer(self._line.fileno(), self._flush)

    def _flush(self) -> None:
        if self._line.flush():
            self._loop.remove_writer(self._line.fileno())
            self._gone.set()


_sound: set[Any] = set()
"""The types of values that have crossed: the type, and of a tuple the types in it."""


def _taken_apart(ended: Sequence[tuple[int, Outcome]]) -> tuple[list[Told], bytes]:
    """Outcomes as one list, and their values pickled together, which takes half the time of one by one. A type of
    value that has not crossed before is tried first: one that cannot be read again costs its own request alone."""
    values = [outcome.value for _, outcome in ended if not isinstance(outcome, Failed)]
    kinds = {tuple(map(type, value)) if type(value) is tuple else type(value) for value in values}
    try:
        pickled = pickle.dumps(values, pickle.HIGHEST_PROTOCOL)
        if not kinds <= _sound:
            pickle.loads(pickled)  # noqa: S301  our own
            _sound.update(kinds)
    except Exception as error:  # __reduce__ of a foreign class may raise anything
        if len(ended) > 1:
            apart = [_taken_apart([one]) for one in ended]
            told = [one for some, _ in apart for one in some]
            return told, pickle.dumps([value for _, some in apart for value in pickle.loads(some)])  # noqa: S301
        ((place, outcome),) = ended
        ended = [(place, no_way_across(error, outcome.started, outcome.ended))]
        pickled = pickle.dumps([])
    return [_told(place, outcome) for place, outcome in ended], pickled


def _told(place: int, outcome: Outcome) -> Told:
    if isinstance(outcome, Failed):
        return place, outcome, 0.0, 0.0, 0, 0
    return place, None, outcome.started, outcome.ended, outcome.status, outcome.size
