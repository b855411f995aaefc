"""The cache: the latest sighting of each market, where those that ask and those that look meet.

Laws: no value that may be older than its time to live is fresh; ages are differences of a clock that never steps, and
the time that the machine slept counts. ``changed`` guards all that the tracker knows, here and elsewhere, and is told
of changes.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting
from harness.tracker.reading import Freshness, Known
from harness.usable import Market, why_unusable

_KEPT: Final = 60
_DEAD: Final = 10
_NAP_US: Final = 10_000
"""Shorter than any sleep of a machine, and longer than it takes to read two clocks one after the other."""


def asleep_us() -> int:
    """How long the machine has slept since it was started, in microseconds: CLOCK_MONOTONIC stands still then. 0 where
    no clock tells it."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return 0 if boot is None else (time.clock_gettime_ns(boot) - time.monotonic_ns()) // 1000


@dataclass(slots=True)
class _Market:
    sighting: Sighting | None = None
    asleep_us: int = 0
    error: str | None = None
    mids: deque[Decimal] = field(default_factory=lambda: deque(maxlen=_KEPT))


class Cache:
    """``version`` grows with whatever changes. All methods but ``wait`` want ``changed`` to be held."""

    def __init__(self, markets: Iterable[Market], ttl_us: int, asleep: Callable[[], int] = asleep_us) -> None:
        """``ttl_us`` is how long a value is fresh; ``asleep`` tells how long the machine has slept, in microseconds."""
        self.changed = threading.Condition()
        self.version = 0
        self._ttl_us = ttl_us
        self.asleep_us = asleep
        self._markets = {market: _Market() for market in markets}
        self._clocks: dict[str, tuple[ExchangeClock, int]] = {}

    def put(self, sightings: Iterable[Sighting], misses: Mapping[Market, str]) -> None:
        """Take what came, and what did not. A sighting older than the one that is there changes nothing."""
        slept = self.asleep_us()
        for sighting in sightings:
            market = self._markets.get((sighting.quote.exchange, sighting.quote.pair))
            if market is None:
                continue
            if (
                market.sighting is not None
                and self._moved(market.sighting, market.asleep_us).asked_us > sighting.asked_us
            ):
                continue
            market.sighting, market.asleep_us, market.error = sighting, slept, None
            if why_unusable(sighting) is None:
                market.mids.append((sighting.quote.bid + sighting.quote.ask) / 2)
        for name, why in misses.items():
            if name in self._markets:
                self._markets[name].error = why
        self.touch()

    def touch(self) -> None:
        """Something changed."""
        self.version += 1
        self.changed.notify_all()

    def set_clock(self, name: str, clock: ExchangeClock | None) -> None:
        """What is known of an exchange's clock from now on."""
        if clock is None:
            self._clocks.pop(name, None)
        else:
            self._clocks[name] = clock, self.asleep_us()

    def clocks(self) -> dict[str, ExchangeClock]:
        """The exchanges' clocks: while we slept, theirs went on."""
        return {
            name: replace(clock, offset_us=clock.offset_us + self.nap_since(slept))
            for name, (clock, slept) in self._clocks.items()
        }

    def known(self, now_us: int, silent: Collection[str] = ()) -> dict[Market, Known]:
        """All markets at ``now_us`` by CLOCK_MONOTONIC. ``silent`` exchanges answer nothing but errors."""
        return {market: self._known(market, found, now_us, silent) for market, found in self._markets.items()}

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until the version is past ``version``, or the time is over; the version then."""
        with self.changed:
            self.changed.wait_for(lambda: self.version > version, timeout_s)
            return self.version

    def _known(self, market: Market, found: _Market, now_us: int, silent: Collection[str]) -> Known:
        mids = tuple(found.mids)
        if found.sighting is None:
            return Known(market, "waiting", error=found.error, mids=mids)
        sighting = self._moved(found.sighting, found.asleep_us)
        # When it was answered nobody knows; it was not before it was asked.
        age_us = max(0, now_us - sighting.asked_us)
        return Known(market, self._freshness(market, age_us, silent), sighting, age_us, found.error, mids)

    def _freshness(self, market: Market, age_us: int, silent: Collection[str]) -> Freshness:
        if age_us <= self._ttl_us:
            return "fresh"
        return "dead" if age_us > _DEAD * self._ttl_us or market[0] in silent else "stale"

    def _moved(self, sighting: Sighting, slept_us: int) -> Sighting:
        """The sighting as if our clock had not stood still while the machine slept."""
        nap = self.nap_since(slept_us)
        if not nap:
            return sighting
        return replace(sighting, asked_us=sighting.asked_us - nap, received_us=sighting.received_us - nap)

    def nap_since(self, slept_us: int) -> int:
        """How long the machine has slept since it had slept so long, in microseconds."""
        nap = self.asleep_us() - slept_us
        return nap if nap > _NAP_US else 0


def is_doubtful(clock: ExchangeClock, sightings: Iterable[Sighting], most_us: int) -> bool:
    """True where one is from the exchange's future, or all of them were more than ``most_us`` old when they came: then
    its clock was set in between. A single old one is that market's own matter."""
    ages_us = [
        clock.at(sighting.received_us) - sighting.quote.time_us
        for sighting in sightings
        if sighting.quote.time_us is not None
    ]
    return bool(ages_us) and (min(ages_us) < -clock.error_us or min(ages_us) > most_us + clock.error_us)
