"""A budget: what one address has spent of what an exchange allows, in whole numbers, and how it takes a refusal."""

from __future__ import annotations

from typing import Final

from exchanges.limit import Charge, RateLimit

NS: Final = 1_000_000_000
"""Nanoseconds in a second: times here are whole nanoseconds of the exchange."""


class Price:
    """What one target costs, worked out once. A weight of 1 is as many units as ``per_s`` has nanoseconds, so that each
    nanosecond brings back ``capacity`` of them and all of it is whole numbers. Where nothing is refused and the
    exchange's headers tell nothing of it (``speaks``), it is not even counted."""

    __slots__ = ("capacity", "charge", "cost", "counts", "fits_below", "per_ns", "speaks", "whole", "window")

    def __init__(self, charge: Charge | None, counts: bool, speaks: bool) -> None:
        self.charge = charge
        self.counts = counts
        self.speaks = speaks
        if charge is not None:
            limit = charge.limit
            self.window, self.capacity = limit.window, limit.capacity
            self.per_ns = round(limit.per_s * NS)
            self.whole = limit.capacity * self.per_ns
            self.cost = charge.weight * self.per_ns
            # More weight than there ever is fits where nothing is spent, and takes all there is.
            self.fits_below = max(0, self.whole - self.cost)


class Budget:
    """What one address has spent of one budget, in the units of a Price, and how it takes a refusal."""

    __slots__ = ("at", "callers", "heard_at", "repeats", "spent", "strikes", "told_until", "unheeded", "wait")

    def __init__(self) -> None:
        self.at = 0
        self.spent = 0
        self.told_until = 0
        self.wait = 0
        self.heard_at = 0
        self.repeats = 0
        self.callers = (0, 0)
        self.strikes = 0
        self.unheeded = False

    def wait_for(self, price: Price, now_ns: int, heard_ns: int) -> int:
        """Nanoseconds until the weight fits, 0 if it does now."""
        if now_ns > self.at:
            pause = now_ns - self.at
            if pause >= heard_ns or (2 * pause >= self.wait and now_ns >= self.told_until):
                self.heard_at = 0
            if not price.window:
                self.spent = max(0, self.spent - (now_ns - self.at) * price.capacity)
            elif now_ns // price.per_ns != self.at // price.per_ns:
                self.spent = 0
            self.at = now_ns
        missing = self.spent - price.fits_below
        if missing <= 0:
            return 0
        return price.per_ns - self.at % price.per_ns if price.window else -(-missing // price.capacity)

    def spend(self, price: Price) -> None:
        """Take the weight. An accepted request ends the wait that an earlier one was told."""
        self.spent += price.cost
        # A bucket cannot be emptier than empty; a window's count may show what was too much.
        if self.spent > price.whole and not price.window:
            self.spent = price.whole
        self.told_until = 0

    def ignored(self, limit: RateLimit, now_ns: int, wait_ns: int, heard_ns: int, callers: int) -> bool:
        """Take note of a refusal; whether it is the one too many. A caller that sat out its last wait starts anew.

        Callers that do as they are told are refused once each in a wait that nobody's success has ended, the first of
        them to begin it. A client may close its connection when it is refused, so the most that were open in this wait
        and the one before it count.
        """
        if now_ns >= self.told_until:
            if not self.unheeded:
                self.strikes = 0
            self.unheeded = False
            self.told_until = now_ns + wait_ns
            self.wait = wait_ns
            self.repeats = 0
            self.callers = (self.callers[1], callers)
            self.heard_at = self.heard_at or now_ns + heard_ns
            return False
        self.callers = (self.callers[0], max(self.callers[1], callers))
        if now_ns < self.heard_at:
            return False
        self.repeats += 1
        if self.repeats >= max(self.callers):
            self.unheeded = True
            self.strikes += 1
            if 0 < limit.patience <= self.strikes:
                self.strikes = 0
                self.told_until = 0
                self.unheeded = False
                return True
        return False

    def usage(self, price: Price) -> tuple[int, int]:
        """The weight that is spent, and the nanoseconds until none is."""
        whole_in = price.per_ns - self.at % price.per_ns if price.window else -(-self.spent // price.capacity)
        return -(-self.spent // price.per_ns), whole_in
