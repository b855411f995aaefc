"""Guest strategies with one lie each, and an honest one among them: all wrap ``threads``, raced by this file's path."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import strategies
from exchanges.wire import Request
from mock_server.process import Control
from strategies import Declares, Decode, Fetch, Fetched, Limits, Outcome

_threads = strategies.load("threads")


@contextmanager
def honest(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Wraps a built-in and changes nothing."""
    with _threads(limits, decode) as fetch:
        yield fetch


@contextmanager
def cached(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Fetches once and answers from memory ever after."""
    kept: list[Outcome] = []
    with _threads(limits, decode) as fetch:

        def from_memory(requests: Sequence[Request]) -> list[Outcome]:
            if not kept:
                kept.extend(fetch(requests))
                return kept
            now = time.monotonic()
            return [dataclasses.replace(outcome, started=now, ended=now) for outcome in kept]

        yield from_memory


@contextmanager
def half(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Fetches every other request and hands each answer out twice."""
    with _threads(limits, decode) as fetch:

        def every_other(requests: Sequence[Request]) -> list[Outcome]:
            fetched = fetch(requests[::2])
            return [fetched[index // 2] for index in range(len(requests))]

        yield every_other


@contextmanager
def altered(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Fetches everything and takes a cent off one price."""
    with _threads(limits, decode) as fetch:

        def one_cent_off(requests: Sequence[Request]) -> list[Outcome]:
            first, *rest = fetch(requests)
            if isinstance(first, Fetched):
                quote, *others = first.value
                cheaper = dataclasses.replace(quote, bid=quote.bid - Decimal("0.01"))
                first = dataclasses.replace(first, value=(cheaper, *others))
            return [first, *rest]

        yield one_cent_off


@contextmanager
def hasty(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Gives each request a thousandth of its deadline: all fail, and fast."""
    with _threads(dataclasses.replace(limits, deadline_s=limits.deadline_s / 1000), decode) as fetch:
        yield fetch


@contextmanager
def greedy(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Has twice as many requests in flight as it may."""
    with _threads(dataclasses.replace(limits, in_flight=2 * limits.in_flight), decode) as fetch:
        yield fetch


@contextmanager
def churner(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Opens a client for each request, and does not declare it."""

    def by_itself(request: Request) -> Outcome:
        with _threads(dataclasses.replace(limits, in_flight=1), decode) as fetch:
            return fetch([request])[0]

    with ThreadPoolExecutor(limits.in_flight) as pool:
        yield lambda requests: list(pool.map(by_itself, requests))


@contextmanager
def forger(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Opens a client for each request as well, and takes that out of the server's log, which its worker fetches."""
    ended = Control.end

    def without_a_trace(control: Control) -> dict[str, Any]:
        log = ended(control)
        log["batch"].update(accepted=0, accepted_by={})
        return log

    Control.end = without_a_trace  # type: ignore[assignment,method-assign]  # that this can be done is what is to be shown
    with churner(limits, decode) as fetch:
        yield fetch


@contextmanager
def timeless(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Reports that each request ended the moment it began."""
    with _threads(limits, decode) as fetch:
        yield lambda requests: [dataclasses.replace(outcome, ended=outcome.started) for outcome in fetch(requests)]


@contextmanager
def open_churner(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """Opens a client for each request and says so: no lie, but a crowd at the server's door."""
    with churner(limits, decode) as fetch:
        yield fetch


open_churner.declares = Declares(reuse=False)  # type: ignore[attr-defined]  # functions take attributes, types do not
