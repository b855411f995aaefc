"""Doubt: whether prices say that their exchange's clock is not where we think it is."""

from __future__ import annotations

from collections.abc import Iterable

from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting


def is_doubtful(clock: ExchangeClock, sightings: Iterable[Sighting], most_us: int) -> bool:
    """True where one is from the exchange's future, or all of them were more than ``most_us`` old when they came: then
    its clock was set in between. A single old one is that market's own matter."""
    ages_us = [
        clock.at(sighting.received_us) - sighting.quote.time_us
        for sighting in sightings
        if sighting.quote.time_us is not None
    ]
    return bool(ages_us) and (min(ages_us) < -clock.error_us or min(ages_us) > most_us + clock.error_us)
