"""Gemini: names in two cases, tickers that name their market by its volume, bare grids, and depths for each side."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges import BadReply, Pair, Quote, Request, Response, UnknownPair
from exchanges.book import Book, Level
from exchanges.gemini import Gemini

GEMINI = Gemini()
BTC, ETH, ETH_BTC = Pair("BTC", "USD"), Pair("ETH", "USD"), Pair("ETH", "BTC")
QUOTE = Quote(
    "gemini", BTC, Decimal("68012.50"), Decimal("68013.03"), Decimal("68013.02"), time_us=1_769_900_401_000_000
)
TICKER = json.loads(GEMINI.response_for(QUOTE).body)
LISTED = {
    "symbol": "BTCUSD", "base_currency": "BTC", "quote_currency": "USD", "tick_size": 1e-8, "quote_increment": 0.01,
    "min_order_size": "0.00001", "status": "open",
}  # fmt: skip


def reply(value, status=200):
    return Response(status, (value if isinstance(value, str) else json.dumps(value)).encode())


def asking(target):
    return Request("gemini", "", target)


def with_volume(**changes):
    return reply(TICKER | {"volume": TICKER["volume"] | changes})


def levels(*prices):
    return tuple(Level(Decimal(price), Decimal(size)) for size, price in enumerate(prices, 1))


BOOK = Book("gemini", BTC, levels("68012", "68011", "68010"), levels("68013", "68014", "68015"))


def test_names_are_lower_case_in_paths_and_upper_case_is_understood():
    assert GEMINI.request_for(BTC).target == "/v1/pubticker/btcusd"
    assert GEMINI.pair_from(asking("/v1/pubticker/BTCUSD")) == BTC
    with pytest.raises(UnknownPair):
        GEMINI.pair_from(asking("/v1/pubticker/BtcUsd"))


def test_a_ticker_is_written_as_documented():
    assert list(TICKER) == ["bid", "ask", "volume", "last"]
    assert (TICKER["bid"], TICKER["ask"], TICKER["last"]) == ("68012.50", "68013.03", "68013.02")
    assert list(TICKER["volume"]) == ["BTC", "USD", "timestamp"]
    assert TICKER["volume"]["timestamp"] == 1_769_900_401_000


def test_several_markets_are_asked_for_one_by_one():
    assert [request.pairs for request in GEMINI.requests_for([ETH, BTC])] == [(ETH,), (BTC,)]
    with pytest.raises(BadReply, match="expected 2 markets, found an answer about one"):
        GEMINI.quotes_from([ETH, BTC], reply(TICKER))


@pytest.mark.parametrize("pair", [ETH, ETH_BTC, Pair("BTC", "USDT")])
def test_a_ticker_whose_volume_is_in_other_currencies_is_about_another_market(pair):
    with pytest.raises(BadReply) as caught:
        GEMINI.quote_from(pair, reply(TICKER))
    assert caught.value.kind == "schema"


@pytest.mark.parametrize("when", [None, "", "soon", "1769900401.5", True])
def test_a_time_that_is_none_is_no_quote(when):
    with pytest.raises(BadReply):
        GEMINI.quote_from(BTC, with_volume(timestamp=when))


def test_a_volume_of_thirty_six_digits_does_not_matter():
    assert GEMINI.quote_from(BTC, with_volume(USD="10394749.066094351423000000000000000095")) == QUOTE


def test_a_market_without_trades_has_no_last_price():
    assert GEMINI.quote_from(BTC, reply({**TICKER, "last": None})).last is None
    assert GEMINI.quote_from(BTC, reply({**TICKER, "last": "0"})).last is None


def test_the_second_ticker_has_a_name_and_no_time(still):
    read = GEMINI.answer(asking("/v2/ticker/btcusd"), still({BTC: QUOTE}))
    assert GEMINI.quote_from(BTC, read) == Quote("gemini", BTC, QUOTE.bid, QUOTE.ask, QUOTE.last)
    with pytest.raises(BadReply, match="expected an answer about ETH/USD, found one about BTCUSD"):
        GEMINI.quote_from(ETH, read)


def test_each_side_of_a_book_is_as_deep_as_it_was_asked_for(still):
    view = still(books={BTC: BOOK})
    for query, depths in (
        ("?limit_bids=1&limit_asks=2", (1, 2)),
        ("?limit_bids=2", (2, 3)),
        ("?limit_asks=0&limit_bids=1", (1, 3)),
        ("", (3, 3)),
    ):
        read = GEMINI.book_from(BTC, GEMINI.answer(asking(f"/v1/book/btcusd{query}"), view))
        assert (len(read.bids), len(read.asks)) == depths


def test_a_book_has_fifty_levels_where_none_is_said_and_all_where_zero_is():
    depths = {"": 50, "?limit_bids=3": 50, "?limit_bids=3&limit_asks=7": 7, "?limit_bids=0&limit_asks=1": 500}
    assert {query: GEMINI.entries_in(asking(f"/v1/book/btcusd{query}")) for query in depths} == depths


@pytest.mark.parametrize("depth", ["-1", "1.5", "many", "9999999"])
def test_a_depth_that_is_no_number_is_refused(depth, still):
    with pytest.raises(LookupError, match="expected limit_asks as a whole number"):
        GEMINI.answer(asking(f"/v1/book/btcusd?limit_bids=1&limit_asks={depth}"), still(books={BTC: BOOK}))


def test_orders_at_one_price_are_one_level_where_each_has_its_time_and_a_fault_where_not():
    rows = [
        {"price": "851.5", "amount": "4.0", "timestamp": "1387060884.0"},
        {"price": "855.0", "amount": "0.18", "timestamp": "1387060906.0"},
        {"price": "855.0", "amount": "0.18", "timestamp": "1387060848.0"},
        {"price": "855.0", "amount": "6.8604413", "timestamp": "1387060622.0"},
    ]
    read = GEMINI.book_from(BTC, reply({"bids": [], "asks": rows}))
    assert read.asks == (Level(Decimal("851.5"), Decimal(4)), Level(Decimal("855.0"), Decimal("7.2204413")))
    with pytest.raises(BadReply) as caught:
        GEMINI.book_from(BTC, reply({"bids": [], "asks": [rows[1], rows[1]]}))
    assert caught.value.kind == "schema"
    tiny = [{"price": "1", "amount": amount, "timestamp": amount} for amount in ("0.00000001", "0.00000002")]
    assert GEMINI.book_from(BTC, reply({"bids": tiny, "asks": []})).bids == (Level(Decimal(1), Decimal("0.00000003")),)


@pytest.mark.parametrize("row", ['{"price":"1"}', '["1","2"]', "null", '{"price":"1","amount":null}'])
def test_a_level_without_a_price_and_a_size_is_no_level(row):
    with pytest.raises(BadReply) as caught:
        GEMINI.book_from(BTC, reply(f'{{"bids":[{row}],"asks":[]}}'))
    assert caught.value.kind == "schema"


@pytest.mark.parametrize("status", ["closed", "cancel_only", "post_only", "limit_only", "something new"])
def test_a_market_that_is_not_open_does_not_trade(status):
    (found,) = GEMINI.instruments_from(reply([{**LISTED, "status": status}]))
    assert (found.symbol, found.trading) == ("btcusd", False)
    assert GEMINI.instruments_from(reply([LISTED]))[0].trading


@settings(database=None)
@given(exponent=st.integers(-12, 3), shape=st.sampled_from(["{:f}", "{:e}", "{}", "{:E}"]))
def test_grids_are_bare_numbers_in_any_notation(exponent, shape):
    step = Decimal(1).scaleb(exponent)
    body = json.dumps([LISTED]).replace("1e-08", shape.format(step))
    assert GEMINI.instruments_from(reply(body))[0].size_step == step


def test_small_grids_are_written_in_scientific_notation_and_without_quotation_marks(still):
    body = GEMINI.answer(asking("/v1/symbols/details/btcusd"), still()).body
    assert b'"tick_size":1E-8,"quote_increment":0.01,' in body
    listed = json.loads(GEMINI.answer(asking("/v1/symbols/details/all"), still()).body)
    assert listed[0] == json.loads(body)
    assert [one["symbol"].lower() for one in listed] == json.loads(GEMINI.answer(asking("/v1/symbols"), still()).body)


def test_a_perpetual_is_no_spot_market_and_an_older_entry_without_the_word_is():
    perpetual = {**LISTED, "symbol": "BTCGUSDPERP", "quote_currency": "GUSD", "product_type": "swap"}
    found = GEMINI.instruments_from(reply([perpetual, LISTED]))
    assert [one.symbol for one in found] == ["btcusd"]


def test_last_prices_of_all_markets_are_no_quotes(still):
    quotes = {one.pair: Quote("gemini", one.pair, *[one.price_step * 7] * 3, time_us=0) for one in GEMINI.instruments}
    feed = GEMINI.answer(asking("/v1/pricefeed"), still(quotes))
    assert json.loads(feed.body)[0] == {"pair": "BTCUSD", "price": "0.07", "percentChange24h": "0.0000"}
    assert GEMINI.market_request() is None
    with pytest.raises(BadReply) as caught:
        GEMINI.quote_from(BTC, feed)
    assert caught.value.kind == "schema"


def test_an_unknown_symbol_is_refused_with_the_list_of_those_that_are_known():
    refusal = GEMINI.refusal_for("unknown_symbol", asking("/v1/pubticker/bla?x=1"))
    said = json.loads(refusal.body)
    assert (refusal.status, said["result"], said["reason"]) == (400, "error", "Bad Request")
    assert said["message"].startswith("Supplied value 'bla' is not a valid symbol.  Please correct")
    assert "[btcusd, ethusd, " in said["message"]
    assert GEMINI.quote_from(BTC, refusal).kind == "unknown_symbol"


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "InvalidSymbol", "unknown_symbol"),
        (400, "Bad Request", "protocol"),
        (404, "EndpointNotFound", "protocol"),
        (200, "RateLimit", "rate_limited"),
        (200, "Maintenance", "server"),
        (406, "System", "server"),
        (400, "MissingApikeyHeader", "blocked"),
    ],
)
def test_a_reason_decides_where_the_status_does_not(status, reason, kind):
    assert GEMINI.quote_from(BTC, reply({"result": "error", "reason": reason, "message": "no"}, status)).kind == kind


def test_a_reason_that_this_adapter_does_not_know_is_no_quote():
    with pytest.raises(BadReply, match="'Whim', 'no', which this adapter does not know"):
        GEMINI.quote_from(BTC, reply({"result": "error", "reason": "Whim", "message": "no"}, 400))
