"""Recording how long real exchanges take, politely: one request at a time, at a distance, and no more than it needs.

The first answer of each exchange pays for the connection and is not counted, and neither is the first one after a
failure. An exchange that says no (429, 418, 451, 403 or its own words for them) is not asked again, unless it says when
to come back and that is soon.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from exchanges.errors import safe
from exchanges.exchange import Exchange
from exchanges.wire import Request
from strategies.strategy import Failed, Fetch

_PATIENCE_S = 30.0
_MOST_FAILURES = 3
_NO = frozenset({"banned", "blocked"})


@dataclass
class Recording:
    """Times of one exchange in seconds, newest last, and why there are not more of them (None: there are all)."""

    times: list[float] = field(default_factory=list)
    stopped: str | None = None


def pause_s(exchange: Exchange, request: Request, least_s: float) -> float:
    """Seconds between two requests: ``least_s``, or longer where the exchange's own limit asks for it."""
    charge = exchange.charge_for(request)
    if charge is None:
        return least_s
    return max(least_s, charge.weight * charge.limit.per_s / charge.limit.capacity)


@dataclass
class Recorder:
    """Asks ``exchanges`` in turn through one fetcher, which keeps one connection to each.

    ``origins`` are where they are asked; ``unlimited`` the exchanges in whose places servers of one's own are, which
    have no limit to be spared; ``sleep`` and ``now`` (seconds, monotonic) are the clock.
    """

    exchanges: Sequence[Exchange]
    origins: Mapping[str, str]
    samples: int
    least_s: float
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    unlimited: Collection[str] = ()
    recordings: dict[str, Recording] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._requests = {one.name: self._requests_of(one) for one in self.exchanges}
        self._pauses = {
            one.name: self.least_s
            if one.name in self.unlimited
            else pause_s(one, one.request_for(one.instruments[0].pair), self.least_s)
            for one in self.exchanges
        }
        self._failures: dict[str, int] = dict.fromkeys(self._requests, 0)
        self._next = dict.fromkeys(self._requests, self.now())
        self.recordings = {name: Recording() for name in self._requests}

    def expected_s(self) -> float:
        """About how long it will take."""
        return (self.samples + 1) * max(self._pauses.values())

    def record(self, fetch: Fetch, heard: Callable[[str, int], None]) -> None:
        """Fill ``recordings``; ``heard`` is told of each time with the exchange and their number so far."""
        opened: set[str] = set()
        while True:
            waiting = [name for name in self._next if not self._finished(name)]
            if not waiting:
                return
            name = min(waiting, key=lambda one: self._next[one])
            self.sleep(max(0.0, self._next[name] - self.now()))
            # From its start: the time that it takes to answer is not added to the distance.
            self._next[name] = self.now() + self._pauses[name]
            outcome = fetch([next(self._requests[name])])[0]
            recording = self.recordings[name]
            if isinstance(outcome, Failed):
                # The connection may be gone, and the next answer pay for a new one.
                opened.discard(name)
                self._judge(name, recording, outcome)
                continue
            self._failures[name] = 0
            if name not in opened:
                opened.add(name)
                continue
            recording.times.append(outcome.ended - outcome.started)
            heard(name, len(recording.times))

    def _finished(self, name: str) -> bool:
        recording = self.recordings[name]
        return recording.stopped is not None or len(recording.times) >= self.samples

    def _judge(self, name: str, recording: Recording, failure: Failed) -> None:
        said = f"{failure.kind}: {safe(failure.detail, 200)}"
        self._failures[name] += 1
        wait = failure.retry_after
        if failure.kind in _NO or self._failures[name] >= _MOST_FAILURES:
            recording.stopped = said
        elif failure.kind == "rate_limited":
            if wait is None or wait > _PATIENCE_S:
                recording.stopped = said
            else:
                self._next[name] = max(self._next[name], self.now() + wait)

    def _requests_of(self, exchange: Exchange) -> itertools.cycle[Request]:
        origin = self.origins.get(exchange.name, exchange.origin)
        pairs = [instrument.pair for instrument in exchange.instruments[:3]]
        return itertools.cycle([exchange.request_for(pair).at(origin) for pair in pairs])
