"""urllib3's pools and connections with a deadline, and strict: what all that sends through urllib3 is built on.

By itself urllib3's time-out runs per read, and http.client takes answers that are no HTTP. So the connections here
show their socket to the Watch of the calling thread, and read through ``strategies.strict_answer``.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from strategies.deadline import Watch, Watchdog
from strategies.strict_answer import StrictResponse


def pool_classes(watchdog: Watchdog) -> dict[str, type[HTTPConnectionPool]]:
    """The classes of pool for ``http`` and ``https`` whose requests ``watchdog`` ends at their deadline; the caller
    brackets each request with its Watch's begin and end."""
    plain = type("_Plain", (_Watched, HTTPConnection), {"watchdog": watchdog})
    secure = type("_Secure", (_Watched, HTTPSConnection), {"watchdog": watchdog})
    return {
        "http": type("_PlainPool", (_LettingGo, HTTPConnectionPool), {"ConnectionCls": plain}),
        "https": type("_SecurePool", (_LettingGo, HTTPSConnectionPool), {"ConnectionCls": secure}),
    }


class _LettingGo(HTTPConnectionPool):
    """A pool that takes a connection back only when the Watch of its last user has let go of it.

    urllib3 gives a connection back as the last byte of a body is read, long before the caller is done with the
    answer: from then on its socket may be another thread's, and must not be shut for this one's deadline.
    """

    def _put_conn(self, conn: Any) -> None:
        self.ConnectionCls.watchdog.watch().let_go()  # type: ignore[attr-defined]  # always a _Watched
        super()._put_conn(conn)


class _Watched(HTTPConnection):
    """A connection that shows its socket to the Watch of the thread that uses it."""

    watchdog: Watchdog
    _handshake: socket.socket | None = None

    def _watch(self) -> Watch:
        return self.watchdog.watch()

    def _new_conn(self) -> socket.socket:
        """Connect within what is left of the deadline, over all addresses of the name together.

        urllib3 grants each address the whole time-out, and hands the socket out only when it is connected.
        """
        watch, failure = self._watch(), OSError("the name has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, 0, socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                watch.hold(sock)
                sock.settimeout(watch.remaining())
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.connect(address)
                # A blocking socket without time-out: one system call a read less; the Watchdog ends it.
                sock.settimeout(None)
                if isinstance(self, HTTPSConnection):
                    # Wrapping detaches this socket; a duplicate reaches the connection throughout the handshake.
                    self._handshake = sock.dup()
                    watch.hold(self._handshake)
            except OSError as error:
                sock.close()
                failure = error
                continue
            except BaseException:
                sock.close()
                raise
            sys.audit("http.client.connect", self, self.host, self.port)
            return sock
        raise failure

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            if self._handshake is not None:
                self._handshake.close()
                self._handshake = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            self._watch().hold(self.sock)
        super().request(*args, **kwargs)

    response_class = StrictResponse  # http.client's name for it
