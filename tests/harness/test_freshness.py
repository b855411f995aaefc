"""How old a price may be: held against the exchange's own clock, on both sides."""

from decimal import Decimal

import pytest

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.freshness import MOST_AGE_S, why_stale

NOW_US = 1_767_225_600_000_000
MOST_US = round(MOST_AGE_S * 1e6)


def quote(time_us):
    return Quote("kraken", Pair("BTC", "USD"), Decimal(1), Decimal(2), time_us=time_us)


@pytest.mark.parametrize("off_us", [0, MOST_US, -MOST_US])
def test_a_quote_within_the_limit_is_fresh(off_us):
    assert why_stale(quote(NOW_US + off_us), NOW_US) is None


def test_a_quote_that_is_older_is_stale():
    assert why_stale(quote(NOW_US - MOST_US - 1000_000), NOW_US) == (
        "kraken BTC/USD: stale, its time is 31.0 s behind the exchange's clock, at most 30.0 s are allowed"
    )


def test_a_quote_from_the_future_is_stale():
    assert "its time is 3600 s ahead of the exchange's clock" in why_stale(quote(NOW_US + 3_600_000_000), NOW_US)


@pytest.mark.parametrize("time_us", [None, "yesterday"])
def test_a_quote_that_does_not_tell_its_time_is_not_judged(time_us):
    assert why_stale(quote(time_us), NOW_US) is None
