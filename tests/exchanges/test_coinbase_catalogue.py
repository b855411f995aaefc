"""What Coinbase tells of its markets: products, currencies, rates and the time."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Instrument, Pair, Quote, Request, Response
from exchanges.coinbase import COINBASE, Coinbase

BTC, ETH, XRP = Pair("BTC", "USD"), Pair("ETH", "USD"), Pair("XRP", "USDT")
PRODUCTS = "/api/v3/brokerage/market/products"


@pytest.fixture
def view(still):
    """Every listed pair at 1,000 steps of its grid, bitcoin at 100 USD, 125 USDT and 80 EUR, and 0.8 USD for a USDT."""
    middles = {BTC: "100", Pair("BTC", "USDT"): "125", Pair("BTC", "EUR"): "80", Pair("USDT", "USD"): "0.8"}
    quotes = {}
    for one in COINBASE.instruments:
        middle = Decimal(middles.get(one.pair, one.price_step * 1000))
        bid, ask = middle - one.price_step, middle + one.price_step
        quotes[one.pair] = Quote("coinbase", one.pair, bid, ask, ask, time_us=1_767_225_601_500_000)
    return still(quotes)


@pytest.fixture
def told(view):
    """The parsed answer of a target."""
    return lambda target: json.loads(COINBASE.answer(Request("coinbase", "", target), view).body)


def ids(reply):
    return [product["product_id"] for product in reply["products"]]


def test_the_products_are_all_listed_markets_in_order(told):
    reply = told(PRODUCTS)
    assert ids(reply) == [one.symbol for one in COINBASE.instruments]
    assert reply["num_products"] == len(COINBASE.instruments)


def test_a_product_has_every_field_of_the_real_one_and_no_bid_and_ask(told):
    product = told(PRODUCTS)["products"][0]
    recorded = {
        "product_id", "price", "price_percentage_change_24h", "volume_24h", "volume_percentage_change_24h",
        "base_increment", "quote_increment", "quote_min_size", "quote_max_size", "base_min_size", "base_max_size",
        "base_name", "quote_name", "watched", "is_disabled", "new", "status", "cancel_only", "limit_only", "post_only",
        "trading_disabled", "auction_mode", "product_type", "quote_currency_id", "base_currency_id",
        "fcm_trading_session_details", "mid_market_price", "alias", "alias_to", "base_display_symbol",
        "quote_display_symbol", "view_only", "price_increment", "display_name", "product_venue",
        "approximate_quote_24h_volume",
    }  # fmt: skip
    assert recorded <= product.keys()
    assert product["mid_market_price"] == product["best_bid_price"] == product["best_ask_price"] == ""
    assert (product["price"], product["product_type"], product["base_name"]) == ("100.01", "SPOT", "Bitcoin")
    assert (product["base_currency_id"], product["quote_currency_id"]) == ("BTC", "USD")
    assert (product["quote_increment"], product["base_increment"]) == ("0.01", "0.00000001")


def test_one_product_is_answered_as_in_the_list(told):
    assert told(PRODUCTS + "/BTC-USD") == told(PRODUCTS)["products"][0]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("product_ids=ETH-USD&product_ids=BTC-USD&product_type=SPOT", ["BTC-USD", "ETH-USD"]),
        ("product_ids=ETH-USD&product_ids=NOPE-USD", ["ETH-USD"]),
        ("limit=2", ["BTC-USD", "ETH-USD"]),
        ("limit=1&offset=2", ["SOL-USD"]),
        ("limit=0&offset=20", ["AAVE-USD", "BTC-EUR", "ETH-EUR", "USDT-USD"]),
        ("offset=1000", []),
        ("product_type=FUTURE", []),
    ],
)
def test_products_are_chosen_by_id_type_limit_and_offset(query, wanted, told):
    reply = told(f"{PRODUCTS}?{query}")
    assert ids(reply) == wanted
    assert reply["num_products"] == len(wanted)


def test_only_the_pairs_of_the_products_that_were_chosen_are_asked_for(view):
    request = Request("coinbase", "", PRODUCTS + "?product_ids=XRP-USDT&product_ids=BTC-USD")
    assert COINBASE.pairs_from(request) == (BTC, XRP)
    COINBASE.answer(request, view)
    assert view.seen == [BTC, XRP]


def test_the_time_is_told_in_the_forms_of_both_interfaces(told):
    assert told("/api/v3/brokerage/time") == {
        "iso": "2026-01-01T00:00:01Z",
        "epochSeconds": "1767225601",
        "epochMillis": "1767225601500",
    }
    assert told("/v2/time") == {"data": {"iso": "2026-01-01T00:00:01Z", "epoch": 1767225601}}


def test_currencies_are_divided_into_those_of_states_and_crypto(told):
    fiat, crypto = told("/v2/currencies")["data"], told("/v2/currencies/crypto")["data"]
    assert [one["id"] for one in fiat] == ["USD", "EUR", "GBP"]
    assert fiat[0].keys() == {"id", "name", "min_size"}
    listed = {code for one in COINBASE.instruments for code in (one.pair.base, one.pair.quote)}
    assert {one["code"] for one in crypto} == listed - {"USD", "EUR"}
    assert len({one["asset_id"] for one in crypto}) == len(crypto)


def test_rates_follow_from_the_prices_of_the_markets(told):
    reply = told("/v2/exchange-rates")["data"]
    assert reply["currency"] == "USD"
    rates = reply["rates"]
    assert (rates["USD"], rates["BTC"], rates["USDT"], rates["EUR"]) == ("1", "0.01", "1.25", "0.8")
    assert rates["GBP"] == "0.746268656716"  # no market tells
    assert all(Decimal(rate) > 0 for rate in rates.values())
    assert "E" not in "".join(rates.values())
    in_bitcoin = told("/v2/exchange-rates?currency=BTC")["data"]["rates"]
    assert (Decimal(in_bitcoin["BTC"]), Decimal(in_bitcoin["USD"])) == (1, 100)


def test_rates_in_an_unknown_currency_are_not_found(told):
    with pytest.raises(LookupError):
        told("/v2/exchange-rates?currency=XXX")


@pytest.mark.parametrize(("kind", "amount"), [("spot", "100.01"), ("buy", "100.01"), ("sell", "99.99")])
def test_a_price_is_what_one_pays_or_gets(kind, amount, told):
    assert told(f"/v2/prices/BTC-USD/{kind}") == {"data": {"amount": amount, "base": "BTC", "currency": "USD"}}


def test_the_rates_are_priced_by_every_market_so_that_many_are_not_worked_out_anew_each_tick():
    every = len(COINBASE.instruments)
    assert COINBASE.entries_in(Request("coinbase", "", "/v2/exchange-rates?currency=USD")) == every
    assert COINBASE.entries_in(Request("coinbase", "", "/v2/currencies/crypto")) == 0


def read(*products):
    return COINBASE.instruments_from(Response(200, json.dumps({"products": products}).encode()))


def test_a_product_has_the_grids_of_its_increments(told):
    (found,) = read(told(PRODUCTS + "/BTC-USD"))
    assert found == Instrument(BTC, "BTC-USD", Decimal("0.01"), Decimal("0.00000001"))


@pytest.mark.parametrize(
    "change",
    [
        {"trading_disabled": True}, {"is_disabled": True}, {"cancel_only": True}, {"limit_only": True},
        {"post_only": True}, {"auction_mode": True}, {"view_only": True}, {"status": "delisted"}, {"status": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_product_that_takers_are_kept_away_from_is_listed_and_does_not_trade(change, told):
    (found,) = read(told(PRODUCTS + "/BTC-USD") | change)
    assert (found.symbol, found.trading) == ("BTC-USD", False)


@pytest.mark.parametrize("change", [{"product_type": "FUTURE"}, {"base_currency_id": ""}, {"base_currency_id": "B-T"}])
def test_what_is_no_spot_market_of_two_currencies_is_left_out(change, told):
    assert read(told(PRODUCTS + "/ETH-USD") | change) == ()


@pytest.mark.parametrize("change", [{"quote_increment": ""}, {"base_increment": "0"}], ids=str)
def test_a_product_without_a_grid_spoils_the_list(change, told):
    with pytest.raises(BadReply) as caught:
        read(told(PRODUCTS + "/BTC-USD") | change)
    assert caught.value.kind == "bad_value"


def test_a_product_of_which_nobody_says_whether_it_trades_spoils_the_list(told):
    product = told(PRODUCTS + "/BTC-USD")
    del product["status"]
    with pytest.raises(BadReply, match="expected the field 'status'"):
        read(product)


def test_a_product_that_is_halted_stays_in_the_list_with_its_price(view):
    halted = Coinbase(instruments=(replace(COINBASE.instruments[0], trading=False),))
    (product,) = json.loads(halted.answer(Request("coinbase", "", PRODUCTS), view).body)["products"]
    assert (product["trading_disabled"], product["price"]) == (True, "100.01")


def test_the_clock_is_read_in_milliseconds():
    body = b'{"iso":"2023-06-30T04:02:40Z","epochSeconds":"1688097760","epochMillis":"1688097760123"}'
    assert COINBASE.time_from(Response(200, body)) == 1_688_097_760_123_000
    with pytest.raises(BadReply):
        COINBASE.time_from(Response(200, b'{"data":{"iso":"2023-06-30T04:02:40Z","epoch":1688097760}}'))


def test_only_spot_products_are_asked_for():
    request = COINBASE.instruments_request()
    assert (request.target, request.about) == (PRODUCTS + "?product_type=SPOT", "instruments")
