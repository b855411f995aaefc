"""Filling from one side of a book, against the money of each unit counted one by one."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fill import affordable, filled, on_grid

HAND = ((Fraction(100), Fraction(2)), (Fraction(101), Fraction(1)), (Fraction(103), Fraction(5)))

whole_books = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 20)), max_size=6)
parts = st.fractions(0, 200, max_denominator=1000)


def as_levels(rows):
    return tuple((Fraction(price), Fraction(size)) for price, size in rows)


def test_an_amount_takes_level_after_level():
    # 2 at 100, 1 at 101 and half a one at 103.
    fill = filled(HAND, Fraction("3.5"))
    assert (fill.amount, fill.money, fill.levels, fill.whole) == (Fraction("3.5"), Fraction("352.5"), 3, True)
    assert fill.price == Fraction("352.5") / Fraction("3.5")


def test_more_than_there_is_is_filled_as_far_as_it_goes():
    fill = filled(HAND, Fraction(9))
    assert (fill.amount, fill.money, fill.levels, fill.whole) == (8, 816, 3, False)


def test_the_very_last_unit_of_a_book_is_enough():
    assert filled(HAND, Fraction(8)).whole


def test_nothing_costs_nothing_and_has_no_price():
    fill = filled(HAND, Fraction(0))
    assert (fill.amount, fill.money, fill.levels, fill.whole, fill.price) == (0, 0, 0, True, None)
    assert filled((), Fraction(1)).price is None


@given(whole_books, st.integers(0, 130))
def test_whole_amounts_cost_what_their_units_cost_one_by_one(rows, amount):
    units = [price for price, size in rows for _ in range(size)]
    fill = filled(as_levels(rows), Fraction(amount))
    assert fill.amount == min(amount, len(units))
    assert fill.money == sum(units[:amount])
    assert fill.whole == (amount <= len(units))


@given(whole_books, parts)
def test_what_some_money_buys_costs_that_money_again(rows, money):
    levels = as_levels(rows)
    amount, whole = affordable(levels, money)
    fill = filled(levels, amount)
    assert fill.whole
    assert fill.money == (money if whole else sum(price * size for price, size in levels))
    assert fill.money <= money


def test_money_buys_level_after_level():
    # 200 buy the first two, 101 the next one, and 51.5 half a one at 103.
    assert affordable(HAND, Fraction("352.5")) == (Fraction("3.5"), True)
    assert affordable(HAND, Fraction(816)) == (8, True)
    assert affordable(HAND, Fraction(817)) == (8, False)
    assert affordable((), Fraction(1)) == (0, False)


@given(parts, st.lists(st.decimals("0.1", "2", places=1), max_size=3))
def test_an_amount_on_the_grid_is_a_whole_number_of_every_step_and_the_largest(amount, steps):
    found = on_grid(amount, *steps)
    assert 0 <= found <= amount
    assert all((found / Fraction(step)).denominator == 1 for step in steps)
    if steps:
        # A grid that all of them share: none finer would do, as trying the multiples of the first shows.
        least = next(
            k for k in range(1, 10_000) if all((k * Fraction(steps[0]) / Fraction(s)).denominator == 1 for s in steps)
        )
        assert amount - found < least * Fraction(steps[0])
    else:
        assert found == amount


@pytest.mark.parametrize(("amount", "steps", "found"), [
    ("0.123456789", ("0.00001", "0.001"), "0.123"),
    ("7.9", ("0.5", "0.2"), "7"),
    ("0.9", ("1", "0.1"), "0"),
    ("0.123456789", (None, "0.01"), "0.12"),
    ("0.123456789", (None, None), "0.123456789"),
])  # fmt: skip
def test_grids_by_hand(amount, steps, found):
    known = [None if step is None else Decimal(step) for step in steps]
    assert on_grid(Fraction(amount), *known) == Fraction(found)
