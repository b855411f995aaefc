"""A beat: which markets are asked for, how often, and how old an answer may be.

Law of the metronome: beats lie on one grid of CLOCK_MONOTONIC, however late anybody wakes; one that was missed is
skipped, and nothing is made up for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from exchanges.pair import Pair
from exchanges.units import text_from_seconds
from harness.usable import Market

_SHORTEST_S = 0.05
_LONGEST_S = 3600.0
_LATELY_S = 10.0


@dataclass(frozen=True, slots=True)
class Beat:
    """``every_s`` is the time from one beat to the next, ``ttl_s`` how long a value counts as fresh (0: three beats,
    and at least 3 s). ``levels`` is how deep books are asked for (0: quotes). ``deadline_s`` is that of one request.
    ``patience_s`` is how long a reading waits for the last answers after its beat began (0: three quarters of a beat,
    or the deadline if that is shorter); ``enough`` exchanges are enough for one (None: all that were asked). Raises
    ValueError, with a sentence, for what is no beat."""

    markets: tuple[Market, ...]
    every_s: float = 2.0
    ttl_s: float = 0.0
    levels: int = 0
    deadline_s: float = 5.0
    patience_s: float = 0.0
    enough: int | None = None

    def __post_init__(self) -> None:
        if not self.markets:
            raise ValueError("expected at least one market to be asked for, found none")
        if len(set(self.markets)) < len(self.markets):
            raise ValueError("expected each market once, found one twice")
        if not _SHORTEST_S <= self.every_s <= _LONGEST_S:
            shortest, longest, found = (_shown(each) for each in (_SHORTEST_S, _LONGEST_S, self.every_s))
            raise ValueError(f"expected a beat of {shortest} to {longest}, found {found}")
        for name in ("ttl_s", "deadline_s", "patience_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"expected a time for {name}, found {getattr(self, name)}")
        if not self.deadline_s:
            raise ValueError("expected a deadline above 0s, found 0s")
        if self.levels < 0 or (self.enough is not None and self.enough < 1):
            raise ValueError(
                f"expected levels of 0 or more and enough of 1 or more, found {self.levels}, {self.enough}"
            )
        if not self.ttl_s:
            object.__setattr__(self, "ttl_s", max(3 * self.every_s, 3.0))
        if not self.patience_s:
            object.__setattr__(self, "patience_s", min(0.75 * self.every_s, self.deadline_s))

    @property
    def by_exchange(self) -> Mapping[str, tuple[Pair, ...]]:
        """The pairs that are asked of each exchange, in order."""
        found: dict[str, list[Pair]] = {}
        for name, pair in self.markets:
            found.setdefault(name, []).append(pair)
        return {name: tuple(pairs) for name, pairs in found.items()}


def _shown(seconds: float) -> str:
    return text_from_seconds(seconds) if math.isfinite(seconds) else str(seconds)


@dataclass(frozen=True, slots=True)
class Metronome:
    """Beat ``k`` begins at ``origin + k * every_s``, in seconds of CLOCK_MONOTONIC."""

    origin: float
    every_s: float

    def start_of(self, beat: int) -> float:
        """When a beat begins."""
        return self.origin + beat * self.every_s

    def at(self, now: float) -> int:
        """The beat that is on: the last one that has begun; below 0 before the first."""
        beat = math.floor((now - self.origin) / self.every_s)
        # A quotient of floats may fall on either side of a whole number: ``start_of`` decides.
        if self.start_of(beat + 1) <= now:
            return beat + 1
        return beat - 1 if self.start_of(beat) > now else beat

    def of_late_s(self, now: float) -> float:
        """The beats that count as of late, in seconds: those of ten seconds, one at least, and no more than began."""
        begun = max(1, self.at(now) + 1)
        return min(max(_LATELY_S, self.every_s), begun * self.every_s)

    def wait_for_next(self, now: float) -> float:
        """Seconds until the next beat begins: of the next to come, whatever was missed."""
        return self.start_of(self.at(now) + 1) - now
