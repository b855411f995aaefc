"""What the stopwatch itself costs: the span that is measured around a batch in which nothing is done."""

from __future__ import annotations

import time

_TIMES = 1000


def cost_s() -> float:
    """Seconds, the median of many."""
    spans = sorted(_span_s(_nothing) for _ in range(_TIMES))
    return spans[len(spans) // 2]


def _span_s(fetch: object) -> float:
    began = time.monotonic()
    fetch(())  # type: ignore[operator]
    return time.monotonic() - began


def _nothing(requests: object) -> None:
    return None
