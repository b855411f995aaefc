"""Coinbase's own spellings, book and errors."""

import json
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Rejected, Request, Response, UnknownPair
from exchanges.coinbase import COINBASE

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
QUOTE = Quote(
    "coinbase", BTC, Decimal("28208.61"), Decimal("28208.62"), Decimal("28208.1"), time_us=1_680_649_534_492_746
)
TICKER_TARGET = "/api/v3/brokerage/market/products/BTC-USD/ticker?limit=1"
BOOK_TARGET = "/api/v3/brokerage/market/product_book?product_id=BTC-USD&limit=1"
TICKER = json.loads(COINBASE.response_for(QUOTE).body)


def asking(target):
    return Request("coinbase", "http://127.0.0.1:1", target)


def read(body, status=200):
    return COINBASE.quote_from(BTC, Response(status, json.dumps(body).encode()))


def test_a_pair_is_asked_for_by_its_product():
    assert COINBASE.request_for(BTC).target == TICKER_TARGET


def test_a_batch_is_one_request_each():
    requests = COINBASE.requests_for([BTC, ETH])
    assert [request.pairs for request in requests] == [(BTC,), (ETH,)]


def test_many_quotes_do_not_fit_in_one_answer():
    with pytest.raises(ValueError, match="one pair at a time"):
        COINBASE.response_for_many([QUOTE, QUOTE])


@pytest.mark.parametrize(
    "target",
    [
        TICKER_TARGET,
        "/api/v3/brokerage/market/products/BTC-USD/ticker",
        "/api/v3/brokerage/market/products/BTC%2DUSD/ticker?limit=5&start=0&end=9",
        BOOK_TARGET,
        "/api/v3/brokerage/market/product_book?product_id=BTC-USD",
    ],
)
def test_every_spelling_of_a_ticker_and_of_a_book_is_understood(target):
    assert COINBASE.pairs_from(asking(target)) == (BTC,)


@pytest.mark.parametrize(
    "target",
    [
        "/api/v3/brokerage/market/products",
        "/api/v3/brokerage/market/products/BTC-USD",
        "/api/v3/brokerage/market/products//ticker",
        "/api/v3/brokerage/market/products/BTC-USD/x/ticker",
        "/api/v3/brokerage/market/products/ticker",
        "/api/v3/brokerage/market/products/BTC-USD/candles",
    ],
)
def test_other_paths_are_no_price_request(target):
    with pytest.raises(LookupError):
        COINBASE.pairs_from(asking(target))


@pytest.mark.parametrize("target", [TICKER_TARGET.replace("BTC", "XXX"), BOOK_TARGET.split("?")[0]])
def test_a_product_that_is_not_listed_is_unknown(target):
    with pytest.raises(UnknownPair):
        COINBASE.pairs_from(asking(target))


def test_a_ticker_has_every_field_of_the_real_one():
    assert list(TICKER) == ["trades", "best_bid", "best_ask"]
    assert list(TICKER["trades"][0]) == ["trade_id", "product_id", "price", "size", "time", "side", "bid", "ask"]
    assert TICKER["trades"][0]["bid"] == ""
    assert TICKER["trades"][0]["time"] == "2023-04-04T23:05:34.492746Z"


@pytest.mark.parametrize(("limit", "trades"), [("1", 1), ("3", 3), ("0", 1), ("x", 1), ("99999", 100), ("²", 1)])
def test_a_ticker_shows_as_many_trades_as_were_asked_for_up_to_a_hundred_newest_first(limit, trades):
    reply = COINBASE.answer(asking(TICKER_TARGET.replace("limit=1", f"limit={limit}")), [QUOTE])
    shown = json.loads(reply.body)["trades"]
    assert len(shown) == trades
    assert [trade["time"] for trade in shown] == sorted((trade["time"] for trade in shown), reverse=True)
    assert COINBASE.quote_from(BTC, reply) == QUOTE


