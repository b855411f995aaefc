"""Whether prices say that their exchange's clock was set."""

from decimal import Decimal

import pytest

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting
from harness.tracker.doubt import is_doubtful

CLOCK = ExchangeClock(1_000_000, 100)
PAIR = Pair("BTC", "USD")


def sighting(age_us):
    """One that was in hand at 5,000 by our clock, and so old by theirs."""
    time_us = None if age_us is None else CLOCK.at(5_000) - age_us
    return Sighting(Quote("binance", PAIR, Decimal(1), Decimal(2), time_us=time_us), 4_000, 5_000)


@pytest.mark.parametrize(("ages_us", "doubtful"), [
    ([], False),
    ([None], False),
    ([0, 500], False),
    ([-100], False),  # within the clock's error
    ([-101, 500], True),
    ([10_100], False),
    ([10_101, 99_999], True),
    ([10_101, 0], False),
    ([10_101, None], True),
])  # fmt: skip
def test_a_price_from_the_future_or_none_but_old_ones_raise_a_doubt(ages_us, doubtful):
    assert is_doubtful(CLOCK, [*map(sighting, ages_us)], 10_000) is doubtful
