"""OKX: everything is text, nobody is empty text, and refusals have HTTP 200."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Request, Response
from exchanges.book import Book, Level
from exchanges.okx import OKX

BTC, ETH = Pair("BTC", "USDT"), Pair("ETH", "USDT")
TIME_US = 1_700_000_000_123_000
QUOTE = Quote(
    "okx", BTC, Decimal("64000.1"), Decimal("64000.2"), Decimal("64000.2"), Decimal("0.5"), Decimal("0.25"), TIME_US
)
ENTRY = json.loads(OKX.response_for(QUOTE).body)["data"][0]
BOOK = Book("okx", BTC, (Level(QUOTE.bid, Decimal("0.5")),), (Level(QUOTE.ask, Decimal("0.25")),), TIME_US)
LISTED = json.loads(OKX.instruments_text(OKX.instruments[:1]))["data"][0]


def response(data, code="0", status=200):
    return Response(status, json.dumps({"code": code, "msg": "", "data": data}).encode())


def read(**changes):
    return OKX.quote_from(BTC, response([ENTRY | changes]))


def answered(target, still):
    view = still({BTC: QUOTE}, {BTC: BOOK}, time_us=TIME_US)
    return json.loads(OKX.answer(Request("okx", "", target), view).body)


def test_one_market_is_asked_for_by_its_name_and_two_by_the_list_of_all():
    assert OKX.request_for(BTC).target == "/api/v5/market/ticker?instId=BTC-USDT"
    (request,) = OKX.requests_for([ETH, BTC])
    assert (request.target, request.pairs) == ("/api/v5/market/tickers?instType=SPOT", (ETH, BTC))


def test_a_ticker_is_written_as_documented():
    assert set(ENTRY) == {
        "instType", "instId", "last", "lastSz", "askPx", "askSz", "bidPx", "bidSz", "open24h", "high24h", "low24h",
        "volCcy24h", "vol24h", "ts", "sodUtc0", "sodUtc8",
    }  # fmt: skip
    assert all(type(value) is str for value in ENTRY.values())
    assert (ENTRY["bidPx"], ENTRY["askSz"], ENTRY["ts"]) == ("64000.1", "0.25000000", "1700000000123")


@pytest.mark.parametrize("side", ["bidPx", "askPx"])
@pytest.mark.parametrize("nobody", ["", "0", "0.0"])
def test_a_side_on_which_nobody_is_makes_no_quote(side, nobody):
    with pytest.raises(BadReply) as caught:
        read(**{side: nobody})
    assert caught.value.kind == "bad_value"


def test_empty_text_for_the_last_price_or_a_size_is_none():
    assert read(last="", bidSz="", askSz="") == replace(QUOTE, last=None, bid_size=None, ask_size=None)
    assert read(last="0").last is None


def test_a_market_that_is_missing_or_there_twice_makes_no_quote():
    for entries in ([], [ENTRY | {"instId": "BTC-USDC"}], [ENTRY, ENTRY]):
        with pytest.raises(BadReply) as caught:
            OKX.quote_from(BTC, response(entries))
        assert caught.value.kind == "schema"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("51001", "unknown_symbol"),
        ("50011", "rate_limited"),
        ("50001", "server"),
        ("51000", "protocol"),
        ("50014", "protocol"),
        ("50103", "blocked"),
    ],
)
def test_a_refusal_with_http_200_is_known_by_its_code(code, kind):
    refused = OKX.quote_from(BTC, response([], code))
    assert (refused.kind, f"code {code}" in refused.detail) == (kind, True)
    assert OKX.book_from(BTC, response([], code)).kind == kind


def test_a_code_that_nobody_documented_is_a_bad_reply_that_names_it():
    with pytest.raises(BadReply, match="refused with code 59999") as caught:
        OKX.quote_from(BTC, response([], "59999"))
    assert caught.value.kind == "schema"


def test_a_book_has_one_level_where_none_is_asked_for_and_rows_of_four(still):
    (book,) = answered("/api/v5/market/books?instId=BTC-USDT", still)["data"]
    assert book == {
        "asks": [["64000.2", "0.25000000", "0", "1"]],
        "bids": [["64000.1", "0.50000000", "0", "1"]],
        "ts": "1700000000123",
    }
    assert OKX.entries_in(Request("okx", "", "/api/v5/market/books?instId=BTC-USDT")) == 1


def test_a_book_may_lack_a_side():
    one_sided = response([{"asks": [], "bids": [["64000.1", "0.5", "0", "3"]], "ts": "1700000000123"}])
    assert OKX.book_from(BTC, one_sided) == replace(BOOK, asks=())


def test_more_than_400_levels_are_400_and_no_number_of_levels_is_refused(still):
    assert OKX.entries_in(Request("okx", "", "/api/v5/market/books?instId=BTC-USDT&sz=1000")) == 400
    for words in ("0", "-1", "five", "1e2", "٣"):
        request = Request("okx", "", f"/api/v5/market/books?instId=BTC-USDT&sz={words}")
        with pytest.raises(LookupError, match="expected sz"):
            OKX.answer(request, still())
        assert json.loads(OKX.refusal_for("not_found", request).body)["code"] == "51000"


def test_tickers_without_their_type_are_a_bad_argument_and_of_contracts_there_are_none(still):
    for target in ("/api/v5/market/tickers", "/api/v5/market/tickers?instType=SWAP"):
        with pytest.raises(LookupError, match="instType=SPOT"):
            answered(target, still)


def test_the_clock_is_in_milliseconds_as_text(still):
    assert answered("/api/v5/public/time", still)["data"] == [{"ts": "1700000000123"}]


def test_no_maintenance_is_an_empty_list(still):
    assert answered("/api/v5/system/status", still) == {"code": "0", "msg": "", "data": []}


@pytest.mark.parametrize("state", ["live", "suspend", "preopen", "test", "post_only", ""])
def test_only_what_is_live_is_trading(state):
    (found,) = OKX.instruments_from(response([LISTED | {"state": state}]))
    assert found == replace(OKX.instruments[0], trading=state == "live")


def test_contracts_and_markets_without_the_names_of_currencies_are_left_out():
    strange = [LISTED | {"instType": "SWAP"}, LISTED | {"baseCcy": "", "quoteCcy": "", "tickSz": ""}]
    assert OKX.instruments_from(response([*strange, LISTED])) == OKX.instruments[:1]


def test_grids_lose_the_zeros_that_pad_them():
    (found,) = OKX.instruments_from(response([LISTED | {"tickSz": "0.1000", "lotSz": "1.0"}]))
    assert (str(found.price_step), str(found.size_step)) == ("0.1", "1")


def test_a_market_without_a_grid_makes_no_list():
    for changes in ({"tickSz": "0"}, {"lotSz": ""}):
        with pytest.raises(BadReply) as caught:
            OKX.instruments_from(response([LISTED | changes]))
        assert caught.value.kind == "bad_value"
