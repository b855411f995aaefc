"""Exact numbers as text (``harness.exact_text``)."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exact_text import amount_text, exact_text, money_text, price_text, rounded_text

ROUND_28 = Context(prec=28, rounding=ROUND_HALF_EVEN)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=30)


@given(DECIMALS, DECIMALS)
def test_a_number_whose_digits_end_is_told_in_full(one, other):
    exact = Fraction(one) * Fraction(other)
    assert Fraction(exact_text(exact)) == exact
    assert "E" not in exact_text(exact)


@given(st.fractions(-(10**28), 10**28, max_denominator=10**40))
def test_any_other_number_is_rounded_once_to_28_digits_that_count(number):
    told = Fraction(exact_text(number))
    if told != number:
        assert told == Fraction(ROUND_28.divide(Decimal(number.numerator), Decimal(number.denominator)))


def test_thirds_are_told_as_far_as_they_count():
    assert exact_text(Fraction(1, 3)) == "0." + "3" * 28
    assert exact_text(Fraction(200, 3)) == "66." + "6" * 25 + "7"
    assert exact_text(Fraction(-1, 3000)) == "-0.000" + "3" * 28
    assert exact_text(Fraction(10**40, 3)) == "3" * 40
    assert exact_text(Fraction(0)) == "0"


@given(DECIMALS, st.integers(0, 8))
def test_a_rounded_number_is_what_decimal_makes_of_it(number, places):
    wanted = Context(prec=200, rounding=ROUND_HALF_EVEN).quantize(number, Decimal(1).scaleb(-places))
    said = rounded_text(Fraction(number), places)
    assert said == f"{abs(wanted) if wanted == 0 else wanted:f}"
    assert rounded_text(Fraction(number), places, grouped=True) == f"{Decimal(said):,f}"


def test_a_half_goes_to_the_even_neighbour_and_nothing_has_no_sign():
    assert [rounded_text(Fraction(text), 2) for text in ("0.005", "0.015", "-0.005", "-0.004", "2.675")] == [
        "0.00", "0.02", "0.00", "0.00", "2.68"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ("91234.567", "91,234.57"), ("138.5249", "138.525"), ("13.42", "13.4200"), ("1.16021", "1.16021"),
        ("0.999635", "0.999635"), ("0.0000082", "0.00000820000"), ("1e-12", "1E-12"), ("123456789e9", "1.234568E+17"),
        ("0", "0E+0"),
    ],
)  # fmt: skip
def test_a_price_has_the_digits_that_tell_a_bid_from_an_ask(price, shown):
    assert price_text(Fraction(price)) == shown


def test_amounts_are_short_and_money_has_cents():
    amounts = ["0.5", "12000", "0", "1.123456789", "0.10", "1e-18", "123456789012345678901234567890"]
    assert [amount_text(Decimal(text)) for text in amounts] == [
        "0.5", "12,000", "0", "1.12345679", "0.1", "1E-18", "1.234568E+29"
    ]  # fmt: skip
    assert money_text(Fraction(-12345678, 1000), "EUR") == "-12,345.68"
    assert money_text(Fraction(1, 2), "BTC") == "0.50000000"
    assert money_text(Fraction(10) ** 20, "USD") == "1E+20"
