"""A turn: one request in flight, from the moment its bytes were read until its answer's first byte is about to leave.

A Port takes it up and says when it is due; its Lane has it answered when it is both due and the first of its
connection, because pipelined requests are answered in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mock_server.log import GONE, Record

if TYPE_CHECKING:
    from mock_server.asked import Asked
    from mock_server.fault import Fault
    from mock_server.lane import Lane
    from mock_server.reply import Reply
    from mock_server.timer import Call


class Heard(Protocol):
    """What a Port needs to know of a request. aiohttp's parsed message is one."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def version(self) -> tuple[int, int]: ...
    @property
    def should_close(self) -> bool: ...


class HeardWhole(NamedTuple):
    """The same of a request whose body was read; ``path`` may have got further fields from it."""

    method: str
    path: str
    headers: Mapping[str, str]
    version: tuple[int, int]
    should_close: bool


class Turn:
    """``record`` is the batch that it belongs to, None for what leaves no row. ``asked`` is None until a Port has taken
    it up. ``reply`` is set where the answer does not depend on the time. ``first`` and ``over`` are there for whoever
    waits: for the turns before it to be answered, and for its own end."""

    __slots__ = (
        "arrived", "asked", "asked_s", "attempt", "call", "closes", "connection", "extra", "faults", "first", "gone",
        "head_only", "index", "over", "ready", "record", "reply", "wishes",
    )  # fmt: skip

    def __init__(self, connection: Lane, arrived: float, record: Record | None) -> None:
        self.connection = connection
        self.arrived = arrived
        self.record = record
        self.asked: Asked | None = None
        self.asked_s = 0.0
        self.index: int | None = None
        self.attempt = 0
        self.call: Call | None = None
        self.ready = self.gone = self.closes = self.head_only = False
        self.extra = b""
        self.wishes = 0
        self.faults: tuple[Fault, ...] = ()
        self.reply: Reply | None = None
        self.first: asyncio.Future[None] | None = None
        self.over: asyncio.Future[None] | None = None
        if record is not None:
            record.enter()

    def due(self) -> None:
        """Its time has come."""
        self.call = None
        self.ready = True
        self.connection.go_on()

    def forget(self) -> None:
        """It leaves no row: it asks for no price."""
        if self.record is not None:
            self.record.forget()
            self.record = None

    def abandon(self, now: float) -> None:
        """Its client has gone."""
        self.gone = True
        if self.call is not None:
            self.call.cancel()
            self.call = None
        if self.asked is None:
            self.forget()
        else:
            self.leave(now, GONE, 0, None, "")

    def leave(self, replied: float, status: int, size: int, priced_at: float | None, fault: str) -> None:
        """It is about to be answered, or never will be: its row goes into the log."""
        record, asked = self.record, self.asked
        if record is not None and asked is not None:
            self.record = None
            record.leave((
                self.index, self.attempt, asked.request.exchange, asked.label, self.connection.number, self.arrived,
                self.asked_s, replied - self.arrived, priced_at, replied, status, size, fault,
            ))  # fmt: skip
