"""A budget: our own count of what an exchange's rate limit allows, of which we spend a share at most.

Others at the same address (a browser, the user's own bot) live on the rest, and so does what we cannot see: requests
arrive in other distances than they were sent in. Laws, however it is called, for requests that weigh no more than the
share:

1. Of a window's capacity no more than the share is spent in any time of its length, wherever the exchange lets its
   windows begin.
2. Of a token bucket's, no more than the share at once, and the same share of what comes back afterwards.

A request that weighs more than the share waits until nothing is spent, and goes alone; one that weighs more than the
exchange ever allows never goes. Times come in as seconds of CLOCK_MONOTONIC; nothing here reads a clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import Final

from exchanges.limit import Charge, RateLimit

_BURST: Final = 0.25
"""The part of a window's share that may go at once."""


class Budget:
    """What one exchange is asked by us, by its buckets."""

    def __init__(self, share: float = 0.5) -> None:
        """``share`` is how much of each limit may be spent, above 0; above 1 only to try what an exchange does then."""
        if not 0 < share < math.inf:
            raise ValueError(f"expected a share above 0, found {share}")
        self.share = share
        self._buckets: dict[str, tuple[_Window | _Tokens, int]] = {}

    def wait_for(self, charges: Iterable[Charge | None], now: float) -> float:
        """Seconds until a request, or several that belong together, may go; 0 for now, infinity for never. None costs
        nothing."""
        return max((self._bucket(one).wait_for(one.weight, now) for one in _in_all(charges)), default=0.0)

    def spend(self, charges: Iterable[Charge | None], now: float) -> None:
        """Take note that they went."""
        for one in _in_all(charges):
            self._bucket(one).spend(one.weight, now)

    def used(self, now: float) -> float | None:
        """The largest share of a limit that is spent, 0 to 1; None where nothing was ever counted."""
        used = [bucket.spent(now) / capacity for bucket, capacity in self._buckets.values()]
        return min(1.0, max(used)) if used else None

    def _bucket(self, charge: Charge) -> _Window | _Tokens:
        if charge.bucket not in self._buckets:
            self._buckets[charge.bucket] = _bucket_for(charge.limit, self.share), charge.limit.capacity
        return self._buckets[charge.bucket][0]


def seconds_of(charges: Iterable[Charge | None], share: float) -> float:
    """How long it takes until the weight of all of these has come back, by the ``share`` of each limit: what may be
    asked again and again in that time, and no faster."""
    return max((one.weight * one.limit.per_s / (one.limit.capacity * share) for one in _in_all(charges)), default=0.0)


def _in_all(charges: Iterable[Charge | None]) -> list[Charge]:
    """One charge for each bucket: what its charges come to."""
    found: dict[str, Charge] = {}
    for one in charges:
        if one is not None:
            before = found[one.bucket].weight if one.bucket in found else 0
            found[one.bucket] = Charge(one.bucket, before + one.weight, one.limit)
    return list(found.values())


def _bucket_for(limit: RateLimit, share: float) -> _Window | _Tokens:
    allowed = max(1, math.floor(limit.capacity * share))
    most, per_s = max(limit.capacity, allowed), limit.capacity * share / limit.per_s
    if not limit.window:
        return _Tokens(most, allowed, per_s)
    return _Window(most, allowed, limit.per_s, _Tokens(most, max(1, allowed * _BURST), per_s))


class _Tokens:
    """A limit whose weight comes back evenly: ``depth`` at once, ``per_s`` a second from then on."""

    def __init__(self, most: int, depth: float, per_s: float) -> None:
        self._most, self._depth, self._per_s = most, depth, per_s
        self._spent = 0.0
        self._at = -math.inf

    def wait_for(self, weight: int, now: float) -> float:
        self._regain(now)
        if weight > self._most:
            return math.inf
        missing = min(self._spent + weight - self._depth, self._spent)
        # A billionth of a request is a rounding of floats, and nobody's.
        return missing / self._per_s if missing > 1e-9 else 0.0

    def spend(self, weight: int, now: float) -> None:
        self._regain(now)
        self._spent += weight

    def spent(self, now: float) -> float:
        self._regain(now)
        return self._spent

    def _regain(self, now: float) -> None:
        if now > self._at:
            self._spent = max(0.0, self._spent - (now - self._at) * self._per_s) if self._spent else 0.0
            self._at = now


class _Window:
    """A limit whose weight comes back all at once, nobody told us when: what went in the last ``length_s`` counts.
    ``pace`` spreads it: whoever spends it all in the first seconds knows nothing new for the rest of the minute."""

    def __init__(self, most: int, allowed: int, length_s: float, pace: _Tokens) -> None:
        self._most, self._allowed, self._length_s, self._pace = most, allowed, length_s, pace
        self._gone: deque[tuple[float, int]] = deque()
        self._spent = 0

    def wait_for(self, weight: int, now: float) -> float:
        return max(self._pace.wait_for(weight, now), self._until_it_fits(weight, now))

    def spend(self, weight: int, now: float) -> None:
        self._forget(now)
        self._pace.spend(weight, now)
        self._gone.append((now, weight))
        self._spent += weight

    def spent(self, now: float) -> float:
        self._forget(now)
        return self._spent

    def _until_it_fits(self, weight: int, now: float) -> float:
        self._forget(now)
        missing = min(self._spent + weight - self._allowed, self._spent)
        wait_s = 0.0
        for went_at, each in self._gone:
            if missing <= 0:
                break
            missing -= each
            # Never nothing: it was not forgotten, so its time is not over.
            wait_s = max(went_at + self._length_s - now, 1e-6)
        return wait_s

    def _forget(self, now: float) -> None:
        # The same sum as in ``_until_it_fits``: whoever waited as long as told is not too early by a rounding.
        while self._gone and self._gone[0][0] + self._length_s <= now:
            self._spent -= self._gone.popleft()[1]
