"""The mock server in one process: a port per exchange, one market, one log, one timer."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from exchanges.exchange import Exchange
from mock_server.conditions import Conditions
from mock_server.faults import Faults
from mock_server.heap import heap_bytes
from mock_server.lag import LagProbe
from mock_server.levers import OneAtATime
from mock_server.limits import Limiter
from mock_server.listener import Handler, Listener
from mock_server.log import Record, Spool
from mock_server.market import EPOCH_US, Market
from mock_server.narrow_door import NarrowDoor
from mock_server.page import Served, page_of
from mock_server.patience import HANDSHAKE_S
from mock_server.port import Port
from mock_server.renderer import Renderer
from mock_server.reply import Reply
from mock_server.sockets import BACKLOG, Listening, turned_away
from mock_server.timer import Timer

if TYPE_CHECKING:
    from mock_server.tls import Authority

_STOP_S = 0.1
_LOOK_S = 0.005
_SWEEP_S = 1.0


class Mock:
    """The server's state. ``start`` it inside a running event loop; ``stop`` it before the loop ends.

    ``limits`` makes every exchange enforce its rate limits, whose clocks run ``time_scale`` times as fast as ours;
    ``authority`` makes every port speak TLS; ``epoch_us`` is the exchanges' time when it starts, and ``hold_s`` the
    second at which the market's clock stands (None: it runs), until a batch begins; ``workers`` share the ports.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        conditions: Conditions,
        seed: int = 0,
        spool: Spool | None = None,
        limits: bool = False,
        time_scale: float = 1.0,
        authority: Authority | None = None,
        epoch_us: int = EPOCH_US,
        workers: int = 1,
        hold_s: float | None = None,
    ) -> None:
        self.limits, self.time_scale, self.authority = limits, time_scale, authority
        self.origins: dict[str, str] = {}
        self.control = ""
        self.crowd: OneAtATime | None = None
        # Here, where there is one process yet: the delays of all workers grow alike.
        self.since = time.monotonic()
        self._conditions = conditions
        self._spool = spool
        self._sites: dict[str, asyncio.AbstractServer | NarrowDoor] = {}
        self._certificates: dict[str, str | None] = {}
        self._listening: dict[str, Listening] = {}
        self._listeners: dict[str, Listener] = {}
        self._away: int | None = None
        self._runners: dict[str, web.ServerRunner] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._lag = LagProbe()
        # What one of several workers has counted is not what an address has used.
        limiters = {each.name: Limiter(each, time_scale, limits, tell=workers == 1) for each in exchanges}
        self.renderer = Renderer()
        self.ports = {exchange.name: Port(self, exchange, limiters[exchange.name]) for exchange in exchanges}
        self._reset(Market(seed, epoch_us=epoch_us, motion=conditions.motion, hold_s=hold_s), kept=False)

    @property
    def conditions(self) -> Conditions:
        """They hold for requests that arrive from now on (certificates after ``show_certificates``; the backlog is
        that of the start)."""
        return self._conditions

    @conditions.setter
    def conditions(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._tune()

    async def start(self, listening: Mapping[str, Listening], control: Listening, control_handler: Handler) -> None:
        """Serve every exchange on its socket, and the control handler on its own."""
        self.timer = Timer(asyncio.get_running_loop())
        for port in self.ports.values():
            port.timer = self.timer
        self.control = control.origin
        self._tune()
        for name, port in self.ports.items():
            self._listening[name] = listening[name]
            self.origins[name] = listening[name].origin_of("https" if self.authority else "http")
            await self._set_up(name, Listener(port.handle, port, partial(self._accepted, name)))
            await self._open(name)
        await self._set_up("", Listener(control_handler))
        await web.SockSite(self._runners[""], control.socket, backlog=BACKLOG).start()
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Close everything; requests that are still held a tenth of a second later are not answered."""
        self._lag.stop()
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        for site in self._sites.values():
            site.close()
        self._sites.clear()
        for listening in self._listening.values():
            listening.socket.close()
        deadline = time.monotonic() + _STOP_S
        while self.record.in_flight and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_S)
        await asyncio.gather(*(runner.cleanup() for runner in self._runners.values()))
        self.renderer.close()
        if hasattr(self, "timer"):  # not where the start failed
            self.timer.close()
        if self._spool is not None:
            self._spool.close()

    def begin(
        self,
        seed: int,
        block: int,
        batch: int,
        draws: int | None = None,
        began: float | None = None,
        epoch_us: int = EPOCH_US,
        hold_s: float | None = None,
    ) -> None:
        """Restart the market's clock and start a log; a log that was not ended is dropped. ``draws`` stands for the
        batch in the key of the delays (None: the batch itself); ``began`` (CLOCK_MONOTONIC seconds, None: now) is when
        the market's clock was at zero, and ``epoch_us`` the exchanges' own time then: a constant, so that replies can
        be computed again. With ``hold_s`` the clock does not run: all is as it is at that second."""
        # Here and not in the middle of the batch.
        gc.collect()
        market = Market(seed, block, batch, epoch_us=epoch_us, motion=self._conditions.motion, hold_s=hold_s)
        self._reset(market, kept=True, draws=draws, began=began)
        self._away = turned_away(self._listening.values())
        self._tune()
        self._lag.start(self.timer, self.record)

    def end(self) -> dict[str, Any]:
        """The log of the batch; the market goes on."""
        self._lag.stop()
        log, away = self.record.end(), turned_away(self._listening.values())
        log["batch"]["turned_away"] = None if away is None or self._away is None else away - self._away
        return log

    def census(self) -> dict[str, int]:
        """What this process holds: ``connections`` (the control port's among them), ``tasks``, ``timers``, Python's
        ``blocks`` of memory, and the ``heap`` of the C library in bytes."""
        return {
            "connections": sum(listener.held() for listener in self._listeners.values()),
            "tasks": len(asyncio.all_tasks()),
            "timers": len(self.timer),
            "blocks": sys.getallocatedblocks(),
            "heap": heap_bytes(),
        }

    def open(self, name: str) -> int:
        """How many connections there are to an exchange's port."""
        return len(self._listeners[name].connections)

    def check(self, faults: Faults) -> None:
        """Whether this server can show them. Raises ValueError."""
        for name in self.ports:
            kind = faults.tls(name)
            if kind is not None and self.authority is None:
                raise ValueError(f"the fault tls-{kind} needs a server that speaks TLS; start it with --tls")

    async def show_certificates(self) -> None:
        """Let every port show the certificate that the conditions ask for; connections that saw another are closed."""
        for name, shown in list(self._certificates.items()):
            if shown != self._conditions.faults.tls(name):
                self._sites[name].close()
                for connection in self._listeners[name].connections:
                    connection.force_close()
                await self._open(name)

    def page(self, name: str | None) -> Reply:
        """The page at ``/`` of an exchange's port, or of the control port (None)."""
        served = Served(
            [port.exchange for port in self.ports.values()],
            self.origins,
            self.control,
            self._conditions.latency,
            self._conditions.faults,
            self.limits,
            self.time_scale,
            None if self.authority is None else self.authority.ca_file,
        )
        return page_of(served, name)

    def _reset(self, market: Market, kept: bool, draws: int | None = None, began: float | None = None) -> None:
        for port in self.ports.values():
            port.venue.begin(market)
        self.record = Record(market, kept, self._spool, draws, began)
        for port in self.ports.values():
            port.record = self.record

    def _tune(self) -> None:
        for port in self.ports.values():
            port.tune(self._conditions)
        lever = self._conditions.one_at_a_time
        self.crowd = None if lever is None else OneAtATime(self.timer, lever)

    async def _set_up(self, name: str, listener: Listener) -> None:
        self._listeners[name] = listener
        self._runners[name] = web.ServerRunner(listener, shutdown_timeout=_STOP_S)
        await self._runners[name].setup()

    async def _open(self, name: str) -> None:
        """Accept connections. On a copy of the socket: nobody is refused while another certificate is put up."""
        kind = self._certificates[name] = self._conditions.faults.tls(name)
        context = None if self.authority is None or kind == "plain" else self.authority.context(kind)
        copy = self._listening[name].socket.dup()
        handshake_s = None if context is None else HANDSHAKE_S
        backlog = self._conditions.backlog
        if backlog is not None:
            self._sites[name] = NarrowDoor(copy, backlog, self._listeners[name], context, handshake_s)
            return
        # Not through aiohttp's SockSite, which leaves a handshake the minute that asyncio gives it.
        self._sites[name] = await asyncio.get_running_loop().create_server(
            self._listeners[name],
            sock=copy,
            ssl=context,
            backlog=BACKLOG,
            ssl_handshake_timeout=handshake_s,
        )

    def _accepted(self, name: str) -> None:
        self.record.accepted_by[name] += 1

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            for listener in self._listeners.values():
                listener.sweep()
