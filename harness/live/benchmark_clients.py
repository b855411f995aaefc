"""The benchmark's clients: raw sockets that read events and count them, and one that does not read."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import Final

_EVENT: Final = b"event: cells\n"


class Refused(Exception):
    """The server let nobody in; the message is what it said."""


@dataclass(slots=True, eq=False)
class Client:
    """One stream: how many editions came, how many bytes, and when it ended (CLOCK_MONOTONIC seconds, None: it has
    not)."""

    sock: socket.socket
    events: int = 0
    size: int = 0
    ended: float | None = None
    _tail: bytes = field(default=b"")

    @classmethod
    def of(cls, port: int) -> Client:
        sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        sock.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        return cls(sock)

    def take(self) -> None:
        """Read what is there."""
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self.ended = time.monotonic()
            return
        self.size += len(data)
        data = self._tail + data
        self.events += data.count(_EVENT)
        # One that is cut in two by a read is counted with the rest of it.
        self._tail = data[-(len(_EVENT) - 1) :]


class Crowd:
    """So many clients that read, one after the other as something comes, on the caller's thread."""

    def __init__(self, port: int, count: int) -> None:
        self.clients = [Client.of(port) for _ in range(count)]
        self._selector = selectors.DefaultSelector()
        for client in self.clients:
            client.sock.setblocking(False)
            self._selector.register(client.sock, selectors.EVENT_READ, client)

    def read_for(self, seconds: float) -> float:
        """Read for so long; editions that each client got per second, on average."""
        before, began = sum(client.events for client in self.clients), time.monotonic()
        while (left_s := began + seconds - time.monotonic()) > 0:
            for key, _ in self._selector.select(min(left_s, 0.1)):
                key.data.take()
                if key.data.ended is not None:
                    self._selector.unregister(key.fileobj)
        if any(client.ended is not None for client in self.clients):
            raise Refused("a client that reads was cut, or was not let in")
        events = sum(client.events for client in self.clients) - before
        return events / max(1, len(self.clients)) / (time.monotonic() - began)

    def close(self) -> None:
        self._selector.close()
        for client in self.clients:
            client.sock.close()


def is_open(client: Client) -> bool:
    """Whether the server still has the connection of a client that does not read: nothing is read to find out."""
    state = client.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state == _ESTABLISHED


_ESTABLISHED: Final = 1
"""include/net/tcp_states.h"""
