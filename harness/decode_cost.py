"""What decoding costs by itself: measured apart, on answers like those of the race, when the race is over."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Final
from urllib.parse import urlsplit

from exchanges.errors import Rejected
from exchanges.wire import Request, Response
from harness.job import Job
from harness.seals import decoding_begin
from harness.statistics import median
from mock_server.process import Control
from strategies.strategy import Decode

_FETCHING_S: Final = 0.025
"""When to stop asking for more answers: what is in hand by then stands for the rest of its exchange's."""
_DECODING_S: Final = 0.02
"""When to stop repeating."""
_REPEATS: Final = 5
_TIMEOUT_S: Final = 1.0

_cpu_s = time.thread_time
_now = time.monotonic
"""Bound before any guest is loaded, as in ``harness.worker``."""


def decode_s(
    requests: Sequence[Request], decode: Decode, job: Job, control: Control, now: Callable[[], float] = _now
) -> float | None:
    """Seconds of CPU that it takes to decode the answers to all ``requests`` once, in this very process and with
    nothing beside it: a lower bound of what it costs in the race. It takes about 50 ms at most, large bodies apart,
    which are decoded once. The mock is asked without delays and faults; ``now`` (seconds, monotonic) only limits it.

    None where it could not be measured: somebody did not answer, or with anything but a value. What the control port
    was told here holds until the next ``begin``, with which every batch begins.
    """
    distinct = {request.url: request for request in requests}
    try:
        control.begin(**decoding_begin(job.scenario, job.block))
        answers = _answers(list(distinct.values()), job.ca_file, now)
        control.end()
        costs = _costs([(distinct[url], response) for url, response in answers.items()], decode, now)
    except Exception:  # a guest may have replaced anything below this, and no race is lost for a number beside it
        return None
    by_origin: dict[str, list[float]] = {}
    for url, cost_s in costs.items():
        by_origin.setdefault(distinct[url].origin, []).append(cost_s)
    usual = {origin: fmean(found) for origin, found in by_origin.items()}
    return sum(costs.get(request.url, usual[request.origin]) for request in requests)


def _answers(requests: Sequence[Request], ca_file: str | None, now: Callable[[], float]) -> dict[str, Response]:
    """Answers by URL: of each origin one whatever it takes, more while there is time."""
    found: dict[str, Response] = {}
    connections: dict[str, http.client.HTTPConnection] = {}
    until = now() + _FETCHING_S
    try:
        for request in requests:
            connection = connections.get(request.origin)
            if connection is None:
                connection = connections[request.origin] = _connection(request.origin, ca_file)
            elif now() > until:
                continue
            connection.request(request.method, request.target, headers=dict(request.headers))
            reply = connection.getresponse()
            headers = {name.lower(): value for name, value in reply.getheaders()}
            found[request.url] = Response(reply.status, reply.read(), headers)
    finally:
        for connection in connections.values():
            connection.close()
    return found


def _connection(origin: str, ca_file: str | None) -> http.client.HTTPConnection:
    parts = urlsplit(origin)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file)
        return http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT_S, context=context)
    return http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_S)


def _costs(
    answers: Sequence[tuple[Request, Response]], decode: Decode, now: Callable[[], float]
) -> dict[str, float]:  # fmt: skip
    """CPU seconds of decoding each answer, by URL: the median of some, or of as many as there is time for."""
    until = now() + _DECODING_S
    times: dict[str, list[float]] = {}
    for repeat in range(_REPEATS):
        for request, response in answers:
            if repeat and now() > until:
                break
            began = _cpu_s()
            value = decode(request, response)
            times.setdefault(request.url, []).append(_cpu_s() - began)
            if isinstance(value, Rejected):
                raise ValueError(f"expected a value like those of the race, found {value.detail}")
    return {url: median(spans) for url, spans in times.items()}
