"""The caller's side of workers with event loops: who is at which request, and what becomes of a batch when one dies.

A worker says which requests it began and what became of them, once in each round of its loop. So one that is killed
costs what it was at, and at most what happened in its last round; one that is stopped is found out when a request of
its outlasts the deadline, and is ended. Either is replaced at once, and its successor draws on. Law: no worker of a
batch can draw from the next one's turns, for it has said that it is done, or is dead.
"""

from __future__ import annotations

import pickle
import selectors
import time
from collections.abc import Sequence
from typing import Any

from exchanges.wire import Request
from strategies.line import Line
from strategies.loop_worker import Told
from strategies.strategy import Failed, Fetched, Limits, Outcome
from strategies.turns import Turns
from strategies.worker_process import Worker, bug, no_way_across

GRACE_S = 0.5
"""How long after a deadline a worker may still be silent before it is taken for stuck, in seconds: as ``processes``."""


class Desk:
    """A worker as the caller sees it. ``places`` is how many requests it may have in flight in this batch, ``begun``
    has those that it is at and when they began; ``heard`` is when it was last heard of; ``busy`` until it has said that
    the batch has no more for it."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.line: Line | None = None
        self.places = 0
        self.begun: dict[int, float] = {}
        self.heard = 0.0
        self.busy = False

    def wait_until_ready(self) -> None:
        self.worker.wait_until_ready()
        self.line = Line(self.worker.pipe.fileno())

    def discard(self) -> None:
        """End it, whatever it does."""
        self.busy = False
        self.begun.clear()
        if self.line is not None:
            self.line.close()
            self.line = None
        self.worker.discard()

    def replace(self) -> None:
        """Put a new worker in its place. Raises OSError where none can be started."""
        self.discard()
        self.worker = self.worker.replaced()
        self.line = Line(self.worker.pipe.fileno())

    def end(self) -> None:
        """Tell it to go; returns at once."""
        if self.line is not None:
            self.line.close()
            self.line = None
        self.worker.end()

    def due(self, deadline_s: float) -> float:
        """When it must have been heard of again. A caller that takes longer over values than workers do to fetch them
        hears of everything late: what counts is the silence, and not only how old a request is."""
        return max(min(self.begun.values(), default=self.heard) + deadline_s, self.heard) + GRACE_S


class Batch:
    """One batch, from the requests to the outcomes, by a crew that shares the ``turns``."""

    def __init__(self, crew: Sequence[Desk], turns: Turns, limits: Limits, requests: Sequence[Request]) -> None:
        self._crew, self._turns, self._deadline_s = crew, turns, limits.deadline_s
        self._number = len(requests)
        self._requests = pickle.dumps(list(requests), pickle.HIGHEST_PROTOCOL)
        self._outcomes: dict[int, Outcome] = {}
        self._complete_at: float | None = None
        self._lost: Failed | None = None
        share, more = divmod(min(limits.in_flight, self._number), len(crew))
        for place, desk in enumerate(crew):
            desk.places = share + (place < more)

    def fetch(self) -> list[Outcome]:
        """Run it. Raises RuntimeError for a bug in decode, OSError where no worker can be started any more."""
        self._turns.offer(self._number)
        with selectors.DefaultSelector() as self._selector:
            try:
                for desk in self._crew:
                    if desk.places:
                        self._give(desk)
                while busy := [desk for desk in self._crew if desk.busy]:
                    self._round(busy)
            except BaseException:
                # A bug in decode, or Ctrl-C: what is still under way must not answer into the next batch, nor draw
                # from it. All end before one is waited for; they are replaced when there is a next batch.
                discarded = [desk for desk in self._crew if desk.busy]
                for desk in discarded:
                    desk.discard()
                for desk in discarded:
                    desk.worker.join()
                raise
        for place in range(self._number):
            if place not in self._outcomes:
                assert self._lost is not None  # drawn by a worker that ended before it could say so
                self._outcomes[place] = self._lost
        return [self._outcomes[place] for place in range(self._number)]

    def _give(self, desk: Desk) -> None:
        """Tell a worker of the batch; one that died while idle is replaced first."""
        desk.busy = True  # before it is told: after an interrupt, whoever may draw is discarded
        desk.begun.clear()
        try:
            if desk.line is None:
                raise BrokenPipeError
            gone = self._tell(desk.line, desk.places)
        except OSError:
            desk.replace()
            desk.busy = True
            assert desk.line is not None
            gone = self._tell(desk.line, desk.places)
        desk.heard = time.monotonic()
        events = selectors.EVENT_READ if gone else selectors.EVENT_READ | selectors.EVENT_WRITE
        self._selector.register(desk.line, events, desk)

    def _tell(self, line: Line, places: int) -> bool:
        line.put(pickle.dumps(places))
        return line.put(self._requests)

    def _round(self, busy: Sequence[Desk]) -> None:
        """Wait for news, or for the moment at which a worker is stuck."""
        earliest = min(self._due(desk) for desk in busy)
        ready = self._selector.select(max(0.0, earliest - time.monotonic()))
        now = time.monotonic()  # whoever had nothing to say by then is judged by that, however long the others take
        for key, events in ready:
            desk: Desk = key.data
            assert desk.line is not None
            try:
                if events & selectors.EVENT_WRITE and desk.line.flush():
                    self._selector.modify(desk.line, selectors.EVENT_READ, desk)
                if events & selectors.EVENT_READ:
                    desk.heard = now  # the beginning of a long message is a sign of life as well
                    for message in desk.line.messages():
                        self._heard(desk, *pickle.loads(message))  # noqa: S301  from our own worker
            except (EOFError, OSError):
                if desk.busy:
                    detail = f"its worker process ended with {desk.worker.how_it_ended()} before the answer"
                    self._succeed(desk, detail, stuck=False)
        if self._complete_at is None and len(self._outcomes) == self._number:
            self._complete_at = time.monotonic()
        for desk in busy:
            if desk.busy and self._due(desk) <= now:
                self._succeed(desk, "its worker process was stuck, and was ended", stuck=True)

    def _due(self, desk: Desk) -> float:
        # With every outcome in hand, nobody has anything left to do but to say so.
        due = desk.due(self._deadline_s)
        return due if self._complete_at is None else min(due, self._complete_at + GRACE_S)

    def _heard(self, desk: Desk, kind: str, payload: Any) -> None:
        desk.heard = time.monotonic()
        if kind == "bug":
            raise bug(payload)
        begun, told, pickled = payload
        desk.begun.update(begun)
        for place, outcome in _put_together(told, pickled):
            del desk.begun[place]
            self._outcomes[place] = outcome
        if kind == "done":
            desk.busy = False
            assert desk.line is not None
            self._selector.unregister(desk.line)

    def _succeed(self, desk: Desk, detail: str, stuck: bool) -> None:
        """A worker is dead or stuck: its requests fail, and another one goes on in its place."""
        assert desk.line is not None
        self._selector.unregister(desk.line)
        begun, heard = dict(desk.begun), desk.heard
        desk.discard()  # before its requests are told as failed: none of them may be answered any more
        now = time.monotonic()

        def failed(started: float) -> Failed:
            if stuck and started + self._deadline_s <= now:
                late = f"its worker process gave no answer within the deadline of {self._deadline_s:g} s"
                return Failed("deadline", late, started, now)
            return Failed("worker_died", detail, started, now)

        self._outcomes.update((place, failed(started)) for place, started in begun.items())
        self._lost = failed(heard)  # whatever it drew in its last round
        desk.replace()
        if len(self._outcomes) < self._number:
            self._give(desk)


def _put_together(told: Sequence[Told], pickled: bytes) -> list[tuple[int, Outcome]]:
    try:
        values = iter(pickle.loads(pickled))  # noqa: S301  from our own worker
    except Exception as error:  # a value that does not survive the way, of a type that did before
        return [
            (place, failed if failed is not None else no_way_across(error, started, ended))
            for place, failed, started, ended, _, _ in told
        ]
    return [
        (place, failed if failed is not None else Fetched(next(values), started, ended, status, size))
        for place, failed, started, ended, status, size in told
    ]
