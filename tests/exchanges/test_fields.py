"""The names under which tickers hold what a quote needs."""

from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import Pair, Quote
from exchanges.fields import Fields
from exchanges.instruments import instruments_from
from exchanges.reading import Unreadable

BITCOIN, ETHER = instruments_from("""
    BTC/USDT  BTC-USDT  0.1   0.00001
    ETH/USDT  ETH-USDT  0.01  0.0001
""")
FIELDS = Fields("symbol", "buy", "sell", "last", "buySize", "sellSize")
TICKER = {"symbol": "BTC-USDT", "buy": "10.1", "sell": "10.2", "last": "10.15", "buySize": "3", "sellSize": "0.5"}
QUOTE = Quote("x", Pair("BTC", "USDT"), *map(Decimal, ("10.1", "10.2", "10.15", "3", "0.5")), 7)


def read(entries, wanted=(BITCOIN,)):
    return FIELDS.quotes_of("x", wanted, entries, 7)


def test_an_entry_is_read_field_by_field():
    assert read([TICKER]) == (QUOTE,)
    assert FIELDS.quotes_of("x", (BITCOIN,), [TICKER])[0].time_us is None


def test_an_entry_may_have_a_time_of_its_own_in_milliseconds():
    own = replace(FIELDS, time="ts")
    assert own.quotes_of("x", (BITCOIN,), [TICKER | {"ts": "3"}], 7) == (replace(QUOTE, time_us=3000),)
    with pytest.raises(Unreadable, match="expected the field 'ts'"):
        own.quotes_of("x", (BITCOIN,), [TICKER], 7)


def test_the_order_is_that_in_which_markets_are_wanted():
    entries = [TICKER, {**TICKER, "symbol": "SOL-USDT", "buy": None}, {**TICKER, "symbol": "ETH-USDT"}]
    assert [quote.pair for quote in read(entries, (ETHER, BITCOIN))] == [ETHER.pair, BITCOIN.pair]


@pytest.mark.parametrize("nothing", [None, "", "missing"])
@pytest.mark.parametrize("name", ["last", "buySize", "sellSize"])
def test_the_last_price_and_the_sizes_may_be_missing_null_or_empty(name, nothing):
    entry = {**TICKER, name: nothing}
    if nothing == "missing":
        del entry[name]
    (quote,) = read([entry])
    told = {"last": quote.last, "buySize": quote.bid_size, "sellSize": quote.ask_size}
    assert [field for field, value in told.items() if value is None] == [name]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"buy": None}, "schema"),
        ({"sell": ""}, "bad_value"),
        ({"buy": "10.3"}, "bad_value"),
        ({"last": "1e5"}, "bad_value"),
        ({"buySize": []}, "schema"),
        ({"symbol": "BTC-USDC"}, "schema"),
    ],
)
def test_an_entry_that_holds_no_quote_is_refused(change, kind):
    with pytest.raises(Unreadable) as caught:
        read([{**TICKER, **change}])
    assert caught.value.kind == kind


@pytest.mark.parametrize("name", ["symbol", "buy", "sell"])
def test_the_market_and_the_two_prices_have_to_be_there(name):
    with pytest.raises(Unreadable, match=f"expected the field '{name}'"):
        read([{key: value for key, value in TICKER.items() if key != name}])
