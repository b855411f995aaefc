"""Lateness: two levers that make the server hold answers longer than it was asked to.

``late`` adds the same time to each; ``ramp`` lets the delays grow, so that whoever races later comes out slower. The
log tells what was asked and what was held, as always. Law: nothing is held shorter than it was asked. What has no delay
(a page, a refusal) is answered at once all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from exchanges.errors import safe
from exchanges.units import seconds_from

_RAMP = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%\s*/\s*(\S+)")
_MOST_GROWTH = 10.0


@dataclass(frozen=True, slots=True)
class Ramp:
    """Delays grow by the share ``growth`` of what was asked, evenly over the first ``over_s`` seconds, and stay so."""

    growth: float
    over_s: float

    @classmethod
    def parse(cls, text: str) -> Ramp:
        """Read ``10%/20s``. Raises ValueError with a sentence."""
        match = _RAMP.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"expected a growth of zero or more over a duration such as 10%/20s, found {safe(text, 40)!r}: "
                "the server never answers early"
            )
        growth = float(match[1]) / 100
        if growth > _MOST_GROWTH:
            raise ValueError(f"expected a growth of at most {_MOST_GROWTH:.0%}, found {safe(text, 40)!r}; try 10%/20s")
        over_s = seconds_from(match[2])
        if over_s == 0:
            raise ValueError(f"expected a ramp that takes longer than nothing, found {safe(text, 40)!r}; try 10%/20s")
        return cls(growth, over_s)


@dataclass(frozen=True, slots=True)
class Lateness:
    """Both levers of a server that started at ``since`` (CLOCK_MONOTONIC seconds)."""

    late_s: float
    ramp: Ramp | None
    since: float

    def __bool__(self) -> bool:
        return self.late_s > 0 or self.ramp is not None

    def held_s(self, asked_s: float, arrived: float) -> float:
        """How long a request is held that arrived then (CLOCK_MONOTONIC seconds) and was asked to wait ``asked_s``."""
        held_s = asked_s + self.late_s
        if self.ramp is not None:
            share = min(1.0, max(0.0, (arrived - self.since) / self.ramp.over_s))
            held_s += asked_s * self.ramp.growth * share
        return held_s


def late_from(text: str) -> float:
    """How much longer than asked each answer is held, in seconds, from ``30ms``. Raises ValueError with a sentence."""
    if text.strip().startswith("-"):
        raise ValueError(f"expected zero or more, found {safe(text, 40)!r}: the server never answers early")
    return seconds_from(text)
