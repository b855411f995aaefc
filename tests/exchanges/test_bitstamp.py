"""Bitstamp: tickers without a name, whole seconds, slashes at the end, and markets that it does not list."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Rejected, Request, Response, UnknownPair
from exchanges.bitstamp import BITSTAMP
from exchanges.book import Book, Level

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
TIME_US = 1_700_000_001_000_000
QUOTE = Quote("bitstamp", BTC, Decimal(64001), Decimal(64002), Decimal(64002), time_us=TIME_US)
OTHER = Quote("bitstamp", ETH, Decimal("2410.1"), Decimal("2410.3"), Decimal("2410.3"), time_us=TIME_US)
ENTRY = json.loads(BITSTAMP.response_for(QUOTE).body)
BOOK = Book("bitstamp", BTC, (Level(QUOTE.bid, Decimal("0.5")),), (Level(QUOTE.ask, Decimal("0.25")),), TIME_US + 7)
LISTED = json.loads(BITSTAMP.instruments_text(BITSTAMP.instruments[:1]))[0]


def asking(target):
    return Request("bitstamp", "http://127.0.0.1:1", target)


def response(body, status=200):
    return Response(status, json.dumps(body).encode())


def read(body, status=200):
    return BITSTAMP.quote_from(BTC, response(body, status))


def test_one_market_is_asked_for_by_its_path_and_two_by_the_list_of_all():
    assert BITSTAMP.request_for(BTC).target == "/api/v2/ticker/btcusd/"
    (request,) = BITSTAMP.requests_for([ETH, BTC])
    assert (request.target, request.pairs) == ("/api/v2/ticker/", (ETH, BTC))


def test_a_ticker_is_text_and_names_its_market_only_among_others():
    assert all(type(value) is str for value in ENTRY.values())
    assert (ENTRY["bid"], ENTRY["timestamp"], ENTRY["market_type"]) == ("64001", "1700000001", "SPOT")
    assert not {"pair", "market"} & set(ENTRY)
    listed = json.loads(BITSTAMP.response_for_many([QUOTE, OTHER]).body)
    assert [(one["pair"], one["market"]) for one in listed] == [("BTC/USD", "BTC/USD"), ("ETH/USD", "ETH/USD")]


def test_the_former_name_of_the_field_for_the_market_will_do():
    listed = json.loads(BITSTAMP.response_for_many([QUOTE, OTHER]).body)
    older = [{key: value for key, value in one.items() if key != "market"} for one in listed]
    newer = [{key: value for key, value in one.items() if key != "pair"} for one in listed]
    for entries in (older, newer, [older[1], listed[0]]):
        assert BITSTAMP.quotes_from([ETH, BTC], response(entries)) == (OTHER, QUOTE)


def test_names_are_understood_in_both_cases_and_the_slash_belongs_to_the_path():
    for target in ("/api/v2/ticker/btcusd/", "/api/v2/ticker/BTCUSD/", "/api/v2/order_book/BTCUSD/?group=1"):
        assert BITSTAMP.pair_from(asking(target)) == BTC
    with pytest.raises(LookupError):
        BITSTAMP.pair_from(asking("/api/v2/ticker/btcusd"))


@pytest.mark.parametrize("query", ["", "?group=1"])
def test_without_the_slash_there_is_a_redirect(query):
    refusal = BITSTAMP.refusal_for("not_found", asking(f"/api/v2/order_book/btcusd{query}"))
    assert (refusal.status, refusal.headers["location"]) == (301, f"/api/v2/order_book/btcusd/{query}")
    assert BITSTAMP.book_from(BTC, refusal).kind == "redirect"
    assert BITSTAMP.refusal_for("not_found", asking(f"/api/v2/nothing{query}")).status == 404


def test_the_list_of_all_instead_of_one_says_that_the_market_is_not_listed():
    others = json.loads(BITSTAMP.response_for_many([OTHER, OTHER]).body)[:1]
    assert read(others).kind == "unknown_symbol"
    assert read([*others, ENTRY | {"pair": "BTC/USD", "market": "BTC/USD"}]) == QUOTE
    with pytest.raises(BadReply, match="expected the market BTC/USD, found none"):
        read([])


def test_a_market_of_which_the_server_has_no_page_is_not_listed():
    request = asking("/api/v2/order_book/btcusdx/")
    with pytest.raises(UnknownPair):
        BITSTAMP.pairs_from(request)
    refusal = BITSTAMP.refusal_for("unknown_symbol", request)
    assert (refusal.status, len(refusal.body), refusal.headers["content-type"]) == (404, 146, "text/html")
    assert BITSTAMP.book_from(BTC, refusal).kind == "unknown_symbol"
    with pytest.raises(BadReply) as caught:
        BITSTAMP.book_from(BTC, Response(404, b"<html>somebody else's page</html>"))
    assert caught.value.kind == "not_json"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"status": "error", "reason": "...", "response_code": "400.002"}, "rate_limited"),
        ({"status": "error", "reason": "...", "response_code": "400.067"}, "rate_limited"),
        ({"status": "error", "reason": "...", "response_code": "404.003"}, "unknown_symbol"),
        ({"status": "error", "reason": "...", "response_code": "404.007"}, "unknown_symbol"),
        ({"status": "error", "reason": "...", "response_code": "404.001"}, "protocol"),
        ({"status": "error", "reason": "...", "response_code": "400.018"}, "protocol"),
        ({"status": "error", "reason": "...", "response_code": "500.009"}, "server"),
        ({"status": "error", "reason": {"__all__": ["no"]}, "response_code": "403.004"}, "blocked"),
        ({"status": "error", "reason": "Invalid signature", "code": "API0005"}, "blocked"),
        ({"error": "Bitstamp.net is under scheduled maintenance. We'll be back soon."}, "server"),
    ],
)
def test_a_refusal_is_known_by_its_code_or_by_the_word_maintenance(error, kind):
    for status in (200, 400, 404):
        found = read(error, status)
        assert isinstance(found, Rejected)
        assert found.kind == kind


def test_a_refusal_in_words_that_nobody_documented_is_a_bad_reply_with_them():
    with pytest.raises(BadReply, match=r"refused with no code, 'Invalid offset\.'") as caught:
        read({"error": "Invalid offset."})
    assert caught.value.kind == "schema"


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_a_side_on_which_nobody_is_makes_no_quote(side):
    for nobody in ("0", "0.00000", ""):
        with pytest.raises(BadReply) as caught:
            read(ENTRY | {side: nobody})
        assert caught.value.kind == "bad_value"


def test_a_thin_market_may_have_its_last_price_at_the_ask_and_one_that_never_traded_has_none():
    assert read(ENTRY | {"last": ENTRY["ask"]}) == QUOTE
    assert read(ENTRY | {"last": "0"}) == read({key: ENTRY[key] for key in ("bid", "ask", "timestamp")})
    assert read(ENTRY | {"last": "0"}).last is None


def test_a_time_with_a_fraction_of_a_second_is_none_of_a_ticker():
    with pytest.raises(BadReply) as caught:
        read(ENTRY | {"timestamp": "1700000001.5"})
    assert caught.value.kind == "bad_value"


def test_a_book_has_a_hundred_levels_whatever_is_wanted_and_its_time_to_the_microsecond(still):
    targets = {BITSTAMP.book_request_for(BTC, levels).target for levels in (1, 5, 100)}
    assert targets == {"/api/v2/order_book/btcusd/"}
    assert BITSTAMP.entries_in(asking(*targets)) == 100
    answer = BITSTAMP.answer(asking(*targets), still({BTC: QUOTE}, {BTC: BOOK}))
    assert json.loads(answer.body) == {
        "timestamp": "1700000001",
        "microtimestamp": "1700000001000007",
        "bids": [["64001", "0.50000000"]],
        "asks": [["64002", "0.25000000"]],
    }
    assert BITSTAMP.book_from(BTC, answer) == BOOK


def test_a_book_of_2019_has_its_time_in_whole_seconds():
    old = {"timestamp": "1560482001", "bids": [["64001", "0.5"]], "asks": []}
    assert BITSTAMP.book_from(BTC, response(old)).time_us == 1_560_482_001_000_000


@pytest.mark.parametrize("trading", ["Enabled", "Disabled"])
def test_a_market_whose_trading_is_disabled_is_not_trading(trading):
    (found,) = BITSTAMP.instruments_from(response([LISTED | {"trading": trading}]))
    assert found == replace(BITSTAMP.instruments[0], trading=trading == "Enabled")


def test_decimals_are_grids_and_perpetuals_are_left_out():
    assert (LISTED["counter_decimals"], LISTED["base_decimals"]) == (0, 8)
    perpetual = LISTED | {"market_symbol": "btcusd-perp", "market_type": "PERPETUAL"}
    assert BITSTAMP.instruments_from(response([perpetual, LISTED])) == BITSTAMP.instruments[:1]
    for digits in (21, 10**17, -1, None):
        with pytest.raises(BadReply):
            BITSTAMP.instruments_from(response([LISTED | {"base_decimals": digits}]))
