"""One request after the other with one requests.Session: the plainest strategy, and the baseline.

Read this file first if you write a strategy of your own: a context manager that yields a function from
requests to outcomes, in the same order. All that the promises ask of a single request is in ``caller``.

Measured where answers come at once (time and CPU against this file, on a busy machine): ``requests.get`` for each
request, so a Session and a connection each, 1.75 times both; a Session that looks for proxies and passwords in the
environment (``trust_env``, requests' default) 1.3 and 1.5 times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import requests

from exchanges.wire import Request, Response
from strategies.body import PIECE, Body
from strategies.deadline import Watchdog
from strategies.declaring import declares
from strategies.failure import failed
from strategies.requests_session import open_session
from strategies.strategy import Decode, Fetch, Limits, Outcome, settled
from strategies.terms import Trust


@declares(in_flight=1)
@contextmanager
def sequential(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """The baseline that every other strategy is compared with. Its one connection per host stays open."""
    with (
        Watchdog(limits.deadline_s) as watchdog,
        open_session(watchdog, Trust(limits.ca_file), connections=1) as session,
    ):
        call = caller(session, watchdog, limits, decode)

        def fetch(batch: Sequence[Request]) -> list[Outcome]:
            return [call(request) for request in batch]

        yield fetch


def caller(
    session: requests.Session, watchdog: Watchdog, limits: Limits, decode: Decode
) -> Callable[[Request], Outcome]:
    """A function that makes one request and waits for its outcome; threads and processes call it too."""

    def call(request: Request) -> Outcome:
        status: int | None = None
        watch = watchdog.watch()
        started = watch.begin()
        try:
            message = session.prepare_request(
                requests.Request(request.method, request.url, headers=dict(request.headers))
            )
            message.url = request.url  # exactly as written: requests would send %7E as ~
            with session.send(message, stream=True, allow_redirects=False) as reply:
                status = reply.status_code
                body = Body(status, reply.headers, limits.max_body)
                for piece in reply.raw.stream(PIECE, decode_content=False):
                    body.add(piece)
                if watch.expired:  # a body without a length seems to end where its socket was shut
                    raise watch.fault()
                answer = Response(status, body.whole(), reply.headers)
        except Exception as error:
            return failed(watch.fault() if watch.expired else error, request, started, status)
        finally:
            watch.end()
        value = decode(request, answer)
        return settled(value, started, time.monotonic(), answer)

    return call
