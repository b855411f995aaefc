"""Ages, against clocks whose true offset is known."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.age import EXCHANGE_TIME, OUR_CLOCK, Age, age_of, why_stale
from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting

HOUR_US, MINUTE_US, MOST_US = 3_600_000_000, 60_000_000, 5_000_000
GOOD = ExchangeClock(10**15, 20_000)


def sighting(asked_us, received_us, time_us):
    quote = Quote("kraken", Pair("BTC", "USD"), Decimal(1), Decimal(2), time_us=time_us)
    return Sighting(quote, asked_us, received_us)


@st.composite
def told_prices(draw):
    """(sighting, clock, grain, now, true age): an honest exchange, whose clock is known to within its error, and whose
    price was its own at some moment before the answer was in hand."""
    asked_us = draw(st.integers(0, 10**12))
    received_us = asked_us + draw(st.integers(0, 20_000_000))
    now_us = received_us + draw(st.integers(0, 20_000_000))
    true_us = draw(st.integers(asked_us - 2 * HOUR_US, received_us))
    offset_us, grain_us = draw(st.integers(-(10**15), 10**15)), draw(st.sampled_from([1, 1_000, 1_000_000, MINUTE_US]))
    error_us = draw(st.integers(0, 6_000_000))
    clock = ExchangeClock(offset_us + draw(st.integers(-error_us, error_us)), error_us)
    told_us = (true_us + offset_us) // grain_us * grain_us
    return sighting(asked_us, received_us, told_us), clock, grain_us, now_us, now_us - true_us


@given(told_prices())
def test_the_true_age_lies_between_low_and_high(made):
    seen, clock, grain_us, now_us, true_age_us = made
    age = age_of(seen, clock, grain_us, now_us, MOST_US)
    assert age.low_us <= true_age_us
    # By our own clock, only what was not said before it was asked for is young enough.
    assert true_age_us <= age.high_us or (age.by == OUR_CLOCK and true_age_us > now_us - seen.asked_us)


@given(told_prices())
def test_an_honest_time_is_never_taken_for_one_that_is_still_to_come(made):
    seen, clock, grain_us, now_us, _ = made
    assert age_of(seen, clock, grain_us, now_us, MOST_US).high_us >= 0


@given(told_prices())
def test_an_age_is_whole_numbers_and_no_float(made):
    seen, clock, grain_us, now_us, _ = made
    age = age_of(seen, clock, grain_us, now_us, MOST_US)
    assert {type(age.low_us), type(age.high_us)} == {int}


@given(told_prices(), st.integers(0, HOUR_US))
def test_a_price_never_gets_younger_by_waiting(made, later_us):
    seen, clock, grain_us, now_us, _ = made
    age, after = (age_of(seen, clock, grain_us, at_us, MOST_US) for at_us in (now_us, now_us + later_us))
    assert why_stale(age, MOST_US) is None or why_stale(after, MOST_US) is not None


def test_with_time_and_clock_the_age_is_the_clock_less_the_time():
    # Our clock says 3 s, so theirs 10**15 + 3 s, give or take 20 ms; the price is of 10**15 + 2.5 s, in milliseconds.
    seen = sighting(2_400_000, 2_600_000, 10**15 + 2_500_000)
    assert age_of(seen, GOOD, 1_000, 3_000_000, MOST_US) == Age(479_001, 520_000, EXCHANGE_TIME)


def test_no_price_is_newer_than_the_answer_that_brought_it():
    seen = sighting(2_400_000, 2_510_000, 10**15 + 2_500_000)
    assert age_of(seen, GOOD, 1_000, 3_000_000, MOST_US) == Age(490_000, 520_000, EXCHANGE_TIME)


@pytest.mark.parametrize(("time_us", "clock"), [(None, GOOD), (10**15, None), (None, None)])
def test_without_a_time_or_a_clock_our_own_is_left_from_asked_to_received(time_us, clock):
    assert age_of(sighting(100, 400, time_us), clock, 1, 1_000, MOST_US) == Age(600, 900, OUR_CLOCK)


def test_a_time_cut_to_the_minute_tells_no_age_and_our_own_clock_is_left():
    # 17 s into a minute: by its time the price may be anything from 0 to 17 s old.
    now_us = 10 * MINUTE_US + 17_000_000
    seen = sighting(now_us - 300_000, now_us - 100_000, 10 * MINUTE_US)
    clock = ExchangeClock(0, 10_000)
    assert age_of(seen, clock, MINUTE_US, now_us, MOST_US) == Age(100_000, 300_000, OUR_CLOCK)


@pytest.mark.parametrize("grain_us", [1, 1_000, 1_000_000, MINUTE_US])
@pytest.mark.parametrize("error_us", [0, 20_000, MOST_US + 1])
def test_a_time_an_hour_old_is_stale_however_coarse_it_and_the_clock_are(grain_us, error_us):
    now_us = 100 * HOUR_US
    age = age_of(sighting(now_us - 2, now_us - 1, 99 * HOUR_US), ExchangeClock(0, error_us), grain_us, now_us, MOST_US)
    assert age.low_us > HOUR_US - 2 * MINUTE_US
    assert why_stale(age, MOST_US).startswith("stale, at least ")
    assert "by the exchange's time, at most 5.00 s are allowed" in why_stale(age, MOST_US)


@pytest.mark.parametrize("grain_us", [1, 1_000, 1_000_000, MINUTE_US])
@pytest.mark.parametrize("error_us", [0, 20_000, MOST_US + 1])
def test_a_time_an_hour_ahead_is_refused_however_coarse_it_and_the_clock_are(grain_us, error_us):
    now_us = 100 * HOUR_US
    clock = ExchangeClock(0, error_us)
    age = age_of(sighting(now_us - 2, now_us - 1, 101 * HOUR_US), clock, grain_us, now_us, MOST_US)
    # Of the moment when it was in hand, a microsecond before.
    assert age.high_us == error_us - HOUR_US - 1
    assert "ahead of the exchange's clock, so that nobody can tell its age" in why_stale(age, MOST_US)


def test_a_time_that_was_to_come_when_the_price_was_in_hand_is_refused_after_it_has_come_as_well():
    # In hand at 1 s, of a time that is 2 s: whoever looks at 4 s must not take it for two seconds old.
    age = age_of(sighting(900_000, 1_000_000, 2_000_000), ExchangeClock(0, 50_000), 1, 4_000_000, MOST_US)
    assert age.high_us == -950_000
    assert why_stale(age, MOST_US) == (
        "its time is 950 ms ahead of the exchange's clock, so that nobody can tell its age"
    )  # fmt: skip


@pytest.mark.parametrize(("low_us", "high_us", "said"), [
    (0, MOST_US, None),
    (MOST_US, MOST_US, None),
    (0, MOST_US + 1, "unverifiable, 0 ms to 5.00 s old by our own clock, at most 5.00 s are allowed"),
    (2_000_000, 9_000_000, "unverifiable, 2.00 s to 9.00 s old by our own clock, at most 5.00 s are allowed"),
    (7_000_000, 9_000_000, "stale, at least 7.00 s old by our own clock, at most 5.00 s are allowed"),
    (-9_000_000, -3_000_000, "its time is 3.00 s ahead of the exchange's clock, so that nobody can tell its age"),
])  # fmt: skip
def test_what_may_be_too_old_is_refused_and_told_from_what_is(low_us, high_us, said):
    assert why_stale(Age(low_us, high_us, OUR_CLOCK), MOST_US) == said


def test_an_age_reads_as_one_figure_or_as_two():
    assert str(Age(20_000, 20_000, OUR_CLOCK)) == "20.0 ms"
    assert str(Age(20_000, 45_000, OUR_CLOCK)) == "20.0 ms to 45.0 ms"
