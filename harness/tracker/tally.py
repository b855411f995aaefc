"""A tally: how it went with one exchange so far, in numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from exchanges.errors import safe
from harness.tracker.latencies import Latencies
from strategies.strategy import Failed, Fetched, Outcome

_RATE_OVER_S: Final = 10.0


class Tally:
    """``refreshes`` are batches that brought prices; ``errors`` are requests that failed, and times that the strategy
    broke. ``last_kind`` is what kind the last error was of, ``last_error`` the sentence."""

    def __init__(self) -> None:
        self.refreshes = self.requests = self.errors = 0
        self.last_error: str | None = None
        self.last_kind: str | None = None
        self.latencies = Latencies()
        self._refreshed: deque[float] = deque(maxlen=1000)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of what came of requests."""
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                self.errors += 1
                self.last_kind = safe(outcome.kind, 40)
                self.last_error = safe(f"{outcome.kind}: {outcome.detail}", 300)
            elif isinstance(outcome, Fetched):
                self.latencies.add(outcome.ended - outcome.started)

    def add_refresh(self, now: float) -> None:
        """Prices came."""
        self.refreshes += 1
        self._refreshed.append(now)

    def add_bug(self, sentence: str) -> None:
        """The strategy broke."""
        self.errors += 1
        self.last_error, self.last_kind = sentence, "the strategy broke"

    def refreshes_per_s(self, now: float, since: float) -> float:
        """How often prices came of late; ``since`` is when it all began."""
        over = min(_RATE_OVER_S, now - since)
        return sum(1 for moment in self._refreshed if moment > now - over) / over if over > 0 else 0.0
