"""What ``new-strategy`` writes: a strategy that keeps all seven promises as it stands, and its test."""

from __future__ import annotations

from typing import Final

_STRATEGY: Final = '''\
"""NAME: say here which library and which settings, why, and what each setting brought.

As it stands this is ``threads``, in one file: a crew of threads that share a requests.Session. It keeps the seven
promises of strategies/strategy.py; the numbers below say where. Change one thing at a time, and look each time:

    python -m strategies.conformance ./NAME.py:NAME
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from exchanges.wire import Request, Response
from strategies import Decode, Fetch, Limits, Outcome
from strategies.body import PIECE, Body
from strategies.crew import crew
from strategies.deadline import Watchdog
from strategies.declaring import declares
from strategies.failure import failed
from strategies.requests_session import open_session
from strategies.strategy import settled
from strategies.terms import Trust


# max_in_flight=64 would cap what it has in flight, in_flight=1 would fix it, reuse=False owns up to a connection each.
@declares()
@contextmanager
def NAME(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Entering opens what is needed, the first ``fetch`` connects, leaving closes everything (7)."""
    with (
        Watchdog(limits.deadline_s) as watchdog,  # shuts the socket of a request whose time is over (5)
        open_session(watchdog, Trust(limits.ca_file), connections=limits.in_flight) as session,  # no retries (6)
    ):

        def ask(request: Request) -> Outcome:
            """One request and its outcome, in whichever thread has its turn."""
            status: int | None = None
            watch = watchdog.watch()
            started = watch.begin()  # its turn has come, and its deadline runs (3, 5)
            try:
                message = session.prepare_request(
                    requests.Request(request.method, request.url, headers=dict(request.headers))  # its headers (1)
                )
                message.url = request.url  # exactly as written: requests would send %7E as ~
                with session.send(message, stream=True, allow_redirects=False) as reply:
                    status = reply.status_code
                    body = Body(status, reply.headers, limits.max_body)  # inflates it, and cuts what is too large (5)
                    for piece in reply.raw.stream(PIECE, decode_content=False):
                        body.add(piece)
                    if watch.expired:  # a body without a length seems to end where its socket was shut
                        raise watch.fault()
                    answer = Response(status, body.whole(), reply.headers)
            except Exception as error:  # no answer is a value, by the name that all strategies have for it (4)
                return failed(watch.fault() if watch.expired else error, request, started, status)
            finally:
                watch.end()
            value = decode(request, answer)  # here, in the thread: the work is a price in hand, not bytes
            return settled(value, started, time.monotonic(), answer)

        # As many threads as may be in flight (2), which hand back outcomes in the order of the requests (1).
        with crew(limits.in_flight, ask, watchdog) as fetch:
            yield fetch
'''

_TEST: Final = '''\
"""NAME, held to the seven promises of fetchrace: ``python -m pytest test_NAME.py``."""

from pathlib import Path

import pytest

import strategies
from strategies.conformance import check

NAME = strategies.load(f"{Path(__file__).with_name('NAME.py')}:NAME")


@pytest.mark.parametrize("promise", range(1, 8))
def test_the_promise_is_kept(promise):
    assert check(NAME, [promise]) == []
'''


def strategy_text(name: str) -> str:
    """NAME.py, for a name that is an identifier."""
    return _STRATEGY.replace("NAME", name)


def test_text(name: str) -> str:
    """test_NAME.py."""
    return _TEST.replace("NAME", name)
