"""An exchange's clock, as far as it can be known from here: its offset from ours, and how far that may be wrong.

Whoever asks at ``asked_us``, is told ``told_us``, and has the answer at ``received_us`` knows that the exchange's clock
stood between ``told_us`` and ``told_us + grain_us`` at some moment between the two: so its offset lies in

    [told_us - received_us, told_us + grain_us - asked_us]

(F. Cristian, Probabilistic clock synchronization, Distributed Computing 3, 1989). Several readings are intersected (K.
Marzullo, S. Owicki, Maintaining the time in a distributed system, 1983). Law: the true offset lies within ``error_us``
of ``offset_us``, whatever the way there and back took, as long as neither clock stepped in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final

_GRAINS_US: Final = (1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """One answer: asked for and received by our clock, ``told_us`` by the exchange's; all in microseconds."""

    asked_us: int
    received_us: int
    told_us: int


@dataclass(frozen=True, slots=True)
class ExchangeClock:
    """The exchange's clock is ours + ``offset_us``, give or take ``error_us``."""

    offset_us: int
    error_us: int

    def at(self, our_us: int) -> int:
        """What it says, about, when our clock says ``our_us``."""
        return our_us + self.offset_us


def clock_from(readings: Sequence[ClockReading]) -> ExchangeClock | None:
    """The clock that all readings agree on; None where there are none, or where they exclude each other, because a
    clock was set in between."""
    if not readings:
        return None
    grain_us = _grain_of(readings)
    low = max(reading.told_us - reading.received_us for reading in readings)
    high = min(reading.told_us + grain_us - reading.asked_us for reading in readings)
    if low > high:
        return None
    return ExchangeClock((low + high) // 2, (high - low + 1) // 2)


def clock_among(lags_us: Sequence[int], spread_us: int, grain_us: int) -> ExchangeClock | None:
    """A clock for an exchange that shows none, from its quotes: each one's time, which is cut to ``grain_us``, less the
    moment it was in hand by our clock. No price is from after that moment, so that the median of them is at most the
    true offset if most are sound; it is within twice ``spread_us`` and a grain of it if most were not older than that.
    An error of more than ``spread_us`` makes it too coarse for telling any age but an impossible one. None where there
    are fewer than three to ask."""
    if len(lags_us) < 3:
        return None
    half_us = spread_us + grain_us // 2
    return ExchangeClock(median_low(lags_us) + half_us, half_us + 1)


def _grain_of(readings: Sequence[ClockReading]) -> int:
    """The coarsest grain that all the times have, of the powers of ten up to a second: a clock that shows milliseconds
    and is by chance taken for one that shows hundredths makes the error larger and nothing wrong."""
    return next(grain for grain in _GRAINS_US if all(reading.told_us % grain == 0 for reading in readings))
