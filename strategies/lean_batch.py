"""A batch in flight: n places, each of which takes the next request when its last one has ended.

No task belongs to a request, and no timer. The event loop calls a connection, the connection its place, and the place
sends the next request. Deadlines are kept by one timer for all: all have the same length, so nothing that begins
after it looked can be due before it looks again. Only to connect takes a task.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence

from exchanges.wire import Request, Response
from strategies.body import Fault
from strategies.failure import failed
from strategies.lean_connection import LeanConnection
from strategies.lean_dial import LeanDial
from strategies.lean_pool import LeanPool
from strategies.lean_request import Destination
from strategies.strategy import Decode, Limits, Outcome, settled

_now = time.monotonic


class LeanBatch:
    """Makes ``requests`` when ``run`` is awaited. Whoever shares the work with others (``strategies.loop_worker``) puts
    other ``work`` in its place, has the outcomes ``put`` elsewhere, and awaits ``make``."""

    def __init__(
        self,
        requests: Sequence[Request],
        limits: Limits,
        decode: Decode,
        pool: LeanPool,
        dial: LeanDial,
        destinations: dict[str, Destination],
    ) -> None:
        self.decode = decode
        self.pool = pool
        self.dial = dial
        self.destinations = destinations
        self.work: Iterator[tuple[int, Request]] = enumerate(requests)
        self.outcomes: dict[int, Outcome] = {}
        self.put: Callable[[int, Outcome], None] = self.outcomes.__setitem__
        self._wanted = len(requests)
        self._deadline_s = limits.deadline_s
        self._places = [_Place(self) for _ in range(min(limits.in_flight, len(requests)))]
        self._flying = len(self._places)
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._error: BaseException | None = None
        self.connecting: set[asyncio.Task[None]] = set()

    async def run(self) -> list[Outcome]:
        """The outcomes in the order of the requests. Leaves nothing in flight, however it ends.

        Raises:
            Exception: a bug in ``decode`` or in a Request; it ends the batch.
        """
        await self.make()
        return [self.outcomes[index] for index in range(self._wanted)]

    async def make(self) -> None:
        """As ``run``, for whoever has the outcomes ``put`` elsewhere."""
        self._timer = self._loop.call_later(self._deadline_s, self._look)
        try:
            for place in self._places:
                place.take_next()
            await self._done
        finally:
            self._timer.cancel()
            for place in self._places:
                place.give_up()
            await asyncio.gather(*self.connecting, return_exceptions=True)
        if self._error is not None:
            raise self._error

    def idle(self) -> None:
        """A place found no more work."""
        self._flying -= 1
        if not self._flying:
            self._end()

    def break_off(self, error: BaseException) -> None:
        """A bug: the batch ends by it, and no further request begins."""
        self.work = iter(())
        if self._error is None:
            self._error = error
        self._end()

    def _end(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _look(self) -> None:
        """Give up what is due, and look again when the next may be."""
        now = _now()
        earliest = now + self._deadline_s
        for place in self._places:
            if place.request is not None:
                due = place.started + self._deadline_s
                if due <= now:
                    place.expire(self._deadline_s)
                else:
                    earliest = min(earliest, due)
        self._timer = self._loop.call_later(earliest - _now(), self._look)


class _Place:
    """One of the requests in flight, from its turn to its outcome. ``started`` is in CLOCK_MONOTONIC seconds."""

    __slots__ = ("_batch", "_connection", "_index", "_task", "request", "started")

    def __init__(self, batch: LeanBatch) -> None:
        self._batch = batch
        self._index = 0
        self._connection: LeanConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self.request: Request | None = None
        self.started = 0.0

    def take_next(self) -> None:
        """The next request's turn has come, if there is one. Raises ValueError for one that cannot be sent."""
        batch = self._batch
        found = next(batch.work, None)
        if found is None:
            self.request = None
            batch.idle()
            return
        self._index, request = found
        self.started = _now()
        self.request = request
        try:
            to = batch.destinations[request.origin]
        except KeyError:
            to = batch.destinations[request.origin] = Destination(request.origin)
        data = to.encoded(request)
        connection = self._connection = batch.pool.take(request.origin)
        if connection is not None:
            connection.send(data, self, request.method != "HEAD")
        else:
            self._task = asyncio.get_running_loop().create_task(self._connect(to, data, request.method != "HEAD"))
            batch.connecting.add(self._task)
            self._task.add_done_callback(batch.connecting.discard)

    def landed(self, response: Response) -> None:
        """The answer is here."""
        batch, request, connection = self._batch, self.request, self._connection
        if request is None or connection is None:
            return
        try:
            batch.pool.give_back(connection)
            self._connection = None
            value = batch.decode(request, response)
            batch.put(self._index, settled(value, self.started, _now(), response))
            self.take_next()
        except BaseException as error:
            batch.break_off(error)

    def crashed(self, error: Exception, status: int | None) -> None:
        """There is no answer; the connection, if there was one, is closed."""
        if self.request is None:
            return
        try:
            self._connection = None
            self._batch.put(self._index, failed(error, self.request, self.started, status))
            self.take_next()
        except BaseException as bug:
            self._batch.break_off(bug)

    def expire(self, deadline_s: float) -> None:
        """The request's time is over."""
        status = None if self._connection is None else self._connection.status
        self._let_go()
        self.crashed(Fault("deadline", f"no whole answer within the deadline of {deadline_s:g} s"), status)

    def give_up(self) -> None:
        """The batch is over, and with it what is in flight."""
        self.request = None
        self._let_go()

    def _let_go(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    async def _connect(self, to: Destination, data: bytes, has_body: bool) -> None:
        try:
            connection = await self._batch.dial.connect(to)
        except Exception as error:
            self._task = None
            self.crashed(error, None)
            return
        self._task = None
        self._connection = connection
        connection.send(data, self, has_body)
