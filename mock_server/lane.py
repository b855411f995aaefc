"""A lane: a connection to an exchange's port, with a shortcut past aiohttp's task for each request.

A request without a body becomes a Turn where its bytes are parsed: no task, no future, no response object. One with a
body, and whatever else needs aiohttp's handler, goes the long way round (``Port.handle``) and becomes a Turn as well,
so both are held, disturbed, logged and answered by the same code, in the order in which they arrived.

A turn's ``arrived`` is stamped where bytes enter the process, before the event loop schedules anything. It is never
earlier than a request's last header byte, and pipelined requests have one each: they wait for their turn, but they have
arrived, and count as in flight. (Those beyond the first 32 of a connection are parsed when there is room, with the
stamp of their bytes and in the batch of that moment.)

A client that ends its own half of the connection has gone, and its requests with it: a TCP server cannot tell whoever
listens still (``printf ... | nc -N``) from whoever closed its socket.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiohttp import EMPTY_PAYLOAD, StreamReader
from aiohttp.http import RawRequestMessage

from mock_server.connection import NO_HTTP, Connection
from mock_server.fault import Step
from mock_server.play import Play
from mock_server.turn import Turn

if TYPE_CHECKING:
    from mock_server.listener import Listener
    from mock_server.log import Record
    from mock_server.port import Port

# Beyond this, joining head and body costs more than a second call.
_JOINED = 64 * 1024


class Lane(Connection):
    """One accepted connection of a ``port``."""

    __slots__ = ("_going_on", "_long_way", "_play", "_port", "_record", "_turns")

    def __init__(self, listener: Listener, port: Port, **options: Any) -> None:
        super().__init__(listener, **options)
        self._port = port
        self._turns: deque[Turn] = deque()
        self._long_way: deque[Turn] = deque()
        self._play: Play | None = None
        self._going_on = False
        # The batch of the bytes that were read last; None where all of them are parsed.
        self._record: Record | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        now = time.monotonic()
        for turn in self._turns:
            turn.abandon(now)
        self._turns.clear()
        self._long_way.clear()
        if self._play is not None:
            self._play.stop()
            self._play = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if data:
            self._record = self._port.record
        super().data_received(data)
        turns = self._turns
        if turns and turns[0].ready:
            self.go_on()
        self._port.timer.poll(self.read_at)

    def heard(self, message: RawRequestMessage, payload: StreamReader) -> None:
        turn = Turn(self, self.read_at, self._port.record if self._record is None else self._record)
        self._turns.append(turn)
        if payload is EMPTY_PAYLOAD and self.is_direct:
            self._port.take(turn, message)
            # Nothing that comes behind it will be answered.
            self.deaf = turn.closes
        else:
            self._long_way.append(turn)
            self.hand_over(message, payload)

    def no_http(self) -> None:
        """One sentence when what came before is answered, no row, and the end."""
        turn = Turn(self, self.read_at, None)
        turn.reply = NO_HTTP
        turn.ready = turn.closes = True
        self._turns.append(turn)

    def waiting(self) -> int:
        return len(self._turns) + (self._play is not None)

    def go_on(self) -> None:
        """Answer the turns that are due, the first of the connection first, as long as the client reads."""
        if self._going_on:
            return
        self._going_on = True
        turns = self._turns
        try:
            while turns and self._can_answer():
                if turns[0].ready:
                    self._port.answer(turns.popleft())
                    self.read_on()
                    continue
                if (waits := turns[0].first) is not None and not waits.done():
                    waits.set_result(None)
                break
        finally:
            self._going_on = False
        if not turns and not self._rest:
            # A batch's log is not kept in memory by a connection that is idle.
            self._record = None

    def _can_answer(self) -> bool:
        # The transport may have met the end that connection_lost will tell of.
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        return self._play is None and not self.writing_paused and not self._close

    # what a Port and a Play do to it

    def put_back(self, turn: Turn) -> None:
        """It is not due yet after all; the others of the connection wait with it."""
        turn.ready = False
        self._turns.appendleft(turn)

    def send(self, turn: Turn, head: bytes, body: bytes, now: float) -> None:
        """Write a turn's answer; ``head`` ends with its blank line."""
        if len(body) < _JOINED:
            self.write(head + body)
        else:
            self.write(head)
            self.write(body)
        self._over(turn, now)

    def perform(self, turn: Turn, steps: Iterator[Step]) -> None:
        """Play the steps of a fault in place of a turn's answer; nothing else is answered meanwhile."""
        self._play = Play(self, turn, steps, self._port.timer)
        self._play.go_on()

    def performed(self, turn: Turn) -> None:
        """The steps are over, and the connection stays."""
        self._play = None
        self._over(turn, time.monotonic())
        self.read_on()
        self.go_on()

    def take_long_way(self) -> Turn:
        """The turn of the request that aiohttp's task takes up now."""
        return self._long_way.popleft()

    async def until_first(self, turn: Turn) -> None:
        """Wait until the turns before this one are answered."""
        if self._turns[0] is not turn or not self._can_answer():
            turn.first = asyncio.get_running_loop().create_future()
            await turn.first

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._play is not None:
            self._play.go_on()
        else:
            self.go_on()

    def _over(self, turn: Turn, now: float) -> None:
        if turn.over is not None:
            if turn.closes:
                # aiohttp's task does it when it has dealt with what is left of a body; nothing more is answered.
                self.deaf = True
                self.close()
            if not turn.over.done():
                turn.over.set_result(None)
        elif turn.closes:
            self.force_close()
        else:
            self.answered(now)
