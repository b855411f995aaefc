"""A taker fee as people write it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fee import EXPECTED, fee_from


@pytest.mark.parametrize(("text", "fee"), [
    ("0.0025", "0.0025"), ("25bp", "0.0025"), ("25 bps", "0.0025"), ("0.25%", "0.0025"), (" 0.25 % ", "0.0025"),
    ("0", "0"), ("0%", "0"), ("-0.5bp", "-0.00005"), ("7.5bp", "0.00075"), ("9.99%", "0.0999"),
])  # fmt: skip
def test_a_fraction_basis_points_and_percent_mean_the_same(text, fee):
    assert fee_from(text) == Decimal(fee)


@given(st.decimals("-999", "999", places=6))
def test_the_unit_moves_the_point_and_nothing_else(basis_points):
    assert fee_from(f"{basis_points:f}bp") == basis_points.scaleb(-4) == fee_from(f"{basis_points.scaleb(-2):f}%")


@pytest.mark.parametrize("text", [
    "", "0.25", "10%", "-10%", "1000bp", "0.1", "free", "25", "0.25pct", "1e-3", "nan", "٣bp", "0,25%", "--1bp", "%",
    "9" * 5 + "bp", "0." + "1" * 13,
])  # fmt: skip
def test_what_is_no_fee_is_refused_with_what_was_expected_and_found(text):
    with pytest.raises(ValueError, match="expected a fraction of the notional") as refused:
        fee_from(text)
    assert str(refused.value) == f"expected {EXPECTED}, found {text!r}"


def test_a_long_text_is_shown_by_its_beginning():
    with pytest.raises(ValueError, match="found") as refused:
        fee_from("x" * 10_000)
    assert len(str(refused.value)) < 200
