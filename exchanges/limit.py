"""How an exchange counts requests: what one costs, how much may be spent, and what comes of spending more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``capacity`` units of weight in ``per_s`` seconds, for one address.

    ``window`` tells how spent weight comes back: all at once at every whole multiple of ``per_s`` (True), or evenly,
    ``capacity / per_s`` units a second (False: a token bucket). A caller that asks ``patience`` more times before the
    time it was told to wait is over is banned for ``ban_s`` seconds (``patience`` 0: nobody is ever banned). Waits that
    are ignored one after the other add up; one that is kept clears them.
    """

    capacity: int
    per_s: float
    window: bool = False
    patience: int = 0
    ban_s: float = 0.0

    def __post_init__(self) -> None:
        if self.capacity < 1 or not self.per_s > 0 or self.patience < 0 or self.ban_s < 0:
            raise ValueError(f"expected a capacity of 1 or more in a time above 0 s, found {self}")


@dataclass(frozen=True, slots=True)
class Charge:
    """What one request costs: ``weight`` units of the budget ``bucket``, which ``limit`` governs. Exchanges that
    count each endpoint for itself have a bucket for each."""

    bucket: str
    weight: int
    limit: RateLimit
