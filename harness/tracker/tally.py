"""A tally: how it went with one exchange so far, in numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from exchanges.errors import safe
from strategies.strategy import Failed, Fetched, Outcome

_KEPT: Final = 300


class Latencies:
    """The last ``kept`` of them, in seconds."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._last: deque[float] = deque(maxlen=kept)

    def add(self, seconds: float) -> None:
        """Take note of one."""
        self._last.append(seconds)

    def percentiles(self, *shares: float) -> tuple[float | None, ...]:
        """The smallest latency that this share of them (0 to 1) did not exceed; None where there are none."""
        ordered = sorted(self._last)
        if not ordered:
            return tuple(None for _ in shares)
        # The nearest rank, so that each is one that was measured.
        return tuple(ordered[max(0, -int(-share * len(ordered) // 1) - 1)] for share in shares)


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

    def refreshes_per_s(self, now: float, over_s: float) -> float:
        """How often prices came in the last ``over_s`` seconds."""
        return sum(1 for moment in self._refreshed if moment > now - over_s) / over_s
