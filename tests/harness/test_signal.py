from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.signal import Signal, signals

PAIRS = (Pair("BTC", "USD"), Pair("PEPE", "USDT"))
NAMES = ("a", "b", "c", "d")
prices = st.decimals(Decimal("1e-12"), Decimal("1e12"), places=12, allow_nan=False) | st.sampled_from(
    [Decimal(100), Decimal("100.1001"), Decimal("99.9"), Decimal("1E-300"), Decimal("9.99E+300")]
)
fees = st.decimals(Decimal(0), Decimal("0.02"), places=6)


def quote(name, bid, ask, pair=PAIRS[0]):
    return Quote(name, pair, Decimal(bid), Decimal(ask))


def reckoned(quotes, fees):
    """The definition, in fractions."""
    return {
        Signal(buy.pair, buy.exchange, sell.exchange)
        for buy, sell in permutations(quotes, 2)
        if buy.pair == sell.pair
        and Fraction(sell.bid) * (1 - Fraction(fees[sell.exchange]))
        > Fraction(buy.ask) * (1 + Fraction(fees[buy.exchange]))
    }


@given(
    st.dictionaries(st.tuples(st.sampled_from(NAMES), st.sampled_from(PAIRS)), st.tuples(prices, prices)),
    st.fixed_dictionaries(dict.fromkeys(NAMES, fees)),
)
@example(
    {("a", PAIRS[0]): (Decimal(1), Decimal(1)), ("b", PAIRS[0]): (Decimal(1), Decimal(1))}, dict.fromkeys(NAMES, 0)
)
def test_signals_are_those_that_fractions_find(found, fees):
    quotes = [Quote(name, pair, bid, ask) for (name, pair), (bid, ask) in found.items()]
    fees = {name: Decimal(fee) for name, fee in fees.items()}
    assert signals(quotes, fees) == reckoned(quotes, fees)


@pytest.mark.parametrize(("bid", "there"), [
    ("100.2002002002002002002002002002002002002", False), ("100.2002002002002002002002002002002002003", True),
])  # fmt: skip
def test_the_last_digit_decides_though_no_float_has_it(bid, there):
    # 100 * 1.001 = 100.1 = bid * 0.999 at bid = 100.200200..., without end.
    fees = {"a": Decimal("0.001"), "b": Decimal("0.001")}
    found = signals([quote("a", "99", "100"), quote("b", bid, "101")], fees)
    assert found == ({Signal(PAIRS[0], "a", "b")} if there else set())


def test_what_leaves_exactly_nothing_is_no_signal():
    fees = {"a": Decimal(0), "b": Decimal(0)}
    assert signals([quote("a", "99", "100"), quote("b", "100", "101")], fees) == frozenset()


def test_another_pair_or_the_same_exchange_is_nothing_to_sell_on():
    fees = {"a": Decimal(0), "b": Decimal(0)}
    assert signals([quote("a", "99", "100"), quote("b", "200", "201", PAIRS[1])], fees) == frozenset()
    assert signals([quote("a", "101", "100")], fees) == frozenset()


def test_an_exchange_without_a_fee_is_an_error_and_no_free_lunch():
    with pytest.raises(KeyError, match="b"):
        signals([quote("a", "99", "100"), quote("b", "100", "101")], {"a": Decimal(0)})
