"""Rounds: every server under load in turn, in one process each, until there are enough numbers for a Capacity.

One server is under load at a time, in rounds whose order rotates, so that a machine that drifts or stalls spoils a
round and not a server.
"""

from __future__ import annotations

import http.client
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import exchanges
from mock_server.benchmark_capacity import LEAST_RACED, RACED, Capacity, Contestant, LogCost, Point
from mock_server.flood import Flood, flood, raced
from mock_server.loadgen_answer import LoadFailed
from mock_server.process import Control, running
from mock_server.yardstick import cpu_s, family_of, standing

EXCHANGE = "binance"
_RACED_DELAY = "uniform:500us,1500us"
_RACED_PAIRS = 3
_WARM_S = 0.2
_SLICES = 8
_SLICE_S = 0.1


def capacity(
    loops: list[str],
    workers: int,
    rounds: int,
    seconds: float,
    connections: int,
    wrk: str | None,
    say: Callable[[str], None],
) -> Capacity:
    """Measure; with more than one of ``workers`` a mock with so many as well. ``wrk`` is its path, None for the
    generator of this package. Raises LoadFailed and MockFailed."""
    exchange = exchanges.load(EXCHANGE)
    targets = [exchange.request_for(each.pair).target for each in exchange.instruments[:_RACED_PAIRS]]
    target = targets[0]
    with _standing(loops, workers, targets) as (body_bytes, contestants):
        for number in range(rounds):
            say(f"capacity: round {number + 1} of {rounds}, {len(contestants)} servers")
            first = number % len(contestants)
            for each in contestants[first:] + contestants[:first]:
                each.points.append(_point(each, target, seconds, connections, wrk))
        logged = {each.loop: each for each in contestants if each.control is not None and not each.raced}
        say(f"capacity: what the log costs, {_SLICES * rounds} pairs of slices on {' and '.join(logged)}")
        costs = {loop: _log_cost(each, target, connections, _SLICES * rounds) for loop, each in logged.items()}
    return Capacity(body_bytes, connections, "wrk" if wrk else "ours", contestants, costs)


@contextmanager
def _standing(loops: list[str], workers: int, targets: list[str]) -> Iterator[tuple[int, list[Contestant]]]:
    with ExitStack() as stack:
        contestants = []
        body_bytes = 0
        for loop in loops:
            mock = stack.enter_context(running([EXCHANGE], "0", arguments=["--loop", loop]))
            control = stack.enter_context(Control(mock, timeout_s=60))
            origin = mock.origins[EXCHANGE]
            body_bytes = body_bytes or _length(origin, targets[0])
            least = stack.enter_context(standing("aiohttp", loop, body_bytes))
            bare = stack.enter_context(standing("protocol", loop, body_bytes))
            slow = stack.enter_context(running([EXCHANGE], _RACED_DELAY, arguments=["--loop", loop]))
            slow_control = stack.enter_context(Control(slow, timeout_s=60))
            asked, place = tuple(targets), slow.origins[EXCHANGE]
            contestants += [
                Contestant("aiohttp server", loop, least.origin, (least.pid,)),
                Contestant("mock", loop, origin, (mock.pid,)),
                Contestant("mock, log on", loop, origin, (mock.pid,), control),
                Contestant("bare protocol", loop, bare.origin, (bare.pid,)),
                Contestant(LEAST_RACED, loop, least.origin, (least.pid,), raced=asked),
                Contestant(RACED, loop, place, (slow.pid,), slow_control, raced=asked, beside=LEAST_RACED),
            ]
            if workers > 1:
                arguments = ["--loop", loop, "--workers", str(workers)]
                crew = stack.enter_context(running([EXCHANGE], "0", arguments=arguments))
                name = f"mock, {workers} workers"
                contestants.append(Contestant(name, loop, crew.origins[EXCHANGE], family_of(crew.pid)))
        yield body_bytes, contestants


def _point(each: Contestant, target: str, seconds: float, connections: int, wrk: str | None) -> Point:
    flood(each.origin, target, connections, _WARM_S)
    return _slice(each, target, connections, seconds, wrk)


def _slice(each: Contestant, target: str, connections: int, seconds: float, wrk: str | None) -> Point:
    if each.control is not None:
        each.control.begin(seed=0)
    before = sum(map(cpu_s, each.pids))
    poured = _pour(each, target, connections, seconds, wrk)
    used = sum(map(cpu_s, each.pids)) - before
    if each.control is not None:
        each.control.end()
    return Point(poured.per_s, used / poured.requests, used / poured.wall_s, poured.cpu_s / poured.wall_s)


def _pour(each: Contestant, target: str, connections: int, seconds: float, wrk: str | None) -> Flood:
    if each.raced:
        return raced(each.origin, each.raced, connections, seconds)
    return flood(each.origin, target, connections, seconds, wrk)


def _log_cost(each: Contestant, target: str, connections: int, pairs: int) -> LogCost:
    """So small a difference drowns between rounds: pairs of short slices, off then on and on then off by turns."""
    off, on = replace(each, control=None, points=[]), replace(each, points=[])
    for number in range(pairs):
        for which in (off, on) if number % 2 else (on, off):
            which.points.append(_slice(which, target, connections, _SLICE_S, None))
    halves = [_undisturbed(off.points[half::2]) for half in (0, 1)]
    return LogCost(_undisturbed(on.points), _undisturbed(off.points), max(halves) / min(halves) - 1)


def _undisturbed(points: list[Point]) -> float:
    # What else runs on the machine (and empties its caches) can only add to a request's CPU time.
    costs = sorted(point.cpu_s for point in points)
    return statistics.mean(costs[: max(1, len(costs) // 4)])


def _length(origin: str, target: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)
    try:
        connection.request("GET", target)
        return len(connection.getresponse().read())
    except (OSError, http.client.HTTPException) as error:
        raise LoadFailed(f"the mock did not answer {target}: {error}") from error
    finally:
        connection.close()
