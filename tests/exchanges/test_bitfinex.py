"""Bitfinex: answers by position, bare numbers, nulls, names of its own, and refusals in lists."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exchanges
from exchanges import BadReply, Pair, Quote, Request, Response, UnknownPair
from exchanges.bitfinex import Bitfinex
from exchanges.book import Book, Level

BITFINEX = Bitfinex()
BTC, ETH, AAVE = Pair("BTC", "USD"), Pair("ETH", "USD"), Pair("AAVE", "USD")
TEN = [68012, 12.5, 68014, 9.75, -431, -0.0063, 68013, 1822.25, 68950, 67100]


def reply(value, status=200):
    return Response(status, (value if isinstance(value, str) else json.dumps(value)).encode())


def asking(target):
    return Request("bitfinex", "", target)


def quote(pair, bid, ask, last):
    return Quote("bitfinex", pair, Decimal(bid), Decimal(ask), Decimal(last))


def test_one_market_is_asked_for_by_a_list_of_one_whose_answer_names_it():
    request = BITFINEX.request_for(AAVE)
    assert request.target == "/v2/tickers?symbols=tAAVE:USD"
    sent = BITFINEX.response_for(quote(AAVE, "101.5", "101.75", "101.6")).body
    assert json.loads(sent)[0][0] == "tAAVE:USD"
    with pytest.raises(BadReply, match="tBTCUSD, found tAAVE:USD"):
        BITFINEX.quote_from(BTC, Response(200, sent))


def test_ten_numbers_without_a_name_are_read_as_the_market_that_was_asked_for():
    assert BITFINEX.quote_from(BTC, reply(TEN)) == quote(BTC, "68012", "68014", "68013")
    with pytest.raises(BadReply, match="expected 2 markets by their names, found one without"):
        BITFINEX.quotes_from([BTC, ETH], reply(TEN))


@pytest.mark.parametrize("count", [0, 1, 9, 11, 13, 16])
def test_another_number_of_numbers_is_another_thing(count):
    numbers = ([*TEN, *TEN])[:count]
    for body in (numbers, [["tBTCUSD", *numbers]]):
        if body:
            with pytest.raises(BadReply) as caught:
                BITFINEX.quote_from(BTC, reply(body))
            assert caught.value.kind == "schema"


def test_a_name_in_front_of_ten_numbers_belongs_into_a_list_of_markets():
    with pytest.raises(BadReply, match="expected the 10 numbers of a market, found 11"):
        BITFINEX.quote_from(BTC, reply(["tBTCUSD", *TEN]))


def test_a_market_that_appears_twice_is_in_doubt():
    with pytest.raises(BadReply, match="appears twice"):
        BITFINEX.quote_from(BTC, reply([["tBTCUSD", *TEN], ["tBTCUSD", *TEN]]))


@pytest.mark.parametrize("found", [[], [["tETHUSD", *TEN]]])
def test_what_is_left_out_of_a_list_in_silence_is_an_unknown_symbol(found):
    refused = BITFINEX.quotes_from([BTC, ETH], reply(found))
    assert refused.kind == "unknown_symbol"
    assert "tBTCUSD" in refused.detail


def test_a_list_with_a_market_that_nobody_asked_for_is_no_silence():
    with pytest.raises(BadReply) as caught:
        BITFINEX.quotes_from([BTC, ETH], reply([["tETHUSD", *TEN], ["tSOLUSD", *TEN]]))
    assert caught.value.kind == "schema"


@pytest.mark.parametrize("place", [0, 2])
def test_a_market_without_a_bid_or_an_ask_is_no_quote(place):
    for nothing, kind in ((None, "schema"), (0, "bad_value")):
        numbers = [*TEN[:place], nothing, *TEN[place + 1 :]]
        with pytest.raises(BadReply) as caught:
            BITFINEX.quote_from(BTC, reply([["tBTCUSD", *numbers]]))
        assert caught.value.kind == kind


def test_a_market_without_a_last_price_is_quoted_all_the_same():
    assert BITFINEX.quote_from(BTC, reply([*TEN[:6], None, *TEN[7:]])).last is None


@settings(database=None)
@given(
    digits=st.integers(1, 99_999),
    places=st.integers(0, 10),
    shape=st.sampled_from(["{:f}", "{:e}", "{:E}", "{:.4e}"]),
)
def test_a_price_is_the_same_in_every_notation(digits, places, shape):
    price = Decimal(digits).scaleb(-places)
    read = BITFINEX.quote_from(BTC, reply(f"[{shape.format(price)},1,{shape.format(price)},1,0,0,null,0,0,0]"))
    assert Fraction(read.bid) == Fraction(read.ask) == Fraction(digits, 10**places)


@pytest.mark.parametrize("number", ["1e999", "1e-999", "-5e-7", "1e", "0x10"])
def test_a_number_that_no_price_has_is_refused(number):
    with pytest.raises(BadReply):
        BITFINEX.quote_from(BTC, reply(f"[{number},1,2,1,0,0,null,0,0,0]"))


def test_numbers_are_written_as_javascript_writes_them():
    pair = Pair("DOGE", "USD")
    sent = BITFINEX.response_for(quote(pair, "0.0000009", "0.0000010", "0.00000095")).body.decode()
    assert sent.startswith('[["tDOGE:USD",9e-7,')
    assert ",0.000001," in sent
    assert ",9.5e-7," in sent
    assert BITFINEX.quote_from(pair, reply(sent)) == quote(pair, "0.0000009", "0.000001", "0.00000095")


def test_the_first_version_s_ticker_is_read_with_its_time():
    old = {"mid": "68013.0", "bid": "68012.0", "ask": "68014.0", "last_price": "68013.0", "timestamp": "1769900401.25"}
    read = BITFINEX.quote_from(BTC, reply(old))
    assert (read.bid, read.ask, read.time_us) == (Decimal(68012), Decimal(68014), 1_769_900_401_250_000)


def test_bids_are_bought_and_asks_have_sizes_below_zero():
    book = Book("bitfinex", BTC, (Level(Decimal(68012), Decimal("0.5")),), (Level(Decimal(68014), Decimal("0.25")),))
    assert json.loads(BITFINEX.book_response_for(book).body) == [[68012, 1, 0.5], [68014, 1, -0.25]]
    assert BITFINEX.book_from(BTC, BITFINEX.book_response_for(book)) == book
    with pytest.raises(BadReply, match="found 4 items"):
        BITFINEX.book_from(BTC, reply([[0.0002, 30, 4, 100000]]))


def test_a_market_without_orders_has_an_empty_book():
    assert BITFINEX.book_from(BTC, reply([])) == Book("bitfinex", BTC, (), ())


def test_a_book_is_asked_for_in_the_next_depth_that_there_is(still):
    targets = [BITFINEX.book_request_for(BTC, levels).target for levels in (1, 2, 25, 26, 250)]
    assert targets == [f"/v2/book/tBTCUSD/P0?len={depth}" for depth in (1, 25, 25, 100, 250)]
    assert BITFINEX.entries_in(asking("/v2/book/tBTCUSD/P0")) == 25
    with pytest.raises(LookupError, match="expected len to be 1, 25, 100, 250, found 5"):
        BITFINEX.answer(asking("/v2/book/tBTCUSD/P0?len=5"), still())


def test_a_raw_book_has_a_number_of_its_own_for_each_order(still):
    sides = (
        (Level(Decimal(68012), Decimal(1)), Level(Decimal(68011), Decimal(2))),
        (Level(Decimal(68014), Decimal(3)),),
    )
    view = still(books={BTC: Book("bitfinex", BTC, *sides)})
    rows = json.loads(BITFINEX.answer(asking("/v2/book/tBTCUSD/R0?len=25"), view).body)
    assert [row[1:] for row in rows] == [[68012, 1], [68011, 2], [68014, -3]]
    assert len({row[0] for row in rows}) == 3


def test_the_server_leaves_out_what_is_not_listed_and_says_nothing(still):
    view = still({BTC: quote(BTC, "68012", "68014", "68013")})
    sent = BITFINEX.answer(asking("/v2/tickers?symbols=tNOPE,tBTCUSD,fUSD"), view)
    assert [entry[0] for entry in json.loads(sent.body)] == ["tBTCUSD"]
    nothing = asking("/v2/tickers?symbols=tNOPE")
    with pytest.raises(UnknownPair):
        BITFINEX.answer(nothing, view)
    assert BITFINEX.refusal_for("unknown_symbol", nothing) == BITFINEX.ok("[]")


def test_a_ticker_of_an_unknown_symbol_is_refused_in_a_list_with_http_500(still):
    nothing = asking("/v2/ticker/tNOPE")
    with pytest.raises(UnknownPair):
        BITFINEX.answer(nothing, still())
    refusal = BITFINEX.refusal_for("unknown_symbol", nothing)
    assert (refusal.status, json.loads(refusal.body)) == (500, ["error", 10020, "symbol: invalid"])
    assert BITFINEX.quote_from(BTC, refusal).kind == "unknown_symbol"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, ["error", 10020, "symbol: invalid"], "unknown_symbol"),
        (500, ["error", 10020, "len: invalid"], "protocol"),
        (500, ["error", 11010, "ratelimit: error"], "rate_limited"),
        (500, ["error", 20060, "maintenance"], "server"),
        (500, ["error", 99999, "something new"], "server"),
        (500, ["error"], "server"),
        (500, "<html>", "server"),
        (500, "", "server"),
        (502, ["error", 10020, "symbol: invalid"], "server"),
        (200, ["error", 11010, "ratelimit: error"], "rate_limited"),
        (429, {"error": "ERR_RATE_LIMIT"}, "rate_limited"),
        (503, {"code": 503, "error": "temporarily_unavailable"}, "server"),
    ],
)
def test_the_words_of_an_http_500_are_read_first_and_those_of_other_statuses_as_everywhere(status, body, kind):
    assert BITFINEX.quote_from(BTC, reply(body, status)).kind == kind
    assert BITFINEX.book_from(BTC, reply(body, status)).kind == kind


def test_an_error_that_this_adapter_does_not_know_is_no_quote():
    with pytest.raises(BadReply, match="error 99999, 'something new', which this adapter does not know"):
        BITFINEX.quote_from(BTC, reply(["error", 99999, "something new"]))


def test_an_http_500_is_in_trouble_itself_at_every_other_exchange():
    body = json.dumps(["error", 10020, "symbol: invalid"]).encode()
    for name in ("binance", "coinbase", "kraken", "okx"):
        other = exchanges.load(name)
        assert other.quote_from(other.instruments[0].pair, Response(500, body)).kind == "server"


def test_a_market_that_the_list_has_no_more_does_not_trade():
    found = BITFINEX.instruments_from(reply([["BTCUSD", "AAVE:USD"]]))
    assert [one.pair for one in found if one.trading] == [BTC, AAVE]
    assert [one.pair for one in found] == [one.pair for one in BITFINEX.instruments]


def test_a_market_that_only_the_list_has_is_split_by_its_colon_or_in_the_middle():
    names = ["1INCH:UST", "ALGUSD", "LUNA:USD", "ODDNAME", "TOO", "A:B:C"]
    found = BITFINEX.instruments_from(reply([names]))[len(BITFINEX.instruments) :]
    assert [(str(one.pair), one.symbol) for one in found] == [
        ("1INCH/USDT", "t1INCH:UST"),
        ("ALGO/USD", "tALGUSD"),
        ("LUNC/USD", "tLUNA:USD"),
    ]
    assert {one.price_step for one in found} == {Decimal("0.00000001")}


@pytest.mark.parametrize("name", [["BTCUSD", []], None, {}], ids=["pub:info:pair", "null", "an object"])
def test_a_list_of_anything_but_names_halts_no_market(name):
    with pytest.raises(BadReply, match="expected the names of markets as text"):
        BITFINEX.instruments_from(reply([["BTCUSD", name]]))


def test_the_configuration_comes_in_the_order_in_which_it_was_asked_for(still):
    target = "/v2/conf/pub:map:currency:sym,pub:list:pair:margin,pub:info:pair,pub:list:currency"
    names, margin, pairs, codes = json.loads(BITFINEX.answer(asking(target), still()).body)
    assert ["UST", "USDT"] in names
    assert margin == []
    assert [pair[0] for pair in pairs[:5]] == ["BTCUSD", "ETHUSD", "SOLUSD", "XRPUSD", "DOGE:USD"]
    assert {"UST", "UDC", "ATO", "BCHN"} <= set(codes)
    with pytest.raises(LookupError):
        BITFINEX.answer(asking("/v2/conf/pub:list:currency,nothing"), still())
    assert BITFINEX.answer(asking("/v2/platform/status"), still()).body == b"[1]"


def test_a_table_s_names_follow_the_rule_of_the_colon():
    for one in BITFINEX.instruments:
        base, colon, quoted = one.symbol[1:].partition(":")
        assert colon or len(base) == 6
        assert not colon or max(len(base), len(quoted)) > 3
