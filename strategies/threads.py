"""Threads that share one requests.Session: the classic way, at its best."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from strategies.crew import crew
from strategies.deadline import Watchdog
from strategies.requests_session import open_session
from strategies.sequential import caller
from strategies.strategy import Decode, Fetch, Limits
from strategies.terms import Trust


@contextmanager
def threads(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """As many threads as requests in flight, started once, pulling from one queue."""
    with (
        Watchdog(limits.deadline_s) as watchdog,
        open_session(watchdog, Trust(limits.ca_file), connections=limits.in_flight) as session,
        crew(limits.in_flight, caller(session, watchdog, limits, decode), watchdog) as fetch,
    ):
        yield fetch
