"""Threads with httpx: one small transport per request in flight; against ``threads`` it shows what the library costs.

Measured with 100 in flight: one shared Client takes 1.8 times as long (answers after 10 ms) to 4.9 times (50 ms). A
Client around each transport: 1.2 times the CPU (``strategies.httpx_client``). A thread needs 0.6 to 0.7 of the CPU that
a request takes on asyncio or trio: there httpx goes through locks and checkpoints of anyio's, or trio's, that cost as
much as all of aiohttp.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from exchanges.wire import Request, Response
from strategies.body import Body
from strategies.crew import crew
from strategies.deadline import Watch, Watchdog
from strategies.failure import failed
from strategies.head import judge
from strategies.httpx_client import Idle, opened
from strategies.strategy import Decode, Fetch, Limits, Outcome, settled
from strategies.terms import Trust


@contextmanager
def threads_httpx(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """As many threads as requests in flight, started once, pulling from one queue."""
    trust = Trust(limits.ca_file)
    idle = Idle(lambda origin: _Line(origin, trust))

    def call(request: Request) -> Outcome:
        status: int | None = None
        watch = watchdog.watch()
        started = watch.begin()
        line = idle.take(request.origin)
        try:
            reply = line.send(request, watch)
            try:
                status = reply.status_code
                judge(reply.http_version, reply.reason_phrase, reply.headers.raw)
                body = Body(status, reply.headers, limits.max_body)
                for piece in reply.iter_raw():
                    body.add(piece)
            finally:
                reply.close()
            if watch.expired:  # a body without a length seems to end where its socket was shut
                raise watch.fault()
            answer = Response(status, body.whole(), reply.headers)
        except BaseException as error:
            line.close()
            return failed(watch.fault() if watch.expired else error, request, started, status)
        finally:
            watch.end()
        if line.surplus():
            line.close()
        else:
            idle.give_back(request.origin, line)
        value = decode(request, answer)
        return settled(value, started, time.monotonic(), answer)

    with Watchdog(limits.deadline_s) as watchdog:
        try:
            with crew(limits.in_flight, call, watchdog) as fetch:
                yield fetch
        finally:
            for line in idle.take_all():
                line.close()


class _Line:
    """A transport of one connection, and that connection's socket for the Watchdog to shut.

    httpx shows its socket only through the ``trace`` extension, and only while connecting.
    """

    def __init__(self, origin: str, trust: Trust) -> None:
        self._single = opened(httpx, origin, trust)
        self._secure = origin.startswith("https:")
        self._socket: socket.socket | None = None
        self._handshake: socket.socket | None = None
        self._watch: Watch | None = None

    def send(self, request: Request, watch: Watch) -> httpx.Response:
        """Send and wait for the head. Connecting may take what is left of the deadline."""
        self._watch = watch
        if self._socket is not None:
            watch.hold(self._socket)
        message = self._single.built(request)
        message.extensions["timeout"] = {"connect": watch.remaining()}
        message.extensions["trace"] = self._trace
        try:
            reply: httpx.Response = self._single.transport.handle_request(message)
            return reply
        finally:
            if self._handshake is not None:
                self._handshake.close()
                self._handshake = None

    def surplus(self) -> bool:
        """Whether the connection holds more than the answer."""
        return self._single.surplus()

    def close(self) -> None:
        """Close the connection."""
        self._single.transport.close()

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        stream = info["return_value"]
        sock: socket.socket = stream.get_extra_info("socket")
        assert self._watch is not None  # set before every send
        try:
            self._watch.hold(sock)
            if self._secure and event == "connection.connect_tcp.complete":
                # Wrapping detaches this socket; a duplicate reaches the connection throughout the handshake.
                self._handshake = sock.dup()
                self._watch.hold(self._handshake)
        except BaseException:
            stream.close()  # httpcore forgets what it has just opened where its trace raises
            raise
        self._socket = sock
