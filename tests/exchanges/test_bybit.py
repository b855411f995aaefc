"""Bybit: one category of several, one code for every bad argument, one time for a batch, two meanings of HTTP 403."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Request, Response
from exchanges.book import Book, Level
from exchanges.bybit import BYBIT

BTC, ETH = Pair("BTC", "USDT"), Pair("ETH", "USDT")
TIME_US = 1_700_000_000_321_000
QUOTE = Quote(
    "bybit", BTC, Decimal("64000.1"), Decimal("64000.2"), Decimal("64000.2"), Decimal("0.5"), Decimal("0.25"), TIME_US
)
BODY = json.loads(BYBIT.response_for(QUOTE).body)
ENTRY = BODY["result"]["list"][0]
BOOK = Book("bybit", BTC, (Level(QUOTE.bid, Decimal("0.5")),), (Level(QUOTE.ask, Decimal("0.25")),), TIME_US)
LISTED = json.loads(BYBIT.instruments_text(BYBIT.instruments[:1]))["result"]["list"][0]
TICKERS = "/v5/market/tickers?category=spot"


def response(result, code=0, message="OK"):
    return Response(200, json.dumps(BODY | {"retCode": code, "retMsg": message, "result": result}).encode())


def read(**changes):
    return BYBIT.quote_from(BTC, response({"category": "spot", "list": [ENTRY | changes]}))


def listing(**changes):
    return BYBIT.instruments_from(response({"category": "spot", "list": [LISTED | changes]}))


def answered(target, still):
    view = still({BTC: QUOTE}, {BTC: BOOK}, time_us=TIME_US + 456)
    return json.loads(BYBIT.answer(Request("bybit", "", target), view).body)


def test_one_market_is_asked_for_by_its_name_and_two_by_the_list_of_all():
    assert BYBIT.request_for(BTC).target == f"{TICKERS}&symbol=BTCUSDT"
    (request,) = BYBIT.requests_for([ETH, BTC])
    assert (request.target, request.pairs) == (TICKERS, (ETH, BTC))


def test_a_ticker_is_written_as_documented():
    assert list(BODY) == ["retCode", "retMsg", "result", "retExtInfo", "time"]
    assert (BODY["retCode"], BODY["retExtInfo"], BODY["time"]) == (0, {}, 1_700_000_000_321)
    assert BODY["result"]["category"] == "spot"
    assert all(type(value) is str for value in ENTRY.values())
    assert (ENTRY["bid1Price"], ENTRY["ask1Size"], ENTRY["lastPrice"]) == ("64000.1", "0.250000", "64000.2")


def test_the_time_of_a_quote_is_that_of_the_answer():
    other = replace(QUOTE, pair=ETH, bid=Decimal("3000.01"), ask=Decimal("3000.02"), last=None)
    both = BYBIT.quotes_from([ETH, BTC], BYBIT.response_for_many([QUOTE, other]))
    assert [quote.time_us for quote in both] == [TIME_US, TIME_US]


@pytest.mark.parametrize("side", ["bid1Price", "ask1Price"])
@pytest.mark.parametrize("nobody", ["0", ""])
def test_a_side_on_which_nobody_is_makes_no_quote(side, nobody):
    with pytest.raises(BadReply) as caught:
        read(**{side: nobody})
    assert caught.value.kind == "bad_value"


def test_empty_text_for_the_last_price_or_a_size_is_none():
    assert read(lastPrice="", bid1Size="", ask1Size="") == replace(QUOTE, last=None, bid_size=None, ask_size=None)
    assert read(lastPrice="0").last is None


@pytest.mark.parametrize("message", ["OK", "SUCCESS", "success", ""])
def test_the_words_of_success_are_not_looked_at(message):
    assert BYBIT.quote_from(BTC, response(BODY["result"], 0, message)) == QUOTE


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (10001, "Not supported symbols", "unknown_symbol"),
        (10001, "symbol params err", "unknown_symbol"),
        (10001, "params error: symbol invalid", "unknown_symbol"),
        (10001, "params error: limit invalid", "protocol"),
        (10029, "The requested symbol is invalid", "unknown_symbol"),
        (10006, "Too many visits!", "rate_limited"),
        (10016, "Server error.", "server"),
        (10017, "Route not found", "protocol"),
        (10009, "IP has been banned", "banned"),
        (10024, "Compliance rules triggered", "blocked"),
    ],
)
def test_a_refusal_with_http_200_is_known_by_its_code_and_a_symbol_by_the_words(code, message, kind):
    for result in ({}, {"symbol": "", "bid": ""}):
        assert BYBIT.quote_from(BTC, response(result, code, message)).kind == kind


def test_a_code_that_nobody_documented_is_a_bad_reply_that_names_it():
    with pytest.raises(BadReply, match="refused with retCode 3100116") as caught:
        BYBIT.quote_from(BTC, response({}, 3100116, "?"))
    assert caught.value.kind == "schema"


def test_http_403_is_a_ban_where_it_says_too_frequent_and_a_country_elsewhere():
    for body, kind in ((b"access too frequent", "banned"), (b"Access Too Frequent.", "banned"), (b"<html>", "blocked")):
        answer = Response(403, body, {"retry-after": "600"})
        found = [BYBIT.quote_from(BTC, answer), BYBIT.book_from(BTC, answer), BYBIT.time_from(answer)]
        assert {(one.kind, one.retry_after) for one in found} == {(kind, 600.0)}


def test_who_is_one_too_many_is_told_the_millisecond_until_which_to_wait(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    refusal = BYBIT.refusal_for("rate_limited", BYBIT.request_for(BTC), 2.5)
    assert refusal.headers["x-bapi-limit-reset-timestamp"] == "1700000002500"
    assert BYBIT.quote_from(BTC, refusal).retry_after == 2.5
    for words in ("", "soon", "-5", "9" * 20, "٣"):
        odd = replace(refusal, headers={"x-bapi-limit-reset-timestamp": words})
        assert BYBIT.quote_from(BTC, odd).retry_after is None


def test_an_answer_tells_how_much_of_the_budget_is_left_and_when_it_is_whole_again_once_nothing_is(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    charge = BYBIT.charge_for(BYBIT.request_for(BTC))
    assert charge == BYBIT.charge_for(BYBIT.time_request())
    resets = "x-bapi-limit-reset-timestamp"
    told = {"x-bapi-limit": "600", "x-bapi-limit-status": "593", resets: "1700000000000"}
    assert BYBIT.usage_headers(charge, 7, 1.0) == told
    assert BYBIT.usage_headers(charge, 601, 1.0) == told | {"x-bapi-limit-status": "0", resets: "1700000001000"}


def test_a_book_names_its_market_and_has_one_level_where_none_is_asked_for(still):
    target = "/v5/market/orderbook?category=spot&symbol=BTCUSDT"
    result = answered(target, still)["result"]
    assert (result["s"], result["b"], result["a"]) == ("BTCUSDT", [["64000.1", "0.500000"]], [["64000.2", "0.250000"]])
    assert BYBIT.entries_in(Request("bybit", "", target)) == 1
    with pytest.raises(BadReply, match="expected the market BTCUSDT, found ETHUSDT"):
        BYBIT.book_from(BTC, response(result | {"s": "ETHUSDT"}))


def test_a_request_without_the_category_is_a_bad_argument(still):
    request = Request("bybit", "", "/v5/market/tickers?symbol=BTCUSDT")
    with pytest.raises(LookupError, match="category=spot"):
        BYBIT.pairs_from(request)
    assert json.loads(BYBIT.refusal_for("not_found", request).body)["retCode"] == 10001
    assert BYBIT.refusal_for("not_found", Request("bybit", "", "/v4/")).status == 404


def test_the_clock_is_read_to_the_microsecond(still):
    answer = answered("/v5/market/time", still)
    assert answer["result"] == {"timeSecond": "1700000000", "timeNano": "1700000000321456000"}
    assert answer["time"] == 1_700_000_000_321
    assert BYBIT.time_from(Response(200, json.dumps(answer).encode())) == TIME_US + 456


def test_no_maintenance_is_an_empty_list(still):
    assert answered("/v5/system/status", still)["result"] == {"list": []}


@pytest.mark.parametrize("status", ["Trading", "PreLaunch", "Delivering", "Closed"])
def test_only_what_is_trading_is_trading(status):
    assert listing(status=status) == (replace(BYBIT.instruments[0], trading=status == "Trading"),)


def test_a_market_without_a_grid_makes_no_list():
    for changes in ({"priceFilter": {}}, {"priceFilter": {"tickSize": "0"}}, {"lotSizeFilter": None}):
        with pytest.raises(BadReply):
            listing(**changes)
    assert listing(baseCoin="BTC 2") == ()
