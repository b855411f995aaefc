"""The bound: the time that no schedule beats, whatever the client is written in.

A batch of requests with known delays and at most n in flight is the scheduling problem P || C_max: N jobs
on n identical machines, the last one to finish counts. Its optimum is NP-hard, but three lower bounds are
cheap, and each holds for every order and every assignment:

1. the longest delay, and 2. the sum of all delays over n (McNaughton, "Scheduling with deadlines and loss
   functions", Management Science 6, 1959);
3. for every k: of the kn + 1 longest requests, at least k + 1 share one place in flight (n places with k each
   hold only kn), so that place takes at least the sum of the k + 1 smallest of them.

For equal delays the third is ceil(N / n) times the delay, which is the optimum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate


def bound(delays: Sequence[float], n: int) -> float:
    """Seconds below which no schedule of ``delays`` (seconds) with ``n`` in flight can finish; 0 for no delays.

    O(N log N). Sums are of floats: expect the last digits, 1e-15 of the total delay per thousand requests,
    to be rounding.

    Raises:
        ValueError: where n is below 1, or a delay is negative or not finite.
    """
    if n < 1:
        raise ValueError(f"expected at least one request in flight, found {n}")
    for delay in delays:
        if not 0 <= delay < math.inf:
            raise ValueError(f"expected delays of zero or more seconds, found {delay}")
    if not delays:
        return 0.0
    longest_first = sorted(delays, reverse=True)
    until = list(accumulate(longest_first, initial=0.0))
    # Among the kn + 1 longest, positions 0 to kn, the k + 1 smallest are positions kn - k to kn.
    # k = 0 is the longest delay itself, exactly.
    shared = max(until[last + 1] - until[last - k] for k, last in enumerate(range(0, len(delays), n)))
    return max(math.fsum(delays) / n, shared)
