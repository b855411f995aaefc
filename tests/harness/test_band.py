"""Bands of bid and ask (``harness.band``)."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from harness.band import Band

ENDS = st.fractions(0, 10**9)
BANDS = st.tuples(ENDS, ENDS).map(lambda ends: Band(min(ends), max(ends)))


@given(BANDS, BANDS, ENDS)
def test_the_value_lies_in_the_band_and_so_does_that_of_sums_and_products(one, other, number):
    for band in (one, other, one + other, one * other, one * number):
        assert band.low <= band.value <= band.high
    assert (one + other).value == one.value + other.value
    assert (one * number).value == one.value * number
    assert one + Band() == one


def test_a_price_in_other_money_is_bid_times_bid_and_ask_times_ask():
    assert Band(Fraction(2), Fraction(3)) * Band(Fraction(5), Fraction(7)) == Band(Fraction(10), Fraction(21))
