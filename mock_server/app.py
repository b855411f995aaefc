"""The mock server in one process: a port per exchange, one market, one log, and the delay in front of every answer.

Laws: an answer is never sent before ``arrived + asked``; it is priced at the moment it is sent; its row is in the
log, and the counter of requests in flight is down, before its first byte leaves. A request is in flight from the
moment its own bytes were read, also while earlier ones of its connection wait for their answers (HTTP pipelining),
and belongs to the batch of that moment.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from exchanges.errors import safe
from exchanges.exchange import Exchange
from mock_server.conditions import Delay
from mock_server.connection import Connection, Handler, Listener
from mock_server.log import GONE, MOST_ROWS, Record, Spool
from mock_server.market import Market
from mock_server.reply import Reply, unreadable_body
from mock_server.sockets import BACKLOG, Listening
from mock_server.timer import Timer
from mock_server.venue import INDEX_HEADER, Asked, Venue

_STOP_S = 0.1
_PROBE_S = 0.005
_SWEEP_S = 1.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the server does to requests. ``one_at_a_time`` (seconds) and ``refuse`` (exchange to kind) are there to
    prove that the harness notices a saturated server and arms that fail fast."""

    delay: Delay
    one_at_a_time: float | None = None
    refuse: Mapping[str, str] = field(default_factory=dict)

    def but(self, **changes: Any) -> Conditions:
        """The same conditions with some of them changed."""
        return replace(self, **changes)


