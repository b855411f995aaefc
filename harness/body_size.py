"""How large the bodies of a scenario are, before anything is raced, and the large ones rendered before they are raced.

The size is found by rendering: the same code that the mock server runs, at the first moment of its market. Prices move
and their digits with them, so that a body is a little larger at one moment than at another.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import exchanges
from exchanges.wire import Request
from harness.planned_faults import PlannedFaults
from harness.scenario import Scenario, requests_for
from mock_server.filler import with_filler
from mock_server.market import Market
from mock_server.motion import Motion
from mock_server.process import Control, MockFailed, Running
from mock_server.venue import Venue

_ENCODINGS: Final = ("identity", "gzip")
"""In each of these an arm may ask for a body, and the server keeps each ready."""
_TIMEOUT_S: Final = 20.0


def body_sizes(scenario: Scenario) -> dict[str, int]:
    """The bytes of one decoded body of each exchange, at the beginning of the market."""
    # Not the one of all arms, which knows the exchanges without what is invented here.
    market = Market(scenario.seed, 0, 0, motion=Motion.parse(scenario.motion))
    sizes = {}
    for request in _one_of_each(scenario, dict.fromkeys(scenario.exchanges, "http://127.0.0.1:1")):
        venue = Venue(with_filler(exchanges.load(request.exchange), scenario.listed))
        sizes[request.exchange] = len(venue.rendered(venue.asked(request.target), market, 0).reply.body)
    return sizes


def render_beforehand(scenario: Scenario, mock: Running) -> None:
    """Ask for each exchange's market of a ``markets`` scenario once, in no arm's log: the server keeps ready what was
    asked for, and the first arm should not be the one that waits for the first rendering.

    Raises:
        MockFailed: the server does not answer.
    """
    if scenario.workload != "markets":
        return
    plan = PlannedFaults(scenario)
    with Control(mock) as control:
        control.begin(scenario.seed, latency="0ms", faults="")
        for request in _one_of_each(scenario, mock.origins):
            if not plan.is_unreachable(request.exchange):
                _ask(request, mock.ca_file)
        control.end()


def _one_of_each(scenario: Scenario, origins: dict[str, str]) -> Iterator[Request]:
    """The first request to each exchange: the others to it bring bodies of the same size."""
    once = replace(scenario, requests=len(scenario.turns))
    met: set[str] = set()
    for request in itertools.islice(requests_for(once, origins), once.requests):
        if request.exchange not in met:
            met.add(request.exchange)
            yield request


def _ask(request: Request, ca_file: str | None) -> None:
    place = urlsplit(request.origin)
    secure = None if ca_file is None else ssl.create_default_context(cafile=ca_file)
    opened = (
        http.client.HTTPConnection(place.netloc, timeout=_TIMEOUT_S)
        if secure is None
        else http.client.HTTPSConnection(place.netloc, timeout=_TIMEOUT_S, context=secure)
    )
    try:
        with contextlib.closing(opened) as connection:
            for encoding in _ENCODINGS:
                connection.request("GET", request.target, headers={"Accept-Encoding": encoding})
                connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise MockFailed(f"the mock server does not answer {request.url}: {error or type(error).__name__}") from error
