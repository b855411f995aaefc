"""A requests.Session at its best, and with a deadline: what sequential, threads and processes send with.

requests alone cannot keep the promises: its time-out runs per read, and http.client takes answers that are no
HTTP. So its connections are replaced, through urllib3's hooks, by those of ``strategies.watched_pool``.
"""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from strategies.deadline import Watchdog
from strategies.terms import HEADERS, Trust
from strategies.watched_pool import pool_classes


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
        self.poolmanager.pool_classes_by_scheme = pool_classes(self._watchdog)

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
