"""What is Gate's own: tickers that tell more of one market than of all, labels, grids as numbers of digits."""

import json
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Request, Response
from exchanges.gate import GATE

BITCOIN = Pair("BTC", "USDT")
TICKER = {"currency_pair": "BTC_USDT", "last": "100.1", "lowest_ask": "100.2", "highest_bid": "100.1"}
MARKET = {
    "id": "BTC_USDT",
    "base": "BTC",
    "quote": "USDT",
    "precision": 1,
    "amount_precision": 6,
    "trade_status": "tradable",
}


def replied(value, status=200):
    return Response(status, json.dumps(value).encode())


def quote_of(pair):
    sizes = {"bid_size": Decimal("0.5"), "ask_size": Decimal(3)}
    return Quote("gate", pair, Decimal("100.1"), Decimal("100.2"), last=Decimal("100.1"), **sizes)


def asked(target, still, *quotes):
    return GATE.answer(Request("gate", "", target), still({quote.pair: quote for quote in quotes}))


def test_sizes_are_told_of_one_market_and_not_of_all(still):
    quotes = [quote_of(one.pair) for one in GATE.instruments]
    one = json.loads(asked("/api/v4/spot/tickers?currency_pair=BTC_USDT", still, *quotes).body)
    every = json.loads(asked("/api/v4/spot/tickers?timezone=utc0", still, *quotes).body)
    assert [(entry["highest_size"], entry["lowest_size"]) for entry in one] == [("0.5", "3")]
    assert len(every) == len(GATE.instruments)
    assert not any("size" in name for entry in every for name in entry)


@pytest.mark.parametrize("side", ["highest_bid", "lowest_ask"])
def test_a_side_without_a_price_is_empty_text_and_no_quote(side):
    size = {"highest_bid": "highest_size", "lowest_ask": "lowest_size"}[side]
    with pytest.raises(BadReply, match="expected prices above zero on both sides") as caught:
        GATE.quote_from(BITCOIN, replied([{**TICKER, side: "", size: ""}]))
    assert caught.value.kind == "bad_value"


def test_a_size_that_is_empty_text_is_none():
    quote = GATE.quote_from(BITCOIN, replied([{**TICKER, "highest_size": "", "lowest_size": "2.5"}]))
    assert (quote.bid_size, quote.ask_size) == (None, Decimal("2.5"))


def test_a_leveraged_token_tells_more_and_is_read_alike():
    etf = {"etf_net_value": "2.46316141", "etf_pre_timestamp": 1611244800, "etf_leverage": "2.2803019447281203"}
    assert GATE.quote_from(BITCOIN, replied([{**TICKER, **etf}])) == GATE.quote_from(BITCOIN, replied([TICKER]))


@pytest.mark.parametrize("answer", [[], [{**TICKER, "currency_pair": "ETH_USDT"}], [TICKER, TICKER]])
def test_an_answer_without_the_market_or_with_it_twice_is_no_quote(answer):
    with pytest.raises(BadReply) as caught:
        GATE.quote_from(BITCOIN, replied(answer))
    assert caught.value.kind == "schema"


def test_a_book_tells_when_it_was_sent_and_one_of_2021_does_not():
    old = {"id": 2691446, "asks": [["0.00010396", "5876.967"]], "bids": [["0.00010322", "5360.209"]]}
    assert GATE.book_from(BITCOIN, replied(old)).time_us is None
    new = {**old, "current": 1684102210493, "update": 1684102210263}
    assert GATE.book_from(BITCOIN, replied(new)).time_us == 1_684_102_210_493_000


@pytest.mark.parametrize(("query", "levels", "named"), [("", 10, False), ("&limit=3&with_id=true", 3, True)])
def test_a_book_has_ten_levels_unless_it_is_told_otherwise_and_a_number_where_one_asks_for_it(query, levels, named):
    request = Request("gate", "", f"/api/v4/spot/order_book?currency_pair=BTC_USDT{query}")
    assert GATE.entries_in(request) == levels
    read = GATE.asked_in(request)
    assert (read.fields.get("with_id") == "true") is named


