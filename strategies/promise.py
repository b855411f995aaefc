"""What the checks of all promises share: how a breach is told, and what they ask a strategy to read."""

from __future__ import annotations

import time
from typing import Any

from exchanges.errors import Rejected, safe
from exchanges.wire import Request, Response
from strategies.strategy import Fetched, Limits, Outcome

IN_FLIGHT = 4
LIMITS = Limits(IN_FLIGHT)


class Broken(Exception):
    """A promise that was not kept: its number, and what was seen, as a sentence."""

    def __init__(self, promise: int, seen: str) -> None:
        super().__init__(promise, seen)
        self.promise = promise
        self.seen = seen

    def __str__(self) -> str:
        return f"promise {self.promise}: {self.seen}"


def read(request: Request, response: Response) -> Any:
    """The decode of these checks: what came for what, and when it was read."""
    if response.status == 418:
        return Rejected("banned", "a teapot", 7.0)
    return request.target, bytes(response.body), time.monotonic()


def value_of(promise: int, outcome: Outcome) -> tuple[str, bytes, float]:
    """What ``read`` returned. Raises Broken where there is no value."""
    if not isinstance(outcome, Fetched):
        raise Broken(promise, f"expected a value from a healthy server, found {safe(repr(outcome), 160)}")
    target, body, when = outcome.value
    return target, body, when
