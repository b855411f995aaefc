"""Profits (``harness.profit``)."""

from fractions import Fraction

from harness.profit import Profit


def test_a_profit_is_value_less_cost_and_per_cent_of_the_cost():
    loss = Profit(Fraction(2), Fraction(75), Fraction(100))
    assert (loss.gain, loss.percent) == (-25, -25)


def test_of_what_cost_nothing_no_per_cent_is_told():
    gift = Profit(Fraction(1), Fraction(5), Fraction(0))
    assert (gift.gain, gift.percent) == (5, None)


def test_two_profits_together_are_weighed_by_their_costs():
    both = Profit(Fraction(1), Fraction(20), Fraction(10)) + Profit(Fraction(1), Fraction(90), Fraction(90))
    assert (both.gain, both.percent) == (10, 10)
