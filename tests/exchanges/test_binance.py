"""Binance's own spellings, weights and errors."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Rejected, Request, Response, UnknownPair
from exchanges.binance import BINANCE, Binance
from exchanges.book import Book, Level
from exchanges.instruments import instruments_from

BTC, ETH = Pair("BTC", "USDT"), Pair("ETH", "USDT")
QUOTE = Quote(
    "binance", BTC, Decimal(69624), Decimal("69624.01"), Decimal(69624), Decimal("0.0981"), Decimal("8.52891"),
    1_730_439_018_472_000,
)  # fmt: skip
TICKER = json.loads(BINANCE.response_for(QUOTE).body)
EVERY_FIELD = (
    "symbol priceChange priceChangePercent weightedAvgPrice prevClosePrice lastPrice lastQty bidPrice bidQty askPrice "
    "askQty openPrice highPrice lowPrice volume quoteVolume openTime closeTime firstId lastId count"
)


BOOK = Book(
    "binance", BTC,
    (Level(Decimal(69624), Decimal("0.0981")), Level(Decimal("69623.5"), Decimal(2))),
    (Level(Decimal("69624.01"), Decimal("8.52891")), Level(Decimal(69625), Decimal("0.1"))),
    1_730_439_018_472_000,
)  # fmt: skip


def asking(target):
    return Request("binance", "http://127.0.0.1:1", target)


def read(changes, status=200):
    return BINANCE.quote_from(BTC, Response(status, json.dumps(TICKER | changes).encode()))


def test_one_pair_is_asked_for_by_its_symbol():
    request = BINANCE.request_for(BTC)
    assert request.target == "/api/v3/ticker/24hr?symbol=BTCUSDT"
    assert request.weight == 2


def test_many_pairs_are_asked_for_in_one_encoded_json_list():
    (request,) = BINANCE.requests_for([BTC, ETH])
    assert request.target == "/api/v3/ticker/24hr?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D"


@pytest.mark.parametrize(("count", "weight"), [(1, 2), (2, 2), (20, 2), (21, 40), (100, 40), (101, 80)])
def test_the_weight_of_a_batch_grows_with_its_symbols_as_documented(count, weight):
    table = "\n".join(f"C{n}/USDT C{n}USDT 0.01 0.01" for n in range(count))
    exchange = Binance(instruments=instruments_from(table))
    (request,) = exchange.requests_for([one.pair for one in exchange.instruments])
    assert request.weight == weight


@pytest.mark.parametrize("endpoint", ["24hr", "bookTicker", "price"])
def test_each_ticker_understands_one_symbol_many_and_all(endpoint):
    path = f"/api/v3/ticker/{endpoint}"
    assert BINANCE.pairs_from(asking(f"{path}?symbol=BTCUSDT")) == (BTC,)
    assert BINANCE.pairs_from(asking(f'{path}?symbols=["ETHUSDT","BTCUSDT"]')) == (ETH, BTC)
    assert BINANCE.pairs_from(asking(f"{path}?symbols=%5B%22BTCUSDT%22%5D")) == (BTC,)
    assert BINANCE.pairs_from(asking(path)) == tuple(one.pair for one in BINANCE.instruments)


@pytest.mark.parametrize("query", ["symbol=btcusdt", "symbol=", "symbols=", "symbols=[]", "symbols=BTCUSDT"])
def test_a_symbol_that_the_real_server_refuses_is_unknown(query):
    with pytest.raises(UnknownPair):
        BINANCE.pairs_from(asking(f"/api/v3/ticker/24hr?{query}"))


@pytest.mark.parametrize(
    "query", ['symbol=BTCUSDT&symbols=["ETHUSDT"]', 'symbols=["BTCUSDT","BTCUSDT"]', "symbol=BTCUSDT&symbol=ETHUSDT"]
)
def test_a_request_that_contradicts_itself_is_no_price_request(query):
    with pytest.raises(LookupError):
        BINANCE.pairs_from(asking(f"/api/v3/ticker/24hr?{query}"))


def test_a_request_for_all_is_not_a_request_for_one():
    with pytest.raises(LookupError, match=f"expected a request for one pair, found {len(BINANCE.instruments)}"):
        BINANCE.pair_from(asking("/api/v3/ticker/24hr"))


def test_a_24_hour_ticker_has_every_field_of_the_real_one_in_its_order():
    assert list(TICKER) == EVERY_FIELD.split()
    assert TICKER["bidPrice"] == "69624.00000000"
    assert TICKER["closeTime"] - TICKER["openTime"] == 86_400_000
    assert Decimal(TICKER["lowPrice"]) < Decimal(TICKER["openPrice"]) < Decimal(TICKER["highPrice"])
    assert TICKER["lastId"] - TICKER["firstId"] + 1 == TICKER["count"]


def answered(still, target):
    """The parsed body of an answer from a market in which BTC and ETH stand still."""
    quotes = {BTC: QUOTE, ETH: replace(QUOTE, pair=ETH)}
    return json.loads(BINANCE.answer(asking(target), still(quotes, {BTC: BOOK})).body)


def test_the_sibling_tickers_are_answered_in_their_own_shape(still):
    assert answered(still, "/api/v3/ticker/bookTicker?symbol=BTCUSDT") == {
        "symbol": "BTCUSDT", "bidPrice": "69624.00000000", "bidQty": "0.09810000",
        "askPrice": "69624.01000000", "askQty": "8.52891000",
    }  # fmt: skip
    price = answered(still, '/api/v3/ticker/price?symbols=["BTCUSDT"]')
    assert price == [{"symbol": "BTCUSDT", "price": "69624.00000000"}]


def test_a_list_is_answered_with_a_list_even_for_one_symbol(still):
    reply = BINANCE.answer(asking('/api/v3/ticker/24hr?symbols=["BTCUSDT"]'), still({BTC: QUOTE}))
    assert json.loads(reply.body) == [TICKER]
    assert BINANCE.quotes_from([BTC], reply) == (QUOTE,)


MINI_FIELDS = "symbol openPrice highPrice lowPrice lastPrice volume quoteVolume openTime closeTime firstId lastId count"


@pytest.mark.parametrize("path", ["ticker/24hr", "ticker/tradingDay", "ticker"])
def test_a_mini_ticker_has_the_twelve_documented_fields_in_their_order(still, path):
    mini = answered(still, f"/api/v3/{path}?symbol=BTCUSDT&type=MINI")
    assert list(mini) == MINI_FIELDS.split()
    full = answered(still, f"/api/v3/{path}?symbol=BTCUSDT")
    assert mini == {field: full[field] for field in mini}
    assert answered(still, f'/api/v3/{path}?symbols=["BTCUSDT"]&type=MINI') == [mini]


@pytest.mark.parametrize("path", ["ticker/tradingDay", "ticker"])
def test_other_windows_have_statistics_and_neither_bid_nor_ask(still, path):
    window = answered(still, f"/api/v3/{path}?symbol=BTCUSDT")
    without = {"prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty"}
    assert set(window) == set(EVERY_FIELD.split()) - without
    assert window["lastPrice"] == TICKER["lastPrice"]


def test_what_a_day_began_with_lies_on_the_price_grid():
    for exchange_step, shown in (("0.01", "2"), ("0.0001", "4"), ("1", "0")):
        exchange = Binance(instruments=instruments_from(f"BTC/USDT BTCUSDT {exchange_step} 0.00001"))
        ticker = json.loads(exchange.response_for(replace(QUOTE, ask=Decimal(69700), last=Decimal(69624))).body)
        for field in ("openPrice", "highPrice", "lowPrice", "prevClosePrice"):
            whole, decimals = ticker[field].split(".")
            assert len(decimals) == 8
            assert decimals[int(shown) :] == "0" * (8 - int(shown))
            assert 68_000 < int(whole) < 70_000


def test_a_book_is_asked_for_by_symbol_and_limit_and_weighs_more_the_deeper_it_is():
    assert BINANCE.book_request_for(BTC, 5).target == "/api/v3/depth?symbol=BTCUSDT&limit=5"
    weights = [BINANCE.book_request_for(BTC, n).weight for n in (1, 100, 101, 500, 501, 1000, 1001, 5000)]
    assert weights == [5, 5, 25, 25, 50, 50, 250, 250]


def test_a_book_is_answered_in_the_shape_of_depth(still):
    assert answered(still, "/api/v3/depth?symbol=BTCUSDT&limit=1") == {
        "lastUpdateId": 1_730_439_018_472,
        "bids": [["69624.00000000", "0.09810000"]],
        "asks": [["69624.01000000", "8.52891000"]],
    }
    assert len(answered(still, "/api/v3/depth?symbol=BTCUSDT")["bids"]) == 2


@pytest.mark.parametrize(
    ("query", "levels"), [("", 100), ("&limit=7", 7), ("&limit=5000", 5000), ("&limit=9999", 5000)]
)
def test_a_book_has_a_hundred_levels_unless_told_otherwise_and_five_thousand_at_most(query, levels):
    looked_for = []

    class Deep:
        time_us = 0

        def book(self, pair, levels):
            looked_for.append((pair, levels))
            return BOOK

    BINANCE.answer(asking(f"/api/v3/depth?symbol=BTCUSDT{query}"), Deep())
    assert looked_for == [(BTC, levels)]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"bids": [["1", "1"], ["2", "1"]]}, "schema"),
        ({"bids": [["69624.01", "1"]]}, "bad_value"),
        ({"asks": [["0", "1"]]}, "bad_value"),
        ({"asks": [["70000", "-1"]]}, "bad_value"),
        ({"asks": [["70000"]]}, "schema"),
        ({"asks": "none"}, "schema"),
    ],
    ids=str,
)
def test_a_book_out_of_order_is_not_taken_for_one(still, changes, kind):
    body = answered(still, "/api/v3/depth?symbol=BTCUSDT") | changes
    with pytest.raises(BadReply) as caught:
        BINANCE.book_from(BTC, Response(200, json.dumps(body).encode()))
    assert (caught.value.kind, caught.value.pair) == (kind, BTC)


def test_the_first_calls_of_a_client_are_answered(still):
    assert answered(still, "/api/v3/ping") == {}
    assert answered(still, "/api/v3/time") == {"serverTime": 1_767_225_601_500}
    assert answered(still, "/sapi/v1/system/status") == {"status": 0, "msg": "normal"}
    average = answered(still, "/api/v3/avgPrice?symbol=BTCUSDT")
    assert average == {"mins": 5, "price": "69624.00500000", "closeTime": 1_767_225_601_500}


@pytest.mark.parametrize("api", ["fapi", "dapi"])
def test_no_futures_are_listed_where_clients_ask_for_them_too(still, api):
    assert answered(still, f"/{api}/v1/exchangeInfo")["symbols"] == []
    assert answered(still, f"/{api}/v1/ping") == {}
    assert answered(still, f"/{api}/v1/time") == {"serverTime": 1_767_225_601_500}
    assert BINANCE.charge_for(asking(f"/{api}/v1/exchangeInfo")).bucket == api


def test_the_instruments_carry_the_grids_of_the_table(still):
    info = answered(still, "/api/v3/exchangeInfo")
    assert list(info) == ["timezone", "serverTime", "rateLimits", "exchangeFilters", "symbols"]
    assert info["rateLimits"][0]["limit"] == 6000
    assert [one["symbol"] for one in info["symbols"]] == [one.symbol for one in BINANCE.instruments]
    for entry, one in zip(info["symbols"], BINANCE.instruments, strict=True):
        filters = {each["filterType"]: each for each in entry["filters"]}
        assert Decimal(filters["PRICE_FILTER"]["tickSize"]) == one.price_step
        assert Decimal(filters["LOT_SIZE"]["stepSize"]) == one.size_step
        assert (entry["baseAsset"], entry["quoteAsset"]) == (one.pair.base, one.pair.quote)
        assert (entry["status"], entry["permissionSets"]) == ("TRADING", [["SPOT", "MARGIN"]])


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("symbol=ETHUSDT", ["ETHUSDT"]),
        ('symbols=["SOLUSDT","BTCUSDT"]', ["SOLUSDT", "BTCUSDT"]),
        ("permissions=LEVERAGED", []),
        ("permissions=NOT_SPOT", []),
        ("symbolStatus=BREAK", []),
        ("symbol=ETHUSDT&showPermissionSets=false", ["ETHUSDT"]),
    ],
)
def test_instruments_can_be_chosen(still, query, symbols):
    info = answered(still, f"/api/v3/exchangeInfo?{query}")
    assert [one["symbol"] for one in info["symbols"]] == symbols


@pytest.mark.parametrize("query", ["permissions=SPOT", 'permissions=["MARGIN","LEVERAGED"]', "symbolStatus=TRADING"])
def test_what_every_market_has_chooses_all_of_them(still, query):
    assert len(answered(still, f"/api/v3/exchangeInfo?{query}")["symbols"]) == len(BINANCE.instruments)


@pytest.mark.parametrize(
    ("target", "bucket", "weight"),
    [
        ("/api/v3/ping", "api", 1),
        ("/api/v3/time", "api", 1),
        ("/api/v3/exchangeInfo", "api", 20),
        ("/api/v3/depth?symbol=BTCUSDT", "api", 5),
        ("/api/v3/depth?symbol=BTCUSDT&limit=101", "api", 25),
        ("/api/v3/depth?symbol=BTCUSDT&limit=9999", "api", 250),
        ("/api/v3/ticker/24hr?symbol=BTCUSDT", "api", 2),
        ('/api/v3/ticker/24hr?symbols=["BTCUSDT","ETHUSDT"]', "api", 2),
        ("/api/v3/ticker/24hr", "api", 80),
        ("/api/v3/ticker/bookTicker?symbol=BTCUSDT", "api", 2),
        ('/api/v3/ticker/bookTicker?symbols=["BTCUSDT"]', "api", 4),
        ("/api/v3/ticker/price", "api", 4),
        ("/api/v3/ticker/tradingDay?symbol=BTCUSDT", "api", 4),
        ('/api/v3/ticker?symbols=["BTCUSDT","ETHUSDT"]', "api", 8),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m", "api", 2),
        ("/api/v3/trades?symbol=BTCUSDT", "api", 25),
        ("/api/v3/depth?symbol=NOPE", "api", 1),
        ("/sapi/v1/system/status", "sapi", 1),
    ],
)
def test_each_call_weighs_what_is_documented(target, bucket, weight):
    charge = BINANCE.charge_for(asking(target))
    assert (charge.bucket, charge.weight) == (bucket, weight)


def test_what_the_router_refuses_is_not_counted():
    assert BINANCE.charge_for(asking("/api/v3/nothing")) is None


def test_the_used_weight_is_told_in_two_headers_and_that_of_the_other_api_in_its_own():
    charge = BINANCE.charge_for(asking("/api/v3/ping"))
    assert BINANCE.usage_headers(charge, 42, 17.0) == {"x-mbx-used-weight": "42", "x-mbx-used-weight-1m": "42"}
    other = BINANCE.charge_for(asking("/sapi/v1/system/status"))
    assert BINANCE.usage_headers(other, 3, 17.0) == {"x-sapi-used-ip-weight-1m": "3"}


def test_markets_that_nobody_asked_for_are_not_even_read():
    strange = [{"symbol": f"C{n}", "bidPrice": ["?"]} for n in range(2000)]
    reply = Response(200, json.dumps([*strange, TICKER, {"symbol": "ETHUSDT"}]).encode())
    assert BINANCE.quotes_from([BTC], reply) == (QUOTE,)
    with pytest.raises(BadReply):
        BINANCE.quotes_from([BTC, ETH], reply)


def test_our_pair_is_found_in_an_answer_about_all():
    other = TICKER | {"symbol": "ETHUSDT", "bidPrice": "1.0"}
    reply = Response(200, json.dumps([other, TICKER]).encode())
    assert BINANCE.quote_from(BTC, reply) == QUOTE


def test_a_symbol_that_appears_twice_in_a_list_is_not_trusted():
    with pytest.raises(BadReply, match="appears twice"):
        BINANCE.quote_from(BTC, Response(200, json.dumps([TICKER, TICKER]).encode()))


def test_a_halted_market_whose_absent_side_is_zero_is_a_bad_value():
    with pytest.raises(BadReply) as caught:
        read({"bidPrice": "0.00000000", "bidQty": "0.00000000"})
    assert caught.value.kind == "bad_value"


@pytest.mark.parametrize(
    ("field", "attribute"), [("lastPrice", "last"), ("bidQty", "bid_size"), ("closeTime", "time_us")]
)
def test_a_field_that_was_not_sent_is_none_and_never_zero(field, attribute):
    without = {key: value for key, value in TICKER.items() if key != field}
    quote = BINANCE.quote_from(BTC, Response(200, json.dumps(without).encode()))
    assert getattr(quote, attribute) is None
    assert quote.bid == QUOTE.bid


@pytest.mark.parametrize("field", ["symbol", "bidPrice", "askPrice"])
def test_a_ticker_without_its_symbol_or_a_side_breaks_the_schema(field):
    without = {key: value for key, value in TICKER.items() if key != field}
    with pytest.raises(BadReply) as caught:
        BINANCE.quote_from(BTC, Response(200, json.dumps(without).encode()))
    assert caught.value.kind == "schema"


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("bidPrice", "", "bad_value"),
        ("bidPrice", None, "schema"),
        ("bidPrice", "70000", "bad_value"),
        ("askQty", "-1", "bad_value"),
        ("lastPrice", "n/a", "bad_value"),
        ("closeTime", "yesterday", "bad_value"),
        ("closeTime", [], "schema"),
    ],
)
def test_a_field_that_cannot_be_read_spoils_the_quote(field, value, kind):
    with pytest.raises(BadReply) as caught:
        read({field: value})
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("code", "kind"), [(-1121, "unknown_symbol"), (-1100, "protocol"), (-1003, "rate_limited"), (-1008, "server")]
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_code_is_read_whatever_the_status(code, kind, status):
    body = json.dumps({"code": code, "msg": "no"}).encode()
    found = BINANCE.quote_from(BTC, Response(status, body))
    assert isinstance(found, Rejected)
    assert found.kind == kind


@pytest.mark.parametrize("code", [-1101, -1102, -1104, -1105, -1128, -1151, -1220])
def test_a_complaint_about_our_request_is_a_refusal_and_no_word_about_the_symbol(code):
    found = BINANCE.quote_from(BTC, Response(400, json.dumps({"code": code, "msg": "no"}).encode()))
    assert (type(found), found.kind) == (Rejected, "protocol")


@pytest.mark.parametrize(
    ("parameter", "kind"), [("symbol", "unknown_symbol"), ("symbols", "unknown_symbol"), ("type", "protocol")]
)
def test_illegal_characters_are_about_the_symbol_only_where_they_stand_in_it(parameter, kind):
    said = f"Illegal characters found in parameter '{parameter}'; legal range is '^[A-Z]$'."
    found = BINANCE.quote_from(BTC, Response(400, json.dumps({"code": -1100, "msg": said}).encode()))
    assert found.kind == kind


@pytest.mark.parametrize(
    ("query", "code", "words", "kind"),
    [
        ('symbol=BTCUSDT&symbols=["ETHUSDT"]', -1128, "Combination of optional parameters", "protocol"),
        ('symbols=["BTCUSDT","BTCUSDT"]', -1151, "multiple times", "protocol"),
        ("symbol=BTCUSDT&symbol=ETHUSDT", -1101, "Duplicate values", "protocol"),
        ("&".join(f"a{n}=1" for n in range(101)), -1101, "Too many parameters", "protocol"),
        ("symbol=", -1105, "'symbol' was empty", "protocol"),
        ("symbols=[]", -1105, "'symbols' was empty", "protocol"),
        ("symbol=btcusdt", -1100, "in parameter 'symbol'", "unknown_symbol"),
        ("symbols=BTCUSDT", -1100, "in parameter 'symbols'", "unknown_symbol"),
        ("symbol=BTCUSDX", -1121, "Invalid symbol", "unknown_symbol"),
        ('symbols=["BTCUSDX"]', -1121, "Invalid symbol", "unknown_symbol"),
    ],
)
def test_a_request_that_the_real_server_refuses_is_refused_with_its_code_and_words(query, code, words, kind):
    request = asking(f"/api/v3/ticker/24hr?{query}")
    with pytest.raises((LookupError, UnknownPair)) as caught:
        BINANCE.pairs_from(request)
    refusal = BINANCE.refusal_for("unknown_symbol" if caught.type is UnknownPair else "not_found", request)
    said = json.loads(refusal.body)
    assert (refusal.status, said["code"]) == (400, code)
    assert words in said["msg"]
    assert BINANCE.quote_from(BTC, refusal).kind == kind


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("depth", -1102, "'symbol' was not sent"),
        ("depth?symbol=BTCUSDT&limit=ten", -1100, "in parameter 'limit'; legal range is '^[0-9]{1,20}$'"),
        ("depth?symbol=BTCUSDT&limit=-1", -1100, "in parameter 'limit'"),
        ("depth?symbol=BTCUSDT&limit=0", -1130, "'limit' is not valid"),
        ("depth?symbol=BTCUSDT&limit=", -1105, "'limit' was empty"),
        ('depth?symbol=BTCUSDT&symbols=["ETHUSDT"]', -1104, "read '1' parameter(s) but was sent '2'"),
        ("time?symbol=BTCUSDT", -1104, "read '0' parameter(s) but was sent '1'"),
        ("depth?symbol=NOPE", -1121, "Invalid symbol"),
        ("klines?symbol=BTCUSDT", -1102, "'interval' was not sent"),
        ("klines?symbol=BTCUSDT&interval=7m", -1120, "Invalid interval"),
        ("avgPrice", -1102, "'symbol' was not sent"),
        ("ticker", -1102, "'symbol' was not sent"),
        ("ticker/24hr?type=TINY", -1139, "Invalid ticker type"),
        ("ticker/24hr?symbolStatus=ASLEEP", -1122, "Invalid symbolStatus"),
        ("ticker/24hr?symbol=BTCUSDT&symbolStatus=HALT", -1220, "status does not match"),
        ("exchangeInfo?symbol=NOPE", -1121, "Invalid symbol"),
        ("exchangeInfo?symbol=BTCUSDT&permissions=SPOT", -1128, "Combination"),
    ],
)
def test_every_endpoint_refuses_with_the_documented_code(still, target, code, words):
    request = asking(f"/api/v3/{target}")
    with pytest.raises((LookupError, UnknownPair)) as caught:
        BINANCE.answer(request, still({BTC: QUOTE}))
    refusal = BINANCE.refusal_for("unknown_symbol" if caught.type is UnknownPair else "not_found", request)
    said = json.loads(refusal.body)
    assert (refusal.status, said["code"]) == (400, code)
    assert words in said["msg"]
    assert BINANCE.book_from(BTC, refusal).kind == ("unknown_symbol" if code == -1121 else "protocol")


def test_a_field_that_no_endpoint_has_is_ignored(still):
    assert answered(still, "/api/v3/ticker/24hr?symbol=BTCUSDT&nonce=1") == TICKER


def test_a_path_that_is_not_served_is_a_page_of_the_router_whatever_the_query():
    refusal = BINANCE.refusal_for("not_found", asking("/api/v3/nothing?symbol=A&symbol=B"))
    assert refusal.status == 404
    assert refusal.headers["content-type"] == "text/html"


def test_an_error_code_that_we_do_not_know_breaks_the_schema():
    with pytest.raises(BadReply, match="code -9999, 'what', which this adapter does not know"):
        BINANCE.quote_from(BTC, Response(400, b'{"code":-9999,"msg":"what"}'))


def test_a_ban_is_http_418_with_whole_seconds_to_wait():
    refusal = BINANCE.refusal_for("banned", asking("/"), retry_after=119.2)
    assert refusal.status == 418
    assert refusal.headers["retry-after"] == "120"
