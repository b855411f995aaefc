"""Strangers' strategies: one honest, the others with one lie each. Raced by ``--strategy path/guests.py:NAME``."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import strategies
from exchanges.wire import Request, Response
from mock_server.process import Control
from strategies import Declares, Decode, Failed, Fetch, Fetched, Limits, Outcome
from strategies.strategy import settled

_threads = strategies.load("threads")


@contextmanager
def honest(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Wraps a built-in and changes nothing."""
    with _threads(limits, decode) as fetch:
        yield fetch


@contextmanager
def cached(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Fetches once and answers from memory ever after."""
    with _threads(limits, decode) as fetch:
        kept: list[Outcome] = []

        def from_memory(requests: Sequence) -> list[Outcome]:
            if not kept:
                kept.extend(fetch(requests))
                return kept
            now = time.monotonic()
            return [dataclasses.replace(outcome, started=now, ended=now) for outcome in kept]

        yield from_memory


@contextmanager
def half(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Fetches every other request and copies the neighbour's answer."""
    with _threads(limits, decode) as fetch:

        def every_other(requests: Sequence) -> list[Outcome]:
            fetched = fetch(requests[::2])
            return [fetched[index // 2] for index in range(len(requests))]

        yield every_other


@contextmanager
def altered(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Fetches everything and changes one price by a cent."""
    with _threads(limits, decode) as fetch:

        def one_cent_off(requests: Sequence) -> list[Outcome]:
            outcomes = fetch(requests)
            first = outcomes[0]
            if isinstance(first, Fetched):
                quote = dataclasses.replace(first.value[0], bid=first.value[0].bid - Decimal("0.01"))
                outcomes[0] = dataclasses.replace(first, value=(quote,))
            return outcomes

        yield one_cent_off


@contextmanager
def greedy(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Has twice as many requests in flight as allowed."""
    with _threads(dataclasses.replace(limits, in_flight=2 * limits.in_flight), decode) as fetch:
        yield fetch


@contextmanager
def picks_its_delay(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Asks for another draw of the delay than the plan's."""
    with _threads(limits, decode) as fetch:

        def of_another_draw(request: Request) -> Request:
            headers = tuple(
                (name, f"{value}.3" if name == "X-Fetchrace-Request" else value) for name, value in request.headers
            )
            return dataclasses.replace(request, headers=headers)

        yield lambda requests: fetch([of_another_draw(request) for request in requests])


@contextmanager
def reports_no_latency(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Claims that each request ended when it began."""
    with _threads(limits, decode) as fetch:
        yield lambda requests: [dataclasses.replace(outcome, ended=outcome.started) for outcome in fetch(requests)]


@contextmanager
def opens_each_time(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """A client for every batch, where re-use is promised."""

    def fetch_anew(requests: Sequence) -> list[Outcome]:
        with _threads(limits, decode) as fetch:
            return fetch(requests)

    yield fetch_anew


@contextmanager
def raises(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Breaks in the middle of a batch."""

    def break_down(requests: Sequence) -> list[Outcome]:
        raise RuntimeError("the guest broke down")

    yield break_down


@contextmanager
def dies(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Takes its process with it."""

    def leave(requests: Sequence) -> list[Outcome]:
        os._exit(7)

    yield leave


@contextmanager
def short(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Answers all requests but the last."""
    with _threads(limits, decode) as fetch:
        yield lambda requests: fetch(requests)[:-1]


@contextmanager
def impatient(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Gives up after a tenth of the deadline, and calls it the deadline."""
    with _threads(dataclasses.replace(limits, deadline_s=limits.deadline_s / 10), decode) as fetch:
        yield fetch


@contextmanager
def learner(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Remembers which answers broke off in the first batch, and does not wait for them in later ones."""
    known: dict[str, str] = {}

    def hung_up_on(request: Request) -> Outcome:
        started = time.monotonic()
        _asked(request, limits.deadline_s).close()
        return Failed(known[_index(request)], "as before", started, time.monotonic())

    with _threads(limits, decode) as fetch:

        def all_but_the_known(requests: Sequence[Request]) -> list[Outcome]:
            left = [request for request in requests if _index(request) in known]
            had = {_index(request): hung_up_on(request) for request in left}
            rest = [request for request in requests if request not in left]
            had |= dict(zip(map(_index, rest), fetch(rest), strict=True))
            known.update({i: o.kind for i, o in had.items() if isinstance(o, Failed) and o.kind != "deadline"})
            return [had[_index(request)] for request in requests]

        yield all_but_the_known


@contextmanager
def lenient(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Reads what has come and mends a last brace that is missing: it never waits for an end that does not come."""

    def mended(request: Request) -> Outcome:
        started, data = time.monotonic(), b""
        with _asked(request, limits.deadline_s) as connection:
            while not data.partition(b"\r\n\r\n")[2]:
                data += connection.recv(65536)
        body = data.partition(b"\r\n\r\n")[2]
        try:
            json.loads(body)
        except ValueError:
            body += b"}"
        response = Response(int(data.split()[1]), body, {"content-type": "application/json"})
        return settled(decode(request, response), started, time.monotonic(), response)

    with ThreadPoolExecutor(limits.in_flight) as pool:
        yield lambda requests: list(pool.map(mended, requests))


lenient.declares = Declares(reuse=False)


@contextmanager
def churner(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """A connection for each request, where re-use is promised."""

    def by_itself(request: Request) -> Outcome:
        with _threads(dataclasses.replace(limits, in_flight=1), decode) as fetch:
            return fetch([request])[0]

    with ThreadPoolExecutor(limits.in_flight) as pool:
        yield lambda requests: list(pool.map(by_itself, requests))


@contextmanager
def forges(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """The same, struck from the server's log on its way through the process that a guest shares with its worker."""
    ended = Control.end

    def without_a_trace(control: Control) -> dict:
        log = ended(control)
        log["batch"].update(accepted=0, accepted_by={})
        return log

    Control.end = without_a_trace
    with churner(limits, decode) as fetch:
        yield fetch


@contextmanager
def begins_for_itself(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Tells the server to hold nothing, with the token in its worker's job, and fetches again what it then answers."""
    job = json.loads(Path(sys.argv[sys.argv.index("--job") + 1]).read_text(encoding="utf-8"))

    class Door:
        control, token = job["control"], job["token"]

    with _threads(limits, decode) as fetch, Control(Door) as control:

        def unheld(requests: Sequence[Request]) -> list[Outcome]:
            control.begin(seed=job["scenario"]["seed"], block=job["block"], latency="0ms", draws=0, faults="")
            return fetch(requests)

        yield unheld


@contextmanager
def skipper(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Does not try a host again whose certificate was bad in the first batch."""
    bad: dict[str, str] = {}
    with _threads(limits, decode) as fetch:

        def the_good_ones(requests: Sequence[Request]) -> list[Outcome]:
            tried = [request for request in requests if urlsplit(request.url).netloc not in bad]
            had = dict(zip(map(_index, tried), fetch(tried), strict=True))
            now, outcomes = time.monotonic(), []
            for request in requests:
                outcome = had.get(_index(request))
                host = urlsplit(request.url).netloc
                outcomes.append(outcome or Failed(bad[host], "as before", now, now))
            for request, outcome in zip(requests, outcomes, strict=True):
                if isinstance(outcome, Failed):
                    bad[urlsplit(request.url).netloc] = outcome.kind
            return outcomes

        yield the_good_ones


def _index(request: Request) -> str:
    return dict(request.headers)["X-Fetchrace-Request"]


def _asked(request: Request, timeout_s: float) -> socket.socket:
    """A connection of its own, on which the request was sent."""
    url = urlsplit(request.url)
    connection = socket.create_connection((url.hostname, url.port), timeout_s)
    lines = [f"GET {url.path}?{url.query} HTTP/1.1", f"Host: {url.netloc}", *(f"{k}: {v}" for k, v in request.headers)]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection
