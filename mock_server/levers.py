"""Levers that spoil a measurement on purpose, to prove that the harness notices.

``one_at_a_time`` makes the server handle one request at a time (the ranking must not survive it); ``refuse`` makes
an exchange say no at once (the arm that fails fastest must not win).
"""

from __future__ import annotations

import functools
import math
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import seconds_from

if TYPE_CHECKING:
    from mock_server.timer import Timer
    from mock_server.turn import Turn

REFUSALS = ("unknown_symbol", "rate_limited", "banned", "blocked", "server", "not_found")
"""The kinds that every exchange has words for."""


class OneAtATime:
    """A server with a single hand: each request that is due takes ``seconds``, and the others wait."""

    def __init__(self, timer: Timer, seconds: float) -> None:
        self._timer = timer
        self._seconds = seconds
        self._waiting: deque[Turn] = deque()
        self._busy = False

    def enter(self, turn: Turn, due: float) -> None:
        """A turn that waits from ``due`` (CLOCK_MONOTONIC seconds) on."""
        turn.call = self._timer.call(math.nextafter(due, math.inf), functools.partial(self._queue, turn))

    def _queue(self, turn: Turn) -> None:
        turn.call = None
        self._waiting.append(turn)
        if not self._busy:
            self._next()

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.gone:
                self._busy = True
                # Not the turn's own call: the hand stays busy, although its client goes away.
                self._timer.call(time.monotonic() + self._seconds, functools.partial(self._done, turn))
                return
        self._busy = False

    def _done(self, turn: Turn) -> None:
        if not turn.gone:
            turn.due()
        self._next()


def one_at_a_time_from(text: Any) -> float | None:
    """How long each request takes while the others wait, in seconds; None switches it off. Raises ValueError."""
    return None if text is None else seconds_from(str(text))


def refuse_from(wanted: Any, exchanges: Iterable[str]) -> dict[str, str]:
    """Which exchange refuses with which kind. Raises ValueError with a sentence that names the nearest choice."""
    if not isinstance(wanted, Mapping):
        raise ValueError(
            f'expected an object such as {{"binance": "rate_limited"}} as refuse, found {safe(repr(wanted))}'
        )
    names = list(exchanges)
    for name, kind in wanted.items():
        if name not in names:
            raise ValueError(f"this server has no exchange {safe(str(name))!r}{nearest(str(name), names)}")
        if kind not in REFUSALS:
            raise ValueError(
                f"no exchange refuses with {safe(str(kind))!r}{nearest(str(kind), REFUSALS)}; "
                f"the kinds are {', '.join(REFUSALS)}"
            )
    return dict(wanted)


def refusals_from(flags: Iterable[str], exchanges: Iterable[str]) -> dict[str, str]:
    """The same from words of the form EXCHANGE=KIND. Raises ValueError."""
    wanted = {}
    for flag in flags:
        name, equals, kind = flag.partition("=")
        if not equals:
            raise ValueError(f"expected EXCHANGE=KIND such as binance=rate_limited, found {safe(flag)!r}")
        wanted[name] = kind
    return refuse_from(wanted, exchanges)
