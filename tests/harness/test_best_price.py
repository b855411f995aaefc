"""The best prices of a pair, and the rounding of everything that is told."""

from decimal import ROUND_CEILING, Context, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from harness.best_price import best_prices, rounded

whole = st.integers(-(10**40), 10**40)


def test_best_prices_name_the_highest_bid_and_the_lowest_ask(usable):
    (found,) = best_prices([usable("kraken", 98, 103), usable("binance", 99, 104), usable("coinbase", 99, 101)])
    assert (found.bid, found.bid_exchange) == (99, "binance")
    assert (found.ask, found.ask_exchange) == (101, "coinbase")
    assert found.spread_bps == 200
    assert found.exchanges == ("binance", "coinbase", "kraken")


def test_overlapping_exchanges_have_a_negative_spread(usable):
    assert best_prices([usable("kraken", 101, 102), usable("binance", 98, 99)])[0].spread_bps == -200


def test_dollars_and_tethers_have_prices_of_their_own(usable):
    found = best_prices([usable("binance", 100, 101, "BTC/USDT"), usable("kraken", 200, 201)])
    assert [(best.pair, best.bid, best.exchanges) for best in found] == [
        (Pair("BTC", "USD"), 200, ("kraken",)), (Pair("BTC", "USDT"), 100, ("binance",)),
    ]  # fmt: skip


def test_no_prices_have_no_best():
    assert best_prices([]) == []


@given(st.permutations(["binance", "coinbase", "kraken", "okx"]))
def test_the_order_of_the_prices_says_nothing(usable, names):
    prices = {"binance": (99, 101), "coinbase": (99, 101), "kraken": (98, 102), "okx": (97, 103)}
    (found,) = best_prices([usable(name, *prices[name]) for name in names])
    assert (found.bid_exchange, found.ask_exchange, found.exchanges) == ("binance", "binance", tuple(sorted(names)))


@given(whole, st.integers(1, 10**40))
def test_a_fraction_is_rounded_once_to_the_nearest_of_28_digits(above, below):
    found = rounded(Fraction(above, below))
    exact = Fraction(above, below)
    assert len(found.as_tuple().digits) <= 28
    # Half a unit in the last place, where the first digit stands at 10 ** adjusted.
    assert abs(Fraction(found) - exact) <= Fraction(10) ** (found.adjusted() - 27) / 2 if found else exact == 0


def test_half_of_the_last_digit_goes_to_the_even_one():
    assert rounded(Fraction(10**28 + 5, 10)) == Decimal(10**27)
    assert rounded(Fraction(10**28 + 15, 10)) == Decimal(10**27 + 2)


@given(whole, st.integers(1, 10**40))
def test_the_callers_context_changes_nothing(above, below):
    expected = rounded(Fraction(above, below))
    with localcontext(Context(prec=2, rounding=ROUND_CEILING)):
        assert rounded(Fraction(above, below)) == expected