def test_a_book_is_answered_and_read_with_its_sizes():
    sized = Quote("coinbase", BTC, QUOTE.bid, QUOTE.ask, QUOTE.last, Decimal("1E-8"), Decimal("2.5"), QUOTE.time_us)
    reply = COINBASE.answer(asking(BOOK_TARGET), [sized])
    body = json.loads(reply.body)
    assert body["pricebook"]["bids"] == [{"price": "28208.61", "size": "0.00000001"}]
    assert body["mid_market"] == "28208.615"
    assert body["spread_absolute"] == "0.01"
    assert COINBASE.quote_from(BTC, reply) == sized


def test_a_book_of_another_product_is_not_taken_for_ours():
    body = json.loads(COINBASE.answer(asking(BOOK_TARGET), [QUOTE]).body)
    body["pricebook"]["product_id"] = "BTC-USDC"
    with pytest.raises(BadReply, match="expected the product BTC-USD, found 'BTC-USDC'"):
        read(body)


@pytest.mark.parametrize("side", ["bids", "asks"])
def test_a_book_that_lacks_a_side_is_a_bad_value(side):
    body = json.loads(COINBASE.answer(asking(BOOK_TARGET), [QUOTE]).body)
    body["pricebook"][side] = []
    with pytest.raises(BadReply) as caught:
        read(body)
    assert caught.value.kind == "bad_value"


def test_a_market_in_which_nobody_traded_has_a_quote_without_last_and_time():
    quote = read(TICKER | {"trades": []})
    assert (quote.bid, quote.ask, quote.last, quote.time_us) == (QUOTE.bid, QUOTE.ask, None, None)


@pytest.mark.parametrize("pairs", [(BTC, Pair("ETH", "USD")), ()], ids=["two", "none"])
def test_an_answer_that_names_no_product_is_not_read_for_more_or_less_than_one(pairs):
    body = json.dumps(TICKER | {"trades": []}).encode()
    with pytest.raises(BadReply, match=f"for one product, found {len(pairs)}") as caught:
        COINBASE.quotes_from(pairs, Response(200, body))
    assert caught.value.kind == "schema"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"best_bid": ""}, "bad_value"),
        ({"best_ask": "28208.60"}, "bad_value"),
        ({"best_ask": None}, "schema"),
        ({"trades": {}}, "schema"),
        ({"trades": [TICKER["trades"][0] | {"time": "soon"}]}, "bad_value"),
        ({"trades": [TICKER["trades"][0] | {"product_id": "BTC-USDC"}]}, "schema"),
    ],
)
def test_a_field_that_cannot_be_read_spoils_the_quote(change, kind):
    with pytest.raises(BadReply) as caught:
        read(TICKER | change)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (404, "NOT_FOUND", "unknown_symbol"),
        (400, "INVALID_ARGUMENT", "unknown_symbol"),
        (400, "RESOURCE_EXHAUSTED", "rate_limited"),
        (200, "INTERNAL", "server"),
    ],
)
def test_an_error_is_read_by_its_name(status, error, kind):
    found = read({"error": error, "message": "no"}, status)
    assert isinstance(found, Rejected)
    assert found.kind == kind


@pytest.mark.parametrize(
    "body", [{"errors": [{"id": "not_found", "message": "Not found"}]}, {"error": "invalid_request"}]
)
def test_errors_of_older_apis_are_no_word_about_a_pair(body):
    with pytest.raises(BadReply, match="which this adapter does not know") as caught:
        read(body, 404)
    assert caught.value.kind == "schema"


def test_an_unknown_product_is_refused_by_the_book_in_another_form_than_by_the_ticker():
    ticker, book = (COINBASE.refusal_for("unknown_symbol", asking(target)) for target in (TICKER_TARGET, BOOK_TARGET))
    assert (ticker.status, json.loads(ticker.body)["error"]) == (404, "NOT_FOUND")
    assert (book.status, json.loads(book.body)["error"]) == (400, "INVALID_ARGUMENT")
