"""A server with two ports that answers when it is told to: how conformance arranges what others time.

    with GateServer() as server:
        server.answer = handler          # called in the connection's own thread, once per request
        ...                              # server.arrivals, server.connections

A handler may wait for whatever it likes (a Gate, say) and then calls ``arrival.reply``; where it returns
without a reply, the connection is closed.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

PATIENCE_S = 1.0
"""How long a gate waits for requests that may never come; spent only where a promise is broken."""


class Arrival:
    """One request as the server read it. ``arrived`` is in CLOCK_MONOTONIC seconds, as is ``replied``."""

    def __init__(self, head: bytes, origin: str, connection: socket.socket) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = (lines[0] + "  ").split(" ", 2)
        self.headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        self.origin = origin
        self.arrived = time.monotonic()
        self.replied: float | None = None
        self.connection = connection

    def reply(self, body: bytes = b"", status: str = "200 OK", *headers: str, length: int | None = None) -> None:
        """Send an answer; ``length`` is for a Content-Length that lies."""
        self.replied = time.monotonic()
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
        self.connection.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)

    def reply_in_chunks(self, *pieces: bytes, end: bytes = b"0\r\n\r\n") -> None:
        """Send an answer with one chunk for each piece; ``end`` is for a last chunk that is none."""
        self.replied = time.monotonic()
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + end)

    def drip(self, data: bytes = b"", at_a_time: int = 1, pause_s: float = 0.05) -> None:
        """Send a little now and then, then nothing, until the client has had enough and the connection is closed.

        A client without a deadline would never have enough: after PATIENCE_S it is closed from here.
        """
        self.replied = None
        self.connection.settimeout(pause_s)
        until = time.monotonic() + PATIENCE_S
        for at in range(0, 10**9, at_a_time):
            self.connection.sendall(data[at : at + at_a_time])
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1):
                    return
            if time.monotonic() > until:
                return


class Gate:
    """Opens when ``wanted`` have come, or ``PATIENCE_S`` after the first if they do not all come."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.come = 0
        self._open = False
        self._changed = threading.Condition()

    def pass_through(self) -> bool:
        """Come to the gate and wait until it opens; False where it opened without all."""
        with self._changed:
            self.come += 1
            self._open = self._open or self.come >= self.wanted
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._open, PATIENCE_S)
            self._open = True
            return self.come >= self.wanted

    def give_up(self) -> None:
        """Open now."""
        with self._changed:
            self._open = True
            self._changed.notify_all()


class GateServer:
    """Listens on two ports of the loopback; leaving closes all."""

    def __init__(self) -> None:
        self._listeners = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(2)]
        self.origins = [f"http://127.0.0.1:{x.getsockname()[1]}" for x in self._listeners]
        self.answer: Callable[[Arrival], None] = Arrival.reply
        self.arrivals: list[Arrival] = []
        self.connections = 0
        """How many were ever accepted."""
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._accept, args=pair, name="gate-server", daemon=True)
            for pair in zip(self._listeners, self.origins, strict=True)
        ]

    def __enter__(self) -> GateServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def still_open(self) -> int:
        """How many connections the clients hold open, after giving them PATIENCE_S to close them."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, PATIENCE_S)
            return len(self._open)

    def _accept(self, listener: socket.socket, origin: str) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._changed:
                    self.connections += 1
                    self._open.add(connection)
                threading.Thread(target=self._serve, args=(connection, origin), name="gate-server", daemon=True).start()

    def _serve(self, connection: socket.socket, origin: str) -> None:
        data = b""
        with connection, contextlib.suppress(OSError):
            while True:
                while b"\r\n\r\n" not in data:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    data += piece
                head, end, data = data.partition(b"\r\n\r\n")
                if not end:
                    break
                arrival = Arrival(head, origin, connection)
                self.arrivals.append(arrival)
                self.answer(arrival)
                if arrival.replied is None:
                    break
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()
