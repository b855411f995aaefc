"""Promises 1 to 3 and 7: order, number in flight, clocks, re-use and what is left behind; and the list of all.

There is no stopwatch: a server of two ports holds its answers until it has seen what it waits for, or has
waited long enough to know that it will not come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from exchanges.errors import safe
from exchanges.wire import Request
from strategies.gate_server import PATIENCE_S, Arrival, Gate, GateServer
from strategies.leftovers import Leftovers
from strategies.promise import LIMITS, Broken, read, value_of
from strategies.promises_of_failure import failures, limits, no_retry
from strategies.strategy import Strategy, declared_in_flight, declares_of

GRACE_S = 0.05
"""How long a request too many is given to show itself."""


def order_and_headers(strategy: Strategy, server: GateServer) -> None:
    """1. ``outcomes[i]`` answers ``requests[i]``, even if the last is answered first; headers are sent."""
    width = declared_in_flight(strategy, LIMITS)
    together = Gate(width)
    answered = [threading.Event() for _ in range(width + 1)]
    answered[width].set()

    def last_first(arrival: Arrival) -> None:
        number = int(arrival.headers.get("x-number", "0"))
        if number < width:
            together.pass_through()
            answered[number + 1].wait(PATIENCE_S)
        arrival.reply(arrival.target.encode())
        answered[min(number, width)].set()

    server.answer = last_first
    requests = [
        Request("test", server.origins[n % 2], f"/%7E{n}?list=%5B%22A%22%5D,b", headers=(("X-Number", str(n)),))
        for n in range(width)
    ]
    more = [Request("test", server.origins[0], "/same", method="POST", headers=(("X-Number", "99"),))] * (width + 1)
    with strategy(LIMITS, read) as fetch:
        outcomes = list(fetch(requests)) + list(fetch(more))
        if (empty := fetch([])) != []:
            raise Broken(1, f"an empty batch gave {safe(repr(empty))} instead of []")
    if len(outcomes) != len(requests) + len(more):
        raise Broken(1, f"{len(requests) + len(more)} requests gave {len(outcomes)} outcomes")
    for place, (request, outcome) in enumerate(zip(requests + more, outcomes, strict=True)):
        target, body, _ = value_of(1, outcome)
        if (target, body) != (request.target, request.target.encode()):
            raise Broken(1, f"outcome {place} answers {safe(body)} instead of {request.target}")
    numbers = sorted(int(a.headers.get("x-number", "-1")) for a in server.arrivals)
    if numbers != sorted([*range(width), *[99] * len(more)]):
        raise Broken(1, f"the header X-Number did not arrive with every request once: {numbers}")
    if {a.method for a in server.arrivals if a.target == "/same"} != {"POST"}:
        raise Broken(1, "the method of a Request was not honoured: expected POST")


def in_flight(strategy: Strategy, server: GateServer) -> None:
    """2. As many at once as declared, over both hosts together, and never one more."""
    width = declared_in_flight(strategy, LIMITS)
    waves = [Gate(width) for _ in range(3)]
    lock = threading.Lock()
    count = now = most = 0

    def hold(arrival: Arrival) -> None:
        nonlocal count, now, most
        with lock:
            gate = waves[min(count // width, 2)]
            count, now = count + 1, now + 1
            most = max(most, now)
        if not gate.pass_through():
            short.set()
            for other in waves:  # one wait is enough to know that they do not come together
                other.give_up()
        too_many.wait(GRACE_S)  # one too many would come while all are held
        with lock:
            if most > width:
                too_many.set()
            now -= 1
        arrival.reply()

    too_many, short = threading.Event(), threading.Event()
    server.answer = hold
    # Two hosts first, so that idle connections to both exist, then one after the other.
    hosts = [*range(2)] * width + [0] * width
    requests = [Request("test", server.origins[host], f"/{n}") for n, host in enumerate(hosts)]
    with strategy(LIMITS, read) as fetch:
        fetch(requests)
    if most > width:
        raise Broken(2, f"{most} requests were in flight at once; declared are {width}")
    if short.is_set():
        raise Broken(2, f"only {most} requests came together; declared are {width}, and there was work")


def clocks(strategy: Strategy, server: GateServer) -> None:
    """3. ``started`` is taken when the turn comes, and ``ended`` when the value is in hand."""
    width = declared_in_flight(strategy, LIMITS)
    first = Gate(width)

    def hold(arrival: Arrival) -> None:
        if int(arrival.target[1:]) < width:
            first.pass_through()
        arrival.reply()

    server.answer = hold
    with strategy(LIMITS, read) as fetch:
        outcomes = fetch([Request("test", server.origins[0], f"/{n}") for n in range(2 * width)])
    seen = {int(a.target[1:]): a for a in server.arrivals}
    released = min(a.replied or 0.0 for n, a in seen.items() if n < width)
    for n, outcome in enumerate(outcomes):
        _, _, decoded = value_of(3, outcome)
        if outcome.started > seen[n].arrived:
            raise Broken(3, f"request {n} started after it had arrived; is it CLOCK_MONOTONIC?")
        if outcome.ended < decoded:
            raise Broken(3, f"request {n} ended before its value was in hand")
        if n >= width and outcome.started < released:
            raise Broken(3, f"request {n} started while it queued: no request before it had been answered yet")


def reuse_and_leftovers(strategy: Strategy, server: GateServer) -> None:
    """7. A second batch finds its connections open; leaving leaves nothing behind."""
    width = declared_in_flight(strategy, LIMITS)
    left = Leftovers()
    for _ in range(2):  # what the first round leaves in the process for good (imports, caches) is no leak
        with left.watched():
            with strategy(LIMITS, read) as fetch:
                opened = []
                for _ in range(2):
                    gate, before = Gate(width), server.connections
                    server.answer = lambda arrival, gate=gate: (gate.pass_through(), arrival.reply())[1]  # type: ignore[misc]  # mypy gives up on defaults in lambdas
                    fetch([Request("test", server.origins[0], f"/{n}") for n in range(width)])
                    opened.append(server.connections - before)
            if count := server.still_open():
                raise Broken(7, f"{count} connections are still open after leaving")
        if declares_of(strategy).reuse and opened[1]:
            raise Broken(7, f"the second batch opened {opened[1]} connections; re-use is declared")
    if found := left.found():
        raise Broken(7, f"leaving left behind: {found}")


PROMISES: tuple[Callable[[Strategy, GateServer], None], ...] = (
    order_and_headers, in_flight, clocks, failures, limits, no_retry, reuse_and_leftovers,
)  # fmt: skip
"""In their order: the first is promise 1."""
