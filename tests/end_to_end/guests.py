"""Strangers' strategies: one honest, the others with one lie each. Raced by ``--strategy path/guests.py:NAME``."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import strategies
from exchanges.wire import Request
from strategies import Decode, Fetch, Fetched, Limits, Outcome

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