@pytest.mark.parametrize("status", ["untradable", "buyable", "sellable", "something new"])
def test_only_what_can_be_bought_and_sold_is_trading(status):
    (found,) = GATE.instruments_from(replied([{**MARKET, "trade_status": status}]))
    assert not found.trading
    assert GATE.instruments_from(replied([MARKET]))[0].trading


def test_grids_are_numbers_of_digits():
    (found,) = GATE.instruments_from(replied([{**MARKET, "precision": 0}]))
    assert (found.price_step, found.size_step) == (Decimal(1), Decimal("0.000001"))


@pytest.mark.parametrize("digits", [21, 10**17, -1, None, "x", 1.5, []])
def test_a_grid_that_is_none_is_a_bad_reply(digits):
    with pytest.raises(BadReply) as caught:
        GATE.instruments_from(replied([{**MARKET, "precision": digits}]))
    assert caught.value.kind in {"schema", "bad_value"}


def test_what_is_sold_before_it_exists_is_not_listed():
    assert GATE.instruments_from(replied([{**MARKET, "type": "premarket"}, {**MARKET, "type": "normal"}])) == (
        GATE.instruments_from(replied([MARKET]))
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"label": "INVALID_CURRENCY_PAIR", "message": "Invalid currency pair BLA"}, "unknown_symbol"),
        (400, {"label": "INVALID_CURRENCY", "message": "Invalid currency BLA"}, "unknown_symbol"),
        (400, {"label": "INVALID_PARAM_VALUE", "message": "invalid argument: status"}, "protocol"),
        (200, {"label": "INVALID_ARGUMENT", "detail": "invalid size"}, "protocol"),
        (429, {"label": "TOO_MANY_REQUESTS", "message": "Request rate limit exceeded"}, "rate_limited"),
        (400, {"label": "TOO_FAST", "message": "Too fast"}, "rate_limited"),
        (403, {"label": "FORBIDDEN", "message": "No"}, "blocked"),
        (500, {"label": "INTERNAL", "message": "Internal server error"}, "server"),
    ],
)
def test_a_label_says_what_is_refused(status, body, kind):
    assert GATE.quote_from(BITCOIN, replied(body, status)).kind == kind


def test_a_label_that_nobody_knows_is_a_bad_reply_that_shows_it():
    with pytest.raises(BadReply, match="HTTP 400 refused with NEW_LABEL, 'words', which this adapter does not know"):
        GATE.quote_from(BITCOIN, replied({"label": "NEW_LABEL", "message": "words"}, 400))


def test_the_headers_tell_the_time_and_once_nothing_is_left_when_all_is_back(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    charge = GATE.charge_for(GATE.request_for(BITCOIN))
    told = [GATE.usage_headers(charge, used, 7.5)["x-gate-ratelimit-reset-timestamp"] for used in (199, 200)]
    assert told == ["1700000000", "1700000008"]
    assert GATE.usage_headers(charge, 199, 7.5)["x-gate-ratelimit-requests-remain"] == "1"


def test_each_endpoint_has_a_budget_of_its_own():
    charges = [GATE.charge_for(request) for request in (GATE.request_for(BITCOIN), GATE.book_request_for(BITCOIN, 5))]
    assert charges[0].bucket != charges[1].bucket
    assert GATE.charge_for(GATE.market_request()) == charges[0]


def test_what_other_clients_ask_for_beside_prices_is_answered(still):
    currencies = json.loads(asked("/api/v4/spot/currencies", still).body)
    assert {"BTC", "USDT", "USDC"} <= {one["currency"] for one in currencies if not one["delisted"]}
    assert json.loads(asked("/api/v4/margin/currency_pairs", still).body) == []


def test_who_asked_too_often_is_told_when_to_come_back_by_the_header_of_its_own(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)

    def wait(moment):
        headers = {"x-gate-ratelimit-reset-timestamp": moment}
        return GATE.quote_from(BITCOIN, Response(429, b'{"label":"TOO_MANY_REQUESTS"}', headers)).retry_after

    assert [wait(moment) for moment in ("1700000004", "1700000000", "soon", "")] == [4.0, None, None, None]
