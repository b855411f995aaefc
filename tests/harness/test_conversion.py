"""One money into another through a market, by depth."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.conversion import conversions
from harness.sides import sides_of

NO_FEES = dict.fromkeys(["binance", "coinbase", "kraken"], Decimal(0))
sizes = st.lists(st.integers(1, 40), min_size=1, max_size=4)


def ways(*several, fees=NO_FEES):
    return conversions([sides_of(one) for one in several], fees)


def test_the_base_of_a_market_is_sold_at_the_bid_and_bought_at_the_ask(usable):
    found = ways(usable("kraken", "0.998", "1.002", "USDT/USD"))
    assert set(found) == {("USDT", "USD"), ("USD", "USDT")}
    assert found["USDT", "USD"].rate == Fraction("0.998")
    assert found["USD", "USDT"].rate == 1 / Fraction("1.002")
    assert (found["USDT", "USD"].sells, found["USD", "USDT"].sells) == (True, False)


def test_there_and_back_never_gains(usable):
    found = ways(usable("kraken", "1", "1", "USDT/USD"), fees={"kraken": Decimal("0.001")})
    assert found["USDT", "USD"].net_rate * found["USD", "USDT"].net_rate == Fraction("0.999") ** 2


def test_the_best_way_is_the_one_that_brings_most_after_its_fee(usable):
    dear, cheap = usable("kraken", "0.9990", "1", "USDT/USD"), usable("coinbase", "0.9985", "1.0001", "USDT/USD")
    fees = {"kraken": Decimal("0.004"), "coinbase": Decimal("0.001")}
    found = ways(dear, cheap, fees=fees)
    assert found["USDT", "USD"].at == cheap
    assert found["USDT", "USD"].net_rate == Fraction("0.9985") * Fraction("0.999")
    assert found["USD", "USDT"].at == cheap
    # Without fees the better prices win.
    assert {way.at.quote.exchange for way in ways(dear, cheap).values()} == {"kraken"}


def test_of_two_markets_between_the_same_money_the_better_one_counts_whichever_way_it_is_quoted(usable):
    found = ways(usable("kraken", "0.99", "1", "USDT/USD"), usable("binance", "0.99", "1.001", "USD/USDT"))
    # Selling USDT for USD: the bid 0.99, or one over the ask of the other, 0.999.
    assert str(found["USDT", "USD"]) == "USD/USDT on binance"
    assert not found["USDT", "USD"].sells
    assert str(found["USD", "USDT"]) == "USDT/USD on kraken"


@pytest.mark.parametrize("first", ["binance", "kraken"])
def test_of_equal_ways_that_of_the_exchange_first_in_the_alphabet_counts(usable, first):
    markets = {name: usable(name, "0.99", "1", "USDT/USD") for name in ("binance", "kraken")}
    order = [markets.pop(first), *markets.values()]
    assert {way.at.quote.exchange for way in ways(*order).values()} == {"binance"}


def test_money_is_sold_level_after_level(usable):
    way = ways(usable("kraken", bids="1.00 x 100, 0.99 x 50, 0.98 x 10", asks="2 x 1", pair="USDT/USD"))["USDT", "USD"]
    # 100 at 1.00 and 20 at 0.99.
    assert way.of(Fraction(120)) == (Fraction("119.8"), True)
    assert way.of(Fraction(160)) == (Fraction("159.3"), True)
    # What is beyond the book is taken at its last price, and told.
    assert way.of(Fraction(170)) == (Fraction("169.1"), False)


def test_money_is_bought_with_level_after_level(usable):
    way = ways(usable("kraken", bids="0.5 x 1", asks="1.00 x 100, 1.25 x 40", pair="USDT/USD"))["USD", "USDT"]
    # 100 USD buy the first hundred, the next 25 buy twenty.
    assert way.of(Fraction(125)) == (120, True)
    assert way.of(Fraction(150)) == (140, True)
    assert way.of(Fraction(175)) == (160, False)


def test_where_nobody_says_how_much_the_best_price_stands_for_all_and_it_is_told(usable):
    found = ways(usable("coinbase", "0.998", "1.25", "USDT/USD"))
    assert found["USDT", "USD"].of(Fraction(1000)) == (998, False)
    assert found["USD", "USDT"].of(Fraction(1000)) == (800, False)


@given(sizes, sizes, st.fractions(0, 200, max_denominator=100), st.sampled_from([("USDT", "USD"), ("USD", "USDT")]))
def test_more_money_never_brings_less_and_depth_never_more_than_the_best_price(usable, bids, asks, money, way):
    rows = [
        ", ".join(f"{price} x {size}" for price, size in zip(prices, levels, strict=False))
        for prices, levels in ((("1.00", "0.98", "0.97", "0.5"), bids), (("1.01", "1.02", "1.5", "2"), asks))
    ]
    found = ways(usable("kraken", bids=rows[0], asks=rows[1], pair="USDT/USD"))[way]
    brought, _ = found.of(money)
    assert brought <= money * found.rate
    assert found.of(money + 1)[0] > brought
