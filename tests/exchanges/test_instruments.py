"""Instrument tables and how they are searched."""

from decimal import Decimal

import pytest

from exchanges.errors import UnknownPair
from exchanges.exchange import Instrument
from exchanges.instruments import Listing, decimals_of, instruments_from, listed_pair, step_from_digits
from exchanges.pair import Pair
from exchanges.reading import Unreadable

TABLE = """
    BTC/USDT  BTCUSDT  0.01  0.00001

    ETH/USDT  ETHUSDT  0.01  0.0001
"""


def test_a_table_is_read_line_by_line_in_its_order():
    first, second = instruments_from(TABLE)
    assert first == Instrument(Pair("BTC", "USDT"), "BTCUSDT", Decimal("0.01"), Decimal("0.00001"))
    assert second.pair == Pair("ETH", "USDT")


def test_a_line_that_lacks_a_column_is_shown():
    with pytest.raises(ValueError, match=r"expected pair, symbol, price step and size step, found 'BTC/USDT BTCUSDT'"):
        instruments_from("BTC/USDT BTCUSDT")


def test_an_instrument_is_found_by_pair_and_by_any_of_its_names():
    listing = Listing("x", instruments_from(TABLE), lambda one: (one.symbol, one.symbol.lower()))
    bitcoin = listing.of(Pair("BTC", "USDT"))
    assert listing.named("BTCUSDT") is listing.named("btcusdt") is bitcoin
    assert listing.pairs == (Pair("BTC", "USDT"), Pair("ETH", "USDT"))


def test_a_slip_is_answered_with_the_nearest_pair_or_name():
    listing = Listing("x", instruments_from(TABLE))
    with pytest.raises(UnknownPair, match=r"x does not list BTC/USD; did you mean BTC/USDT\?"):
        listing.of(Pair("BTC", "USD"))
    with pytest.raises(UnknownPair, match=r"x does not list ETHUSD; did you mean ETHUSDT\?"):
        listing.named("ETHUSD")


def test_a_name_that_resembles_nothing_gets_no_suggestion_and_is_kept_short():
    with pytest.raises(UnknownPair) as caught:
        Listing("x", instruments_from(TABLE)).named("日本" * 100_000)
    assert caught.value.nearest == ""
    assert len(caught.value.asked) == 80


@pytest.mark.parametrize(("step", "digits"), [("0.01", 2), ("0.0000001", 7), ("1", 0), ("10", 0), ("0.50", 1)])
def test_the_digits_of_a_grid_are_those_of_its_step(step, digits):
    assert decimals_of(Decimal(step)) == digits


def test_a_listing_names_each_currency_of_its_markets_once():
    assert Listing("x", instruments_from(TABLE)).codes == ("BTC", "USDT", "ETH")


@pytest.mark.parametrize(
    ("exchange", "base", "quote", "pair"),
    [
        ("binance", "BTC", "USDT", Pair("BTC", "USDT")),
        ("binance", "btc", "usdt", Pair("BTC", "USDT")),
        ("kraken", "XBT", "USD", Pair("BTC", "USD")),
        ("kraken", "xdg", "XBT", Pair("DOGE", "BTC")),
        ("binance", "XBT", "USD", Pair("XBT", "USD")),
        ("bitfinex", "BTC", "UST", Pair("BTC", "USDT")),
        ("kucoin", "BCHSV", "USDT", Pair("BSV", "USDT")),
        ("nobody", "1INCH", "USD", Pair("1INCH", "USD")),
    ],
)
def test_an_exchange_s_own_codes_are_read_to_the_common_ones(exchange, base, quote, pair):
    assert listed_pair(exchange, base, quote) == pair


@pytest.mark.parametrize(
    "code", ["", "AAPL.D", "币安人生", "ſol", "ﬁl", "A-B", "A/B", "X" * 21, "A\nB", None, True, 5, [], {}]
)
def test_a_code_that_the_project_cannot_write_is_left_out(code):
    assert listed_pair("binance", code, "USD") is None
    assert listed_pair("binance", "BTC", code) is None


def test_a_grid_of_so_many_digits_is_undone_by_counting_them():
    for digits in range(21):
        grid = step_from_digits(str(digits), "decimals")
        assert grid * 10**digits == 1
        assert decimals_of(grid) == digits


@pytest.mark.parametrize("digits", ["21", "9" * 18, "-1", "1.5", "", None, 8, []])
def test_what_is_no_number_of_digits_makes_no_grid_and_no_long_computation(digits):
    with pytest.raises(Unreadable):
        step_from_digits(digits, "decimals")
