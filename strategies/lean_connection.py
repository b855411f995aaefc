"""One connection: bytes out, an answer in. It carries one request at a time, for a Flight that hears how it ended."""

from __future__ import annotations

import asyncio
import http.client
from typing import Protocol, cast

from exchanges.wire import Response
from strategies.lean_answer import LeanAnswer
from strategies.plain_answer import PlainAnswer


class Flight(Protocol):
    """Who waits for an answer. One of the two is called, once, and may send on another connection right then, or on
    this one if it is still ``usable``."""

    def landed(self, response: Response) -> None: ...

    def crashed(self, error: Exception, status: int | None) -> None: ...


class LeanConnection(asyncio.BufferedProtocol):
    """A connection to ``origin``. ``usable`` says whether another request may be sent on it.

    Args:
        plain, buffer: what all connections share; bytes stay in the buffer for no longer than one call.
        opened: where it enters itself while it is open.
    """

    __slots__ = (
        "_answer", "_buffer", "_early", "_error", "_flight", "_max_body", "_opened", "_plain", "_transport", "_write",
        "origin", "usable",
    )  # fmt: skip

    def __init__(
        self, origin: str, max_body: int, plain: PlainAnswer, buffer: memoryview, opened: set[LeanConnection]
    ) -> None:
        self.origin = origin
        self.usable = False
        self._max_body = max_body
        self._plain = plain
        self._buffer = buffer
        self._opened = opened
        self._flight: Flight | None = None
        self._answer: LeanAnswer | None = None
        self._early: bytes | None = b""  # what came before the first request was sent: a banner, say
        self._error: Exception | None = None

    @property
    def status(self) -> int | None:
        """The status of the answer under way, once its head is here."""
        return None if self._answer is None else self._answer.status

    def send(self, data: bytes, flight: Flight, has_body: bool = True) -> None:
        """Send a whole request. ``has_body`` is False for HEAD, whose answer has none whatever its head says."""
        self._flight = flight
        self._answer = None if has_body else LeanAnswer(self._max_body, has_body)
        if self._early is None:
            self._write(data)
            return
        early, self._early = self._early, None
        if self.usable:
            self._write(data)
        if early or not self.usable:
            asyncio.get_running_loop().call_soon(self._catch_up, early)

    def abort(self) -> None:
        """Close it now; nobody hears of it."""
        self.usable = False
        self._flight = self._answer = None
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._write = self._transport.write
        self._opened.add(self)
        self.usable = True

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, size: int) -> None:
        self._take(self._buffer[:size].tobytes())

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._opened.discard(self)
        self._end(error)

    # What becomes of it.

    def _catch_up(self, early: bytes) -> None:
        """The first request was sent; what had happened before is part of its answer."""
        if early and self._flight is not None:
            self._take(early)
        if not self.usable:
            self._end(self._error)

    def _take(self, data: bytes) -> None:
        flight = self._flight
        if flight is None:
            if self._early is not None:
                self._early += data
            else:
                # Bytes that nobody asked for: they would be taken for the answer to the next request.
                self.abort()
            return
        answer = self._answer
        if answer is None:
            response = self._plain.read(data)
            if response is not None:
                self._land(flight, response, self._plain.keep)
                return
            answer = self._answer = LeanAnswer(self._max_body)
        try:
            response = answer.add(data)
        except Exception as error:
            self.abort()
            flight.crashed(error, answer.status)
            return
        if response is not None:
            self._land(flight, response, answer.keep)

    def _land(self, flight: Flight, response: Response, keep: bool) -> None:
        self._flight = self._answer = None
        if not keep:
            self.abort()
        flight.landed(response)

    def _end(self, error: Exception | None) -> None:
        """Nothing more will come; without an error this may be the end of an answer that has no other."""
        self.usable = False
        flight, answer = self._flight, self._answer
        if flight is None:
            self._error = self._error or error
            return
        try:
            if error is not None:
                raise error
            if answer is None:
                raise http.client.RemoteDisconnected("the connection ended before the answer")
            response = answer.end()
        except Exception as found:
            self.abort()
            flight.crashed(found, None if answer is None else answer.status)
        else:
            self._land(flight, response, keep=False)
