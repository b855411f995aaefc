"""Where a clock's float becomes the whole microseconds that prices are judged by."""

from hypothesis import given
from hypothesis import strategies as st

from harness.sighting import microseconds, moments_of
from strategies.strategy import Fetched


@given(st.integers(0, 10**13))
def test_a_clock_that_ran_for_months_keeps_its_microseconds(whole):
    # The middle of a microsecond, as a float of seconds, comes back as that microsecond.
    assert microseconds((whole + 0.5) / 1e6) == whole


def test_the_moments_of_an_answer_are_whole_numbers():
    moments = moments_of(Fetched((), 12.3456785, 12.5, 200, 90))
    assert moments == (12_345_678, 12_500_000)
    assert all(type(moment) is int for moment in moments)
