"""How old a price is when it is used, and when it is too old.

Law: the true age lies between ``low_us`` and ``high_us``, if the exchange's time is that of the price; and where the
age is told by our own clock, if the price is from after it was asked for.

Where a quote has a time and the exchange's clock is known, the age is that clock less this time, give or take the
clock's error and the time's grain. No price can be newer than the answer that brought it. Where there is no time, no
clock, or a time so coarse that it decides nothing (one that is cut to the minute), our own clock is left: the exchange
said it after it was asked and before the answer was in hand, which no answer from a cache would keep to. A time that
was still to come when the answer was in hand is no time, and there is no age. Some exchanges tell the time of the last
trade instead (Coinbase): in a quiet market such a price seems older than it is, and is left out rather than believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from exchanges.units import text_from_seconds
from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting

EXCHANGE_TIME: Final = "the exchange's time"
OUR_CLOCK: Final = "our own clock"


@dataclass(frozen=True, slots=True)
class Age:
    """In whole microseconds; ``by`` says what it was told by, EXCHANGE_TIME or OUR_CLOCK. ``high_us`` below zero: by so
    much at least the price's time was still to come when the price was in hand."""

    low_us: int
    high_us: int
    by: str

    def __str__(self) -> str:
        low, high = (text_from_seconds(max(0, each) / 1e6) for each in (self.low_us, self.high_us))
        return low if low == high else f"{low} to {high}"


def age_of(sighting: Sighting, clock: ExchangeClock | None, grain_us: int, now_us: int, most_us: int) -> Age:
    """The age of a quote when our clock says ``now_us``. ``grain_us`` is that of the exchange's times. Times and clocks
    that cannot tell an age of ``most_us`` from none count only where they say that the price is too old all the same,
    or still to come."""
    by_us = Age(now_us - sighting.received_us, now_us - sighting.asked_us, OUR_CLOCK)
    told_us = sighting.quote.time_us
    if told_us is None or clock is None:
        return by_us
    apart = clock.at(now_us) - told_us
    # The time was cut: the price may be newer than it says, by nearly a grain.
    low, high = apart - clock.error_us - (grain_us - 1), apart + clock.error_us
    if low > most_us:
        return Age(low, high, EXCHANGE_TIME)
    if high < by_us.low_us:
        return Age(low - by_us.low_us, high - by_us.low_us, EXCHANGE_TIME)
    if grain_us > most_us or clock.error_us > most_us:
        return by_us
    return Age(max(low, by_us.low_us), high, EXCHANGE_TIME)


def why_stale(age: Age, most_us: int) -> str | None:
    """Why a price of this age is not to be used, after its market's name; None where it is. ``most_us`` is the age that
    is allowed."""
    most = text_from_seconds(most_us / 1e6)
    if age.high_us < 0:
        ahead = text_from_seconds(-age.high_us / 1e6)
        return f"its time is {ahead} ahead of the exchange's clock, so that nobody can tell its age"
    if age.low_us > most_us:
        return f"stale, at least {text_from_seconds(age.low_us / 1e6)} old by {age.by}, at most {most} are allowed"
    if age.high_us > most_us:
        return f"unverifiable, {age} old by {age.by}, at most {most} are allowed"
    return None
