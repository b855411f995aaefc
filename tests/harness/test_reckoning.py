"""One opportunity in exact fractions, worked out by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from harness.allowance import Allowance
from harness.conversion import conversions
from harness.reckoning import reckoned
from harness.sides import sides_of

FREE = (Fraction(0), Fraction(0))


@pytest.fixture
def deep(usable):
    """A place to buy BTC for USD, and one to sell it."""
    here = usable("kraken", bids="29000 x 1", asks="30000 x 0.5, 30010 x 1")
    there = usable("coinbase", bids="30300 x 0.2, 30290 x 2", asks="31000 x 1")
    return sides_of(here), sides_of(there)


def test_a_notional_is_spent_before_fees_and_by_depth(deep):
    # 0.5 at 30000 are 15000, and the other 6002 buy 0.2 at 30010. They bring 0.2 at 30300 and 0.5 at 30290: 21205.
    fees = Fraction("0.001"), Fraction("0.0026")
    found = reckoned(*deep, None, fees, Allowance(Decimal(21002)), 0)
    assert (found.amount, found.bought.money, found.sold.money) == (Fraction("0.7"), 21002, 21205)
    assert found.gross == Fraction(1, 100)
    assert found.at_size == Fraction(203, 21002)
    # It costs 21002 and 0.1 % of it, 21023.002; it brings 21205 less 0.26 %, 21149.867.
    assert found.gain == Fraction("126.865")
    assert found.after_fees == found.net == Fraction("126.865") / Fraction("21023.002")
    assert found.thin == ()


def test_drift_is_taken_off_for_each_second_of_the_older_age(deep):
    # 4 bps a second for 1.5 s are 6 bps of what is spent.
    found = reckoned(*deep, None, FREE, Allowance(Decimal(15000), drift_bps_per_s=Decimal(4)), 1_500_000)
    assert found.after_fees - found.net == Fraction(6, 10_000)
    assert found.gain == (found.after_fees - Fraction(6, 10_000)) * 15000


def test_without_a_notional_the_best_prices_are_what_there_is(deep):
    found = reckoned(*deep, None, FREE, Allowance(), 0)
    assert (found.amount, found.at_size) == (Fraction("0.2"), found.gross)


def test_an_amount_is_cut_to_the_grids_of_both_exchanges(usable):
    # Kraken's step is a thousandth: of 0.0333 coins for 1000 there are 33 of them.
    buy, sell = (sides_of(usable(name, bids="30000 x 5", asks="30000 x 5")) for name in ("gemini", "kraken"))
    found = reckoned(buy, sell, None, FREE, Allowance(Decimal(1000)), 0)
    assert found.wanted == Fraction(1, 30)
    assert found.amount == Fraction("0.033")
    assert found.bought.money == 990


def test_where_levels_are_not_enough_it_is_named_where(deep):
    here, there = deep
    # The asks hold 45010 worth of 1.5 coins, the bids 2.2 coins.
    short_of_asks = reckoned(here, there, None, FREE, Allowance(Decimal(45_011)), 0)
    assert (short_of_asks.amount, short_of_asks.thin) == (Fraction("1.5"), ("BTC/USD on kraken",))
    assert reckoned(here, there, None, FREE, Allowance(Decimal(45_010)), 0).thin == ()
    # The other way round 31000 buy one coin, and the bids there hold one.
    assert reckoned(there, here, None, FREE, Allowance(Decimal(31_000)), 0).thin == ()
    assert reckoned(there, here, None, FREE, Allowance(Decimal(31_001)), 0).thin == ("BTC/USD on coinbase",)


def test_where_no_size_is_told_one_unit_at_the_best_prices_stands_for_any(usable):
    buy, sell = sides_of(usable("kraken", 90, 100, ask_size=1)), sides_of(usable("coinbase", 110, 120))
    found = reckoned(buy, sell, None, FREE, Allowance(Decimal(1000)), 0)
    assert (found.wanted, found.amount) == (None, None)
    assert (found.gross, found.at_size, found.net) == (Fraction(1, 10),) * 3


def test_a_sale_in_other_money_is_converted_by_depth_before_and_after_the_fee(usable):
    buy, sell = (
        sides_of(usable("kraken", 29990, 30000, ask_size=1)),
        sides_of(usable("binance", 30300, 30310, "BTC/USDT", bid_size=1)),
    )
    between = usable("bitstamp", bids="0.999 x 20000, 0.998 x 50000", asks="1 x 1", pair="USDT/USD")
    way = conversions([sides_of(between)], {"bitstamp": Decimal("0.002")})["USDT", "USD"]
    fees = Fraction("0.0026"), Fraction("0.001")
    found = reckoned(buy, sell, way, fees, Allowance(), 0)
    assert found.gross == (Fraction(30300) * Fraction("0.999") - 30000) / 30000
    # 30300 USDT become 20000 * 0.999 + 10300 * 0.998 = 30259.4 USD.
    assert found.at_size == Fraction("259.4") / 30000
    # After its fee it is 30269.7 USDT: 19980 + 10269.7 * 0.998 = 30229.1606 USD, less 0.2 %: 30168.7022788.
    assert found.gain == Fraction("30168.7022788") - Fraction("30078")
    assert found.net == found.gain / 30078


def test_a_conversion_that_does_not_hold_it_all_is_named(usable):
    buy, sell = (
        sides_of(usable("kraken", 29990, 30000, ask_size=1)),
        sides_of(usable("binance", 30300, 30310, "BTC/USDT", bid_size=1)),
    )
    between = usable("bitstamp", bids="0.999 x 30299", asks="1 x 1", pair="USDT/USD")
    way = conversions([sides_of(between)], {"bitstamp": Decimal(0)})["USDT", "USD"]
    assert reckoned(buy, sell, way, FREE, Allowance(), 0).thin == ("USDT/USD on bitstamp",)
    # After a fee of two thousandths there are fewer to convert.
    assert reckoned(buy, sell, way, (Fraction(0), Fraction("0.002")), Allowance(), 0).thin == ()
