"""Latencies: how long the last few hundred requests took."""

from __future__ import annotations

from collections import deque
from typing import Final

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
