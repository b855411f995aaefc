"""What is KuCoin's own: how it names markets, and the shapes in which it tells a ticker."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges import BadReply, Pair, Quote, Rejected, Request, Response
from exchanges.book import Book, Level
from exchanges.kucoin import KUCOIN

BITCOIN, ETHER, SATOSHI_VISION = Pair("BTC", "USDT"), Pair("ETH", "USDT"), Pair("BSV", "USDT")
TIME_US = 1_767_225_601_500_000


def quote_of(pair, bid="100.1", ask="100.2"):
    sizes = {"bid_size": Decimal("0.5"), "ask_size": Decimal(3)}
    return Quote("kucoin", pair, Decimal(bid), Decimal(ask), last=Decimal(bid), time_us=TIME_US, **sizes)


def asked(target, still, *quotes):
    return KUCOIN.answer(Request("kucoin", "", target), still({quote.pair: quote for quote in quotes}))


def success(data):
    return Response(200, json.dumps({"code": "200000", "data": data}).encode())


def ticker(**changes):
    entry = {"symbol": "BTC-USDT", "bestBidPrice": "100.1", "bestAskPrice": "100.2", "lastPrice": "100.1"}
    return {"tradeType": "SPOT", "ts": TIME_US * 1000, "list": [entry], **changes}


def test_a_renamed_market_is_asked_for_by_its_symbol_and_priced_by_its_common_name(still):
    request = KUCOIN.request_for(SATOSHI_VISION)
    assert request.target == "/api/v1/market/orderbook/level1?symbol=BCHSV-USDT"
    unified = "/api/ua/v1/market/ticker?tradeType=SPOT&symbol=BCHSV-USDT"
    entry = json.loads(asked(unified, still, quote_of(SATOSHI_VISION)).body)["data"]["list"][0]
    assert (entry["symbol"], entry["name"]) == ("BCHSV-USDT", "BSV-USDT")


def test_the_list_has_the_codes_of_its_own_and_is_read_to_the_common_ones(still):
    response = asked("/api/v2/symbols", still)
    (entry,) = [one for one in json.loads(response.body)["data"] if one["symbol"] == "BCHSV-USDT"]
    assert (entry["name"], entry["baseCurrency"]) == ("BSV-USDT", "BCHSV")
    assert SATOSHI_VISION in [one.pair for one in KUCOIN.instruments_from(response)]
    named = {one["currency"]: one["name"] for one in json.loads(asked("/api/v3/currencies", still).body)["data"]}
    assert (named["BCHSV"], named["BTC"]) == ("BSV", "BTC")


def test_a_renamed_market_that_is_in_no_table_is_known_by_its_name_and_one_without_by_its_codes():
    entry = {"symbol": "LOKI-USDT", "name": "OXEN-USDT", "baseCurrency": "LOKI", "quoteCurrency": "USDT"}
    entry |= {"priceIncrement": "0.0001", "baseIncrement": "0.1", "enableTrading": True}
    for name, base in (("OXEN-USDT", "OXEN"), (None, "LOKI"), ("A-B-C", "LOKI")):
        (found,) = KUCOIN.instruments_from(success([entry | {"name": name}]))
        assert (found.pair, found.symbol) == (Pair(base, "USDT"), "LOKI-USDT")


def test_a_name_is_not_a_symbol():
    with pytest.raises(exchanges.UnknownPair, match="did you mean BCHSV-USDT"):
        KUCOIN.pairs_from(Request("kucoin", "", "/api/v1/market/stats?symbol=BSV-USDT"))


def test_an_answer_that_names_no_market_is_read_for_one_and_never_for_several(still):
    response = asked("/api/v1/market/orderbook/level1?symbol=BTC-USDT", still, quote_of(BITCOIN))
    assert json.loads(response.body)["data"]["bestBid"] == "100.1"
    assert KUCOIN.quote_from(BITCOIN, response) == quote_of(BITCOIN)
    with pytest.raises(BadReply, match="expected the field 'symbol'"):
        KUCOIN.quotes_from((BITCOIN, ETHER), response)


def test_the_statistics_of_a_day_are_a_quote_without_sizes(still):
    quote = quote_of(BITCOIN)
    response = asked("/api/v1/market/stats?symbol=BTC-USDT", still, quote)
    assert KUCOIN.quote_from(BITCOIN, response) == replace(quote, bid_size=None, ask_size=None)


@pytest.mark.parametrize("target", ["/api/v1/market/allTickers", "/api/ua/v1/market/ticker?tradeType=SPOT"])
def test_all_tickers_come_in_either_shape_with_one_time(still, target):
    quotes = [quote_of(one.pair) for one in KUCOIN.instruments]
    response = asked(target, still, *quotes)
    assert KUCOIN.quotes_from((ETHER, SATOSHI_VISION), response) == (quote_of(ETHER), quote_of(SATOSHI_VISION))


@pytest.mark.parametrize("unit", [1, 1000], ids=["microseconds beyond", "nanoseconds"])
@pytest.mark.parametrize("time_ms", [1_420_070_400_000, 1_762_061_290_067, 2_051_222_400_000])
def test_a_time_in_nanoseconds_is_told_from_one_in_milliseconds_by_its_digits(time_ms, unit):
    ts = time_ms * 10**6 if unit == 1000 else time_ms
    assert KUCOIN.quote_from(BITCOIN, success(ticker(ts=ts))).time_us == time_ms * 1000


@pytest.mark.parametrize("ts", ["17620612900670000xy", "-762061290067000000", None, 1.5, "", "9" * 20])
def test_a_time_that_is_none_is_a_bad_reply(ts):
    with pytest.raises(BadReply) as caught:
        KUCOIN.quote_from(BITCOIN, success(ticker(ts=ts)))
    assert caught.value.kind in {"schema", "bad_value"}


def test_futures_in_the_shape_of_spot_are_refused():
    with pytest.raises(BadReply, match="expected the spot market, found FUTURES"):
        KUCOIN.quote_from(BITCOIN, success(ticker(tradeType="FUTURES")))


def test_success_without_data_is_an_unknown_symbol():
    read = KUCOIN.quote_from(BITCOIN, success(None))
    assert (type(read), read.kind) == (Rejected, "unknown_symbol")
    assert read.detail == "kucoin answered HTTP 200 with code 200000, 'no data'"


def test_an_idle_market_spoils_nothing_but_its_own_quote():
    idle = {"symbol": "ETH-USDT", "buy": None, "sell": None, "last": None, "bestBidSize": None}
    busy = {"symbol": "BTC-USDT", "buy": "100.1", "sell": "100.2", "last": None, "bestBidSize": None}
    response = success({"time": 1, "ticker": [idle, busy]})
    assert KUCOIN.quotes_from((BITCOIN,), response)[0].bid == Decimal("100.1")
    with pytest.raises(BadReply, match="expected the bid as a decimal, found null"):
        KUCOIN.quotes_from((ETHER,), response)


@pytest.mark.parametrize(
    ("levels", "weight", "path"), [(1, 2, "level2_20"), (20, 2, "level2_20"), (21, 4, "level2_100")]
)
def test_a_book_is_asked_for_at_the_next_of_its_two_depths(levels, weight, path):
    request = KUCOIN.book_request_for(BITCOIN, levels)
    assert (request.target, request.weight) == (f"/api/v1/market/orderbook/{path}?symbol=BTC-USDT", weight)
    assert KUCOIN.entries_in(request) == int(path.rpartition("_")[2])


def test_numbers_are_written_without_zeros_at_the_end():
    book = Book("kucoin", BITCOIN, (Level(Decimal("100.0"), Decimal("5.00")),), (), TIME_US)
    assert json.loads(KUCOIN.book_response_for(book).body)["data"]["bids"] == [["100", "5"]]


def test_all_its_requests_spend_from_one_pool_that_the_headers_tell_of():
    charges = [
        KUCOIN.charge_for(request)
        for request in (KUCOIN.request_for(BITCOIN), KUCOIN.market_request(), KUCOIN.time_request())
    ]
    assert [(charge.bucket, charge.weight) for charge in charges] == [("public", 2), ("public", 15), ("public", 3)]
    assert KUCOIN.usage_headers(charges[0], 500, 1.4885) == {
        "gw-ratelimit-limit": "2000",
        "gw-ratelimit-remaining": "1500",
        "gw-ratelimit-reset": "1489",
    }


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/api/v1/market/stats?symbol=NO-USDT", "unknown_symbol"),
        ("/api/v1/market/orderbook/level2_20?symbol=NO-USDT", "unknown_symbol"),
        ("/api/ua/v1/market/ticker?symbol=BTC-USDT", "protocol"),
        ("/api/v1/market/nothing", "protocol"),
    ],
)
def test_what_it_does_not_answer_it_refuses_in_its_own_words(target, kind):
    request = Request("kucoin", "", target)
    refusal = KUCOIN.refusal_for("unknown_symbol" if "NO-" in target else "not_found", request)
    assert KUCOIN.quote_from(BITCOIN, refusal).kind == kind


def test_words_that_nobody_knows_are_a_bad_reply():
    body = b'{"code":"999999","msg":"something new"}'
    with pytest.raises(BadReply, match="refused with code 999999, 'something new', which this adapter does not know"):
        KUCOIN.quote_from(BITCOIN, Response(200, body))


def test_it_says_that_it_is_open(still):
    assert json.loads(asked("/api/v1/status", still).body)["data"] == {"status": "open", "msg": ""}


@pytest.mark.parametrize(("countdown", "wait"), [("1489", 1.489), ("0", 0.0), ("-1", None), ("1.5", None), ("", None)])
def test_who_asked_too_often_is_told_when_to_come_back_by_the_header_of_its_own(countdown, wait):
    response = Response(429, b'{"code":"429000","msg":"Too many requests"}', {"gw-ratelimit-reset": countdown})
    assert KUCOIN.quote_from(BITCOIN, response).retry_after == wait
