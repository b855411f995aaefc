"""A requests.Session at its best, and with a deadline: what sequential, threads and processes send with.

requests alone cannot keep the promises: its time-out runs per read, and http.client takes answers that are no
HTTP. So its connections are replaced, through urllib3's hooks, by ones that show their socket to the Watch of
the calling thread and that read strictly.
"""

from __future__ import annotations

import socket
import sys
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from strategies.deadline import Watch, Watchdog
from strategies.strict_answer import StrictResponse
from strategies.terms import HEADERS, Trust


def open_session(watchdog: Watchdog, trust: Trust, connections: int) -> requests.Session:
    """A Session that several threads may share.

    Args:
        watchdog: ends requests at their deadline; the caller brackets each with its Watch's begin and end.
        connections: how many to keep per host. requests' default of 10 throws away what is above it.
    """
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.headers.update(HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(watchdog, trust, connections)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """No retries (requests' own default), pools of the right size, and our connections in them."""

    def __init__(self, watchdog: Watchdog, trust: Trust, connections: int) -> None:
        self._watchdog = watchdog
        self._trust = trust
        super().__init__(pool_connections=64, pool_maxsize=connections)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        watchdog = self._watchdog
        plain = type("_Plain", (_Watched, HTTPConnection), {"watchdog": watchdog})
        secure = type("_Secure", (_Watched, HTTPSConnection), {"watchdog": watchdog})
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (_LettingGo, HTTPConnectionPool), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (_LettingGo, HTTPSConnectionPool), {"ConnectionCls": secure}),
        }

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, keys = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            keys = {"ssl_context": self._trust.context(), "cert_reqs": "CERT_REQUIRED"}
        return host, keys

    def close(self) -> None:
        """Close all connections now; urllib3 would wait until its pools are collected as garbage."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118  this container cannot be iterated otherwise
            pool = pools.get(key)
            if pool is not None:
                pool.close()
        super().close()

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to do: the context is there, and requests would read certifi's file again per connection."""


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
