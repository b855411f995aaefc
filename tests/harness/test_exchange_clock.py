"""Another's clock, from outside: held to what it really showed."""

from hypothesis import assume, given
from hypothesis import strategies as st

from harness.exchange_clock import ClockReading, ExchangeClock, clock_among, clock_from

HOUR_US = 3_600_000_000
moments = st.integers(0, 10**12)
offsets = st.integers(-(10**16), 10**16)
# The way there and the way back, each from nothing to ten seconds, whatever the other took.
ways = st.tuples(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
grains = st.sampled_from([1, 10, 1_000, 10_000, 1_000_000])


def reading(asked_us, there_us, back_us, offset_us, grain_us=1):
    """What an exchange says whose clock is ours + ``offset_us``, cut to its grain."""
    at_us = asked_us + there_us
    told_us = (at_us + offset_us) // grain_us * grain_us
    return ClockReading(asked_us, at_us + back_us, told_us)


@given(offsets, grains, st.lists(st.tuples(moments, ways), min_size=1, max_size=5))
def test_the_true_offset_lies_within_the_error_of_the_offset(offset_us, grain_us, asked):
    clock = clock_from([reading(at_us, *way, offset_us, grain_us) for at_us, way in asked])
    assert clock is not None
    assert abs(clock.offset_us - offset_us) <= clock.error_us


@given(offsets, st.lists(st.tuples(moments, ways), min_size=2, max_size=5))
def test_each_further_reading_can_only_narrow_the_error(offset_us, asked):
    readings = [reading(at_us, *way, offset_us) for at_us, way in asked]
    # All of them were told to the microsecond; where one alone seems coarser, its error is larger than it need be.
    assert clock_from(readings).error_us <= min(clock_from([one]).error_us for one in readings)


@given(offsets, st.tuples(moments, ways))
def test_one_reading_is_off_by_half_its_round_trip_and_half_a_grain_at_most(offset_us, asked):
    at_us, (there_us, back_us) = asked
    one = reading(at_us, there_us, back_us, offset_us)
    assume(one.told_us % 10)
    clock = clock_from([one])
    assert clock.error_us == (there_us + back_us + 2) // 2


def test_a_clock_of_seconds_is_known_to_half_a_second_and_the_round_trip():
    # Asked at 0, told 7 s, in hand after 40 ms: it stood between 7 and 8 s at some moment of these 40 ms.
    assert clock_from([ClockReading(0, 40_000, 7_000_000)]) == ExchangeClock(7_480_000, 520_000)


def test_readings_just_before_and_just_after_a_second_tell_a_clock_of_seconds_more_closely_than_one_does():
    before, after = ClockReading(0, 40_000, 7_000_000), ClockReading(100_000, 140_000, 8_000_000)
    assert clock_from([before, after]).error_us < 100_000


@given(moments, offsets, st.integers(20_000_001, HOUR_US), st.sampled_from([-1, 1]), ways, ways)
def test_a_clock_that_was_set_between_two_readings_is_not_known(at_us, offset_us, step_us, sign, one_way, other_way):
    # Set by more than both round trips together can hide.
    first = reading(at_us, *one_way, 10 * offset_us + 1)
    second = reading(first.received_us + 1, *other_way, 10 * offset_us + 1 + sign * 10 * step_us)
    assert clock_from([first, second]) is None


def test_without_a_reading_nothing_is_known():
    assert clock_from([]) is None


@given(offsets, moments)
def test_what_a_clock_says_is_ours_and_the_offset(offset_us, at_us):
    found = ExchangeClock(offset_us, 3).at(at_us)
    assert found == at_us + offset_us
    assert type(found) is int


@st.composite
def lags_of_quotes(draw):
    """(true offset, lags, spread, grain): most quotes are sound, none older than twice the spread when in hand; the
    others are an hour off, one way or the other."""
    offset_us, spread_us, grain_us = draw(offsets), draw(st.integers(0, 5_000_000)), draw(grains)
    sound = draw(st.lists(st.tuples(moments, st.integers(0, 2 * spread_us)), min_size=3, max_size=9))
    odd = draw(st.lists(st.tuples(moments, st.sampled_from([-HOUR_US, HOUR_US])), max_size=len(sound) - 1))
    quotes = [(received_us, -age_us) for received_us, age_us in sound] + odd
    lags = [(at_us + off_us + offset_us) // grain_us * grain_us - at_us for at_us, off_us in quotes]
    return offset_us, draw(st.permutations(lags)), spread_us, grain_us


@given(lags_of_quotes())
def test_quotes_most_of_which_are_sound_tell_a_clock_that_is_not_shown(made):
    offset_us, lags, spread_us, grain_us = made
    clock = clock_among(lags, spread_us, grain_us)
    assert abs(clock.offset_us - offset_us) <= clock.error_us
    # Too coarse for any age that matters: only what is impossible may follow from it.
    assert clock.error_us > spread_us


def test_two_quotes_are_too_few_to_tell_a_clock():
    assert clock_among([1, 2], 10, 1) is None
    assert clock_among([1, 2, 3], 10, 1) is not None
