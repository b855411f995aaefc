"""Listening sockets on loopback: bound before the server starts, so that a busy port is one sentence."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

ADDRESS = "127.0.0.1"
BACKLOG = 1024
"""Connections that may wait to be accepted: a burst of a thousand connects must not meet SYN retransmits."""


class PortBusy(Exception):
    """A port could not be bound; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A bound socket and the origin (scheme, host, port) at which it is reached."""

    socket: socket.socket
    origin: str

    @classmethod
    def on(cls, port: int, flag: str = "--port") -> Listening:
        """Bind ``port`` on loopback; 0 takes any free one. ``flag`` is the option that chose the port.

        Raises:
            PortBusy: the port is taken or forbidden.
        """
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # So that a port is free again at once, although connections of the last run are in TIME_WAIT.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((ADDRESS, port))
            # Listening here and not later: two sockets may share a port until one of them listens.
            sock.listen(BACKLOG)
        except OSError as error:
            sock.close()
            why = (
                "is in use by another program"
                if error.errno == errno.EADDRINUSE
                else f"cannot be had ({error.strerror})"
            )
            raise PortBusy(f"port {port} on {ADDRESS} {why}; try another one, or {flag} 0 for any free port") from error
        sock.setblocking(False)
        return cls(sock, f"http://{ADDRESS}:{sock.getsockname()[1]}")

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])
