"""Listening sockets, on loopback unless told otherwise: bound before the server starts, so that a busy port is one
sentence."""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass

ADDRESS = "127.0.0.1"
BACKLOG = 1024
"""Connections that may wait to be accepted: a burst of a thousand connects must not meet SYN retransmits."""

_SO_MEMINFO = 55
_DROPS = 8
"""asm-generic/socket.h and linux/sock_diag.h: nine counters of a socket, the last of which is what it dropped."""


class PortBusy(Exception):
    """A port could not be had; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A bound socket, and the address under which clients reach it."""

    socket: socket.socket
    host: str

    @classmethod
    def on(cls, port: int, flag: str = "--port", address: str = ADDRESS, shared: bool = False) -> Listening:
        """Bind ``port``; 0 takes any free one. ``flag`` is the option that chose the port. ``shared`` lets further
        processes listen on it, among which the kernel spreads the connections (SO_REUSEPORT).

        Raises:
            PortBusy: the port is taken or forbidden, or the address is none of this machine's.
        """
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise PortBusy(
                f"no socket could be had for port {port} ({error.strerror}); try a higher ulimit -n"
            ) from error
        # So that a port is free again at once, although connections of the last run are in TIME_WAIT.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if shared:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind((address, port))
            # Listening here and not later: two sockets may share a port until one of them listens.
            sock.listen(BACKLOG)
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRNOTAVAIL:
                raise PortBusy(f"{address} is no address of this machine; try --bind {ADDRESS}") from error
            why = (
                "is in use by another program"
                if error.errno == errno.EADDRINUSE
                else f"cannot be had ({error.strerror})"
            )
            raise PortBusy(f"port {port} on {address} {why}; try another one, or {flag} 0 for any free port") from error
        sock.setblocking(False)
        return cls(sock, address)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def turned_away(self) -> int | None:
        """How many connections the kernel has turned away from this socket so far, because too many were waiting to be
        accepted. A client that tries again is counted again. None where the system does not say."""
        if sys.platform != "linux":
            return None
        try:
            counters = struct.unpack("9I", self.socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36))
        except (OSError, struct.error):
            return None
        return int(counters[_DROPS])

    @property
    def origin(self) -> str:
        """Scheme, host and port at which it is reached from this machine."""
        return self.origin_of("http")

    def origin_of(self, scheme: str) -> str:
        """The same with another scheme."""
        # A socket on every address is reached on loopback.
        every = {"0.0.0.0": ADDRESS, "::": "::1"}  # noqa: S104  not bound here, only named
        host = every.get(self.host, self.host)
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


def turned_away(listening: Iterable[Listening]) -> int | None:
    """Connections turned away from all these sockets so far; None where the system does not say."""
    counts = [one.turned_away() for one in listening]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def is_loopback(address: str) -> bool:
    """Whether only programs of this machine can reach it. Raises ValueError for what is no IP address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise ValueError(f"expected an IP address such as {ADDRESS} as --bind, found {address!r}") from None
