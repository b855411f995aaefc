"""Shards: a batch divided among workers, in proportion to what each may have in flight."""

from __future__ import annotations

import os
from collections.abc import Sequence


def usable_cores() -> int:
    """How many cores this process may use: as many workers keep a machine busy."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shares_of(in_flight: int, workers: int) -> list[int]:
    """How many requests each worker may have in flight: as even as they come, and ``in_flight`` in all. Where there are
    more workers than that, the last have none."""
    share, more = divmod(in_flight, workers)
    return [share + (place < more) for place in range(workers)]


def shards_of(number: int, shares: Sequence[int]) -> list[list[int]]:
    """Which of the requests 0 to ``number`` - 1 each worker makes. Neighbours go to different workers, and of fewer
    requests than places in flight each has its part."""
    # Each worker as often as it has places, round by round: for 3 and 2 places 0, 1, 0, 1, 0.
    turns = [worker for turn in range(max(shares, default=0)) for worker, share in enumerate(shares) if turn < share]
    shards: list[list[int]] = [[] for _ in shares]
    for place in range(number):
        shards[turns[place % len(turns)]].append(place)
    return shards