class Mock:
    """The server's state. ``start`` it inside a running event loop; ``stop`` it before the loop ends."""

    def __init__(
        self, exchanges: Sequence[Exchange], conditions: Conditions, seed: int = 0, spool: Spool | None = None
    ) -> None:
        self.venues = {exchange.name: Venue(exchange) for exchange in exchanges}
        self.conditions = conditions
        self.origins: dict[str, str] = {}
        self._spool = spool
        self._runners: list[web.ServerRunner] = []
        self._listeners: list[Listener] = []
        self._chores: list[asyncio.Task[None]] = []
        self._probe: asyncio.Task[None] | None = None
        self._reset(seed, 0, 0, kept=False)

    async def start(self, listening: Mapping[str, Listening], control: Listening, control_handler: Handler) -> None:
        """Serve every venue on its socket, and the control handler on its own."""
        self._timer = Timer(asyncio.get_running_loop())
        for name, venue in self.venues.items():
            self.origins[name] = listening[name].origin
            answer = functools.partial(self._answer, venue)
            await self._serve(Listener(answer, self._accepted, lambda: self.record), listening[name])
        await self._serve(Listener(control_handler), control)
        self._chores.append(asyncio.create_task(self._sweep()))

    async def stop(self) -> None:
        """Close everything; requests that are still held are cancelled after a tenth of a second."""
        self._stop_probe()
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        self._timer.close()
        if self._spool is not None:
            self._spool.close()

    def begin(self, seed: int, block: int, batch: int, draws: int | None = None) -> None:
        """Restart the market's clock and start a log; a log that was not ended is dropped. ``draws`` stands for the
        batch in the key of the delays (None: the batch itself)."""
        # Here and not in the middle of the batch.
        gc.collect()
        self._reset(seed, block, batch, kept=True, draws=draws)
        self._stop_probe()
        self._probe = asyncio.create_task(self._measure_lag(self.record))

    def end(self) -> dict[str, Any]:
        """The log of the batch; the market goes on."""
        self._stop_probe()
        return self.record.end()

    def _reset(self, seed: int, block: int, batch: int, kept: bool, draws: int | None = None) -> None:
        for venue in self.venues.values():
            venue.begin()
        self._turns = asyncio.Lock()
        self.record = Record(Market(seed, block, batch), kept, self._spool, draws)

    async def _serve(self, listener: Listener, listening: Listening) -> None:
        runner = web.ServerRunner(listener, shutdown_timeout=_STOP_S)
        await runner.setup()
        self._runners.append(runner)
        self._listeners.append(listener)
        await web.SockSite(runner, listening.socket, backlog=BACKLOG).start()

    def _accepted(self) -> None:
        self.record.accepted += 1

    async def _answer(self, venue: Venue, request: web.BaseRequest) -> web.Response:
        connection = Connection.taken_from(request)
        arrived, number, record = connection.arrived, connection.number, connection.record
        assert record is not None  # its Listener was given one
        if request.raw_path == "/":
            record.forget()
            return await self._page(venue, request, connection)
        index, attempt = _index_from(request.headers.get(INDEX_HEADER, ""))
        label, asked_s, status, size, priced_at = "", 0.0, GONE, 0, None
        try:
            asked = venue.asked(request)
            label = asked.label
            refuse = self.conditions.refuse.get(venue.name)
            reply = await unreadable_body(request) if request.body_exists else None
            if reply is None and refuse is None:
                key = f"{venue.name} {asked.label} {venue.ordinal(asked.label)}" if index is None else index
                asked_s = self.conditions.delay.draw(*record.dice, key, attempt)
                if asked_s > 0:
                    # One step up, or rounding the sum could let "held" come out a hair below "asked".
                    await self._timer.until(math.nextafter(arrived + asked_s, math.inf))
                await self._turn()
            if reply is None:
                reply = self._reply(venue, asked, record, request.method, refuse)
            status, priced_at = reply.status, reply.priced_at
            size = 0 if request.method == "HEAD" else len(reply.body)
            return reply.response()
        except Exception:
            status = 500
            raise
        finally:
            # Also when the client has gone: then this runs as soon as its connection closes.
            connection.busy = False
            replied = time.monotonic()
            record.leave((
                index, attempt, venue.name, label, number,
                arrived, asked_s, replied - arrived, priced_at, replied, status, size,
            ))  # fmt: skip

    async def _turn(self) -> None:
        """Where only one request is handled at a time: wait until this one's turn is over."""
        if self.conditions.one_at_a_time is not None:
            async with self._turns:
                await self._timer.until(time.monotonic() + self.conditions.one_at_a_time)

    def _reply(self, venue: Venue, asked: Asked, record: Record, method: str, refuse: str | None) -> Reply:
        if refuse is not None:
            return venue.refusal(refuse, asked)
        if method not in ("GET", "HEAD"):
            return Reply.text(405, f"expected GET or HEAD, found {safe(method, 20)}", Allow="GET, HEAD")
        if asked.refusal is not None:
            return venue.refusal(asked.refusal, asked)
        return venue.reply(asked, record.market, record.tick())

    async def _page(self, venue: Venue, request: web.BaseRequest, connection: Connection) -> web.Response:
        connection.busy = False
        reply = await unreadable_body(request) if request.body_exists else None
        if reply is None:
            reply = venue.page(self.origins[venue.name], str(self.conditions.delay))
        return reply.response()

    async def _measure_lag(self, record: Record) -> None:
        """How late the event loop comes to a coroutine whose time has come."""
        due = time.monotonic()
        while len(record.lags) < MOST_ROWS:
            due = max(due + _PROBE_S, time.monotonic())
            await self._timer.until(due)
            record.lags.append(time.monotonic() - due)

    def _stop_probe(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            for listener in self._listeners:
                listener.cut_slow()


def _index_from(header: str) -> tuple[int | None, int]:
    """The index and the attempt of ``<index>[.<attempt>]``; (None, 0) for anything else, as for a stranger."""
    index, dot, attempt = header.partition(".")
    if not (index.isascii() and index.isdecimal() and len(index) <= 18):
        return None, 0
    if not dot:
        return int(index), 0
    if not (attempt.isascii() and attempt.isdecimal() and len(attempt) <= 18):
        return None, 0
    return int(index), int(attempt)
