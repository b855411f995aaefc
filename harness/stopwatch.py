"""What the stopwatch itself costs: the span that is measured around a batch in which nothing is done.

A batch is measured from one reading of the clock to the next, with nothing but the call between them
(``harness.worker``); collecting garbage, the CPU meter, the kernel's counters and the server's log are outside. They
push the clock's code out of the processor's caches, though, so each span here has the meter and the counters before it
as a batch has: without them it comes out at a fifth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from exchanges.wire import Request
from harness.cost import CpuMeter
from harness.kernel_counters import counters
from harness.statistics import median
from strategies.strategy import Fetch, Outcome

_TIMES: Final = 11

_now = time.monotonic
"""Bound before any guest is loaded, as the worker's own."""


def cost_s(now: Callable[[], float] = _now) -> float:
    """Seconds, the median of eleven; they take some 20 ms."""
    return median([_span_s(_nothing, now) for _ in range(_TIMES)])


def _span_s(fetch: Fetch, now: Callable[[], float]) -> float:
    requests: list[Request] = []
    counters()
    CpuMeter()
    began = now()
    fetch(requests)
    ended = now()
    return ended - began


def _nothing(requests: Sequence[Request]) -> list[Outcome]:
    return []
