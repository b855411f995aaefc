"""Threads with urllib3 alone: what ``threads`` costs without requests on top of the same connections.

One pool for each host, asked directly; bodies are read raw, and the policy of no retries is made once. Against
``threads``, with 100 in flight over three hosts: 0.44 to 0.47 of its CPU, and 0.73 to 0.77 of its time where answers
take 50 ms, 0.43 where they take 10.

Measured with 100 in flight, answers after 50 ms (time and CPU against this file, on a busy machine):
a PoolManager that finds the pool for each URL 1.07 and 1.4 times; a policy of retries made for each request 1.05 and
1.1 times; pools that keep 10 connections instead of as many as requests 1.1 and 1.4 times, and the default of one 1.15
and 1.4 times.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool
from urllib3.util import Retry

from exchanges.wire import Request, Response
from strategies.body import PIECE, Body
from strategies.crew import crew
from strategies.deadline import Watchdog
from strategies.failure import failed
from strategies.strategy import Decode, Fetch, Limits, Outcome, settled
from strategies.terms import Trust, headers_with
from strategies.watched_pool import pool_classes

_NO_RETRY = Retry(total=False, redirect=False)


@contextmanager
def threads_urllib3(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """As many threads as requests in flight, started once, pulling from one queue; one pool of connections a host."""

    def call(request: Request) -> Outcome:
        status: int | None = None
        watch = watchdog.watch()
        started = watch.begin()
        try:
            reply = pools.of(request.origin).urlopen(
                request.method,
                request.target,
                headers=headers_with(request.headers),
                retries=_NO_RETRY,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                status = reply.status
                body = Body(status, reply.headers, limits.max_body)
                for piece in reply.stream(PIECE, decode_content=False):
                    body.add(piece)
            except BaseException:
                reply.close()  # what is left of the answer must not be read as the next one
                raise
            finally:
                reply.release_conn()
            if watch.expired:  # a body without a length seems to end where its socket was shut
                raise watch.fault()
            answer = Response(status, body.whole(), reply.headers)
        except Exception as error:
            return failed(watch.fault() if watch.expired else error, request, started, status)
        finally:
            watch.end()
        value = decode(request, answer)
        return settled(value, started, time.monotonic(), answer)

    with Watchdog(limits.deadline_s) as watchdog:
        pools = _Pools(watchdog, Trust(limits.ca_file), limits.in_flight)
        try:
            with crew(limits.in_flight, call, watchdog) as fetch:
                yield fetch
        finally:
            pools.close()


class _Pools:
    """A pool for each origin, opened when it is first asked for; safe to use from several threads."""

    def __init__(self, watchdog: Watchdog, trust: Trust, connections: int) -> None:
        self._classes = pool_classes(watchdog)
        self._trust = trust
        self._connections = connections
        self._lock = threading.Lock()
        self._open: dict[str, HTTPConnectionPool] = {}

    def of(self, origin: str) -> HTTPConnectionPool:
        try:
            return self._open[origin]
        except KeyError:
            with self._lock:
                if origin not in self._open:
                    self._open[origin] = self._opened(origin)
                return self._open[origin]

    def _opened(self, origin: str) -> HTTPConnectionPool:
        parts = urlsplit(origin)
        options: dict[str, Any] = {"maxsize": self._connections}
        if parts.scheme == "https":
            options |= {"ssl_context": self._trust.context(), "cert_reqs": "CERT_REQUIRED"}
        return self._classes[parts.scheme](parts.hostname or "", parts.port, **options)

    def close(self) -> None:
        """Close all connections."""
        for pool in self._open.values():
            pool.close()
