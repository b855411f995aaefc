"""Binance's own spellings, weights and errors."""

import json
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Rejected, Request, Response, UnknownPair
from exchanges.binance import BINANCE, Binance
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
    with pytest.raises(LookupError, match="expected a request for one pair, found 18"):
        BINANCE.pair_from(asking("/api/v3/ticker/24hr"))


def test_a_24_hour_ticker_has_every_field_of_the_real_one_in_its_order():
    assert list(TICKER) == EVERY_FIELD.split()
    assert TICKER["bidPrice"] == "69624.00000000"
    assert TICKER["closeTime"] - TICKER["openTime"] == 86_400_000
    assert Decimal(TICKER["lowPrice"]) < Decimal(TICKER["openPrice"]) < Decimal(TICKER["highPrice"])
    assert TICKER["lastId"] - TICKER["firstId"] + 1 == TICKER["count"]


def test_the_sibling_tickers_are_answered_in_their_own_shape():
    book = BINANCE.answer(asking("/api/v3/ticker/bookTicker?symbol=BTCUSDT"), [QUOTE])
    assert json.loads(book.body) == {
        "symbol": "BTCUSDT", "bidPrice": "69624.00000000", "bidQty": "0.09810000",
        "askPrice": "69624.01000000", "askQty": "8.52891000",
    }  # fmt: skip
    price = BINANCE.answer(asking('/api/v3/ticker/price?symbols=["BTCUSDT"]'), [QUOTE])
    assert json.loads(price.body) == [{"symbol": "BTCUSDT", "price": "69624.00000000"}]


def test_a_list_is_answered_with_a_list_even_for_one_symbol():
    reply = BINANCE.answer(asking('/api/v3/ticker/24hr?symbols=["BTCUSDT"]'), [QUOTE])
    assert json.loads(reply.body) == [TICKER]
    assert BINANCE.quotes_from([BTC], reply) == (QUOTE,)


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
