"""The wall clock, watched: whether somebody set it while a run was under way.

No duration depends on it (all of them come from CLOCK_MONOTONIC); the run's stamps do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from exchanges.units import text_from_seconds

_STEP_S: Final = 1.0
_SLEW: Final = 0.001
"""A clock that is being corrected runs faster or slower by 0.05 % at most (adjtimex(2): 500 ppm): no step."""


@dataclass
class WallClock:
    """Watches from its making on. ``wall`` and ``steady`` say seconds; only their growth is compared."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    steps: list[tuple[float, float]] = field(default_factory=list)
    """Each step as (by how much, how long after the making it was seen), in seconds."""

    def __post_init__(self) -> None:
        self._began = self.steady()
        self._last = self.wall(), self._began

    def look(self) -> None:
        """Compare how far both clocks have gone since the last look."""
        (wall_before, steady_before), now = self._last, (self.wall(), self.steady())
        span_s = now[1] - steady_before
        gap_s = (now[0] - wall_before) - span_s
        self._last = now
        if abs(gap_s) > _STEP_S + _SLEW * span_s:
            self.steps.append((gap_s, now[1] - self._began))

    @property
    def said(self) -> str | None:
        """What is doubtful for it, as a sentence without its full stop; None where nothing is."""
        if not self.steps:
            return None
        first, more = self.steps[0], len(self.steps) - 1
        way, slept = ("forward", " (or the machine slept)") if first[0] > 0 else ("back", "")
        again = "" if not more else ", and once more" if more == 1 else f", and {more} times more"
        return (
            f"the wall clock was put {way} by {text_from_seconds(abs(first[0]))} within the first "
            f"{text_from_seconds(first[1])} of the run{slept}{again}: the stamps started and finished "
            "are doubtful; durations come from another clock and are not touched by it"
        )

    def to_json(self) -> dict[str, Any]:
        """``stepped_s`` is the sum of all steps, ``at`` holds each, ``said`` is a sentence or null."""
        return {
            "stepped_s": sum(step_s for step_s, _ in self.steps),
            "at": [{"step_s": step_s, "after_s": after_s} for step_s, after_s in self.steps],
            "said": self.said,
        }
