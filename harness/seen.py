"""Seen: what was in hand at the moment of use, and what is known of the exchanges' clocks and markets then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting
from harness.usable import Market


@dataclass(frozen=True, slots=True)
class Seen:
    """``sightings`` in the order in which they were asked for; ``now_us`` is the moment of use, by our own clock in
    microseconds. ``clocks`` are those of exchanges that show theirs, ``halted`` the markets that by their exchange's
    list are not trading."""

    sightings: Sequence[Sighting]
    now_us: int
    clocks: Mapping[str, ExchangeClock]
    halted: frozenset[Market] = frozenset()
