"""Coinbase's own spellings, book and errors."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Rejected, Request, Response, UnknownPair
from exchanges.book import Book, Level
from exchanges.coinbase import COINBASE

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
QUOTE = Quote(
    "coinbase", BTC, Decimal("28208.61"), Decimal("28208.62"), Decimal("28208.1"), time_us=1_680_649_534_492_746
)
TICKER_TARGET = "/api/v3/brokerage/market/products/BTC-USD/ticker?limit=1"
BOOK_TARGET = "/api/v3/brokerage/market/product_book?product_id=BTC-USD&limit=1"
TICKER = json.loads(COINBASE.response_for(QUOTE).body)
BOOK = Book(
    "coinbase",
    BTC,
    (Level(QUOTE.bid, Decimal("1E-8")), Level(Decimal("28208.50"), Decimal("4.25"))),
    (Level(QUOTE.ask, Decimal("2.5")), Level(Decimal("28208.70"), Decimal(1)), Level(Decimal("28208.71"), Decimal(3))),
    QUOTE.time_us,
)


def asking(target):
    return Request("coinbase", "http://127.0.0.1:1", target)


def read(body, status=200):
    return COINBASE.quote_from(BTC, Response(status, json.dumps(body).encode()))


@pytest.fixture
def view(still):
    """A market that stands still at QUOTE and BOOK."""
    return still({BTC: QUOTE}, {BTC: BOOK})


@pytest.fixture
def book_body(view):
    """The parsed body of a book of one level a side."""
    return json.loads(COINBASE.answer(asking(BOOK_TARGET), view).body)


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
        "/api/v3/brokerage/market/products/BTC-USD/candles?start=0&end=9&granularity=ONE_DAY",
        "/api/v3/brokerage/market/products/BTC-USD",
        "/api/v3/brokerage/market/products?product_ids=BTC-USD",
        "/v2/prices/BTC-USD/spot",
        BOOK_TARGET,
        "/api/v3/brokerage/market/product_book?product_id=BTC-USD",
    ],
)
def test_every_request_about_one_product_names_its_pair(target):
    assert COINBASE.pairs_from(asking(target)) == (BTC,)


@pytest.mark.parametrize(
    "target",
    [
        "/api/v3/brokerage/market/products?product_type=FUTURE",
        "/api/v3/brokerage/market/products/",
        "/api/v3/brokerage/market/products//ticker",
        "/api/v3/brokerage/market/products/BTC-USD/",
        "/api/v3/brokerage/market/products/BTC-USD/x/ticker",
        "/api/v3/brokerage/products/BTC-USD/ticker",
        "/api/v3/brokerage/time",
        "/v2/time",
        "/v2/currencies",
        "/v2/prices/BTC-USD/bid",
    ],
)
def test_other_requests_are_about_no_price(target):
    with pytest.raises(LookupError):
        COINBASE.pairs_from(asking(target))


@pytest.mark.parametrize(
    "target",
    [
        TICKER_TARGET.replace("limit=1", "limit=x"),
        TICKER_TARGET.replace("limit=1", "limit=-1"),
        TICKER_TARGET.replace("limit=1", "limit=²"),
        TICKER_TARGET + "&limit=2",
        TICKER_TARGET + "&start=yesterday",
        BOOK_TARGET + "&aggregation_price_increment=-1",
        BOOK_TARGET + "&product_id=ETH-USD",
        "/api/v3/brokerage/market/products/BTC-USD/candles",
        "/api/v3/brokerage/market/products/BTC-USD/candles?start=0&end=9&granularity=ONE_YEAR",
        "/api/v3/brokerage/market/products/BTC-USD/candles?start=9&end=0&granularity=ONE_DAY",
        "/api/v3/brokerage/market/products?product_type=HOUSES",
    ],
)
def test_an_argument_that_cannot_be_read_is_refused_as_invalid_and_read_as_a_breach_of_protocol(target, view):
    request = asking(target)
    for ask in (COINBASE.pairs_from, lambda request: COINBASE.answer(request, view)):
        with pytest.raises(LookupError):
            ask(request)
    refusal = COINBASE.refusal_for("not_found", request)
    assert (refusal.status, json.loads(refusal.body)["error"]) == (400, "INVALID_ARGUMENT")
    assert COINBASE.quote_from(BTC, refusal).kind == "protocol"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_another_method_than_get_is_not_allowed_and_read_as_a_breach_of_protocol(method):
    refusal = COINBASE.refusal_for("not_found", replace(asking(TICKER_TARGET), method=method))
    assert (refusal.status, refusal.headers["allow"]) == (405, "GET, HEAD")
    assert json.loads(refusal.body)["error"] == "UNIMPLEMENTED"
    assert COINBASE.quote_from(BTC, refusal).kind == "protocol"
    older = COINBASE.refusal_for("not_found", replace(asking("/v2/time"), method=method))
    assert (older.status, json.loads(older.body)["errors"][0]["id"]) == (404, "not_found")
    orders = COINBASE.refusal_for("not_found", replace(asking("/api/v3/brokerage/orders"), method=method))
    assert (orders.status, orders.body) == (401, b"Unauthorized\n")


@pytest.mark.parametrize("target", [TICKER_TARGET.replace("BTC", "XXX"), BOOK_TARGET.split("?")[0]])
def test_a_product_that_is_not_listed_is_unknown(target):
    with pytest.raises(UnknownPair):
        COINBASE.pairs_from(asking(target))


def test_a_ticker_has_every_field_of_the_real_one():
    assert list(TICKER) == ["trades", "best_bid", "best_ask"]
    assert list(TICKER["trades"][0]) == ["trade_id", "product_id", "price", "size", "time", "side", "bid", "ask"]
    assert TICKER["trades"][0]["bid"] == ""
    assert TICKER["trades"][0]["time"] == "2023-04-04T23:05:34.492746Z"


@pytest.mark.parametrize(("limit", "trades"), [("1", 1), ("3", 3), ("0", 1), ("", 1), ("99999", 1000)])
def test_a_ticker_shows_as_many_trades_as_were_asked_for_up_to_a_thousand_newest_first(limit, trades, view):
    reply = COINBASE.answer(asking(TICKER_TARGET.replace("limit=1", f"limit={limit}")), view)
    shown = json.loads(reply.body)["trades"]
    assert len(shown) == trades
    assert [trade["time"] for trade in shown] == sorted((trade["time"] for trade in shown), reverse=True)
    assert COINBASE.quote_from(BTC, reply) == QUOTE


def test_a_book_is_answered_and_read_as_a_quote_with_its_sizes(book_body):
    assert book_body["pricebook"]["bids"] == [{"price": "28208.61", "size": "0.00000001"}]
    assert book_body["last"] == "28208.1"
    assert book_body["mid_market"] == "28208.615"
    assert book_body["spread_absolute"] == "0.01"
    assert book_body["spread_bps"] == "0.003545016301"  # 0.01 / 28208.615, in ten thousandths
    assert read(book_body) == replace(QUOTE, bid_size=Decimal("1E-8"), ask_size=Decimal("2.5"))


def test_a_book_that_names_no_limit_has_fifty_levels(still):
    rows = [Level(Decimal(n), Decimal(1)) for n in range(1, 2001)]
    deep = Book("coinbase", BTC, tuple(rows[999::-1]), tuple(rows[1000:]), 0)
    shown = []
    for target in ("product_book?product_id=BTC-USD", "product_book?product_id=BTC-USD&limit=5000"):
        request = asking("/api/v3/brokerage/market/" + target)
        shown.append(COINBASE.book_from(BTC, COINBASE.answer(request, still({BTC: QUOTE}, {BTC: deep}))))
    assert [len(book.bids) for book in shown] == [50, 1000]


@pytest.mark.parametrize(
    ("target", "entries"),
    [
        (TICKER_TARGET, 1),
        (TICKER_TARGET.replace("limit=1", "limit=600"), 600),
        ("/api/v3/brokerage/market/products/BTC-USD/candles?start=0&end=9&granularity=ONE_DAY", 350),
        ("/api/v3/brokerage/market/products/BTC-USD/candles?start=0&end=9&granularity=ONE_DAY&limit=5", 5),
        (BOOK_TARGET, 1),
        (BOOK_TARGET + "&aggregation_price_increment=10", 1000),
        ("/api/v3/brokerage/market/product_book?product_id=BTC-USD", 50),
        ("/api/v3/brokerage/market/products", len(COINBASE.instruments)),
        ("/v2/exchange-rates", len(COINBASE.instruments)),
        ("/v2/currencies/crypto", 0),
        ("/api/v3/brokerage/market/products/XXX-USD", 0),
        ("/api/v3/brokerage/market/products/BTC-USD/candles", 0),
    ],
)
def test_an_answer_has_as_many_entries_as_it_prices(target, entries):
    assert COINBASE.entries_in(asking(target)) == entries


def test_a_coarser_book_gathers_bids_downward_and_asks_upward(view):
    target = BOOK_TARGET.replace("limit=1", "limit=2&aggregation_price_increment=0.1")
    book = COINBASE.book_from(BTC, COINBASE.answer(asking(target), view))
    assert book.bids == ((Decimal("28208.6"), Decimal("1E-8")), (Decimal("28208.5"), Decimal("4.25")))
    assert book.asks == ((Decimal("28208.7"), Decimal("3.5")), (Decimal("28208.8"), Decimal(3)))


def test_a_book_of_another_product_is_not_taken_for_ours(book_body):
    book_body["pricebook"]["product_id"] = "BTC-USDC"
    response = Response(200, json.dumps(book_body).encode())
    for reading in (COINBASE.quote_from, COINBASE.book_from):
        with pytest.raises(BadReply, match="expected the product BTC-USD, found 'BTC-USDC'"):
            reading(BTC, response)


@pytest.mark.parametrize("side", ["bids", "asks"])
def test_a_book_that_lacks_a_side_is_a_book_and_no_quote(side):
    lacking = replace(BOOK, **{side: ()})
    reply = COINBASE.book_response_for(lacking)
    assert COINBASE.book_from(BTC, reply) == lacking
    assert json.loads(reply.body)["mid_market"] == ""
    with pytest.raises(BadReply) as caught:
        COINBASE.quote_from(BTC, reply)
    assert caught.value.kind == "bad_value"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"bids": [{"price": "28208.62", "size": "1"}]}, "bad_value"),
        ({"bids": [{"price": "28208.61"}]}, "schema"),
        ({"bids": [["28208.61", "1"]]}, "schema"),
        ({"asks": [{"price": "0", "size": "1"}]}, "bad_value"),
        ({"asks": None}, "schema"),
        ({"time": "soon"}, "bad_value"),
    ],
    ids=str,
)
def test_a_level_that_cannot_be_read_spoils_the_book(change, kind, book_body):
    body = {"pricebook": book_body["pricebook"] | change}
    with pytest.raises(BadReply) as caught:
        COINBASE.book_from(BTC, Response(200, json.dumps(body).encode()))
    assert caught.value.kind == kind


def test_a_disturbed_price_of_zero_or_below_is_written_as_it_is(still):
    for price in (Decimal(0), Decimal(-5)):
        quote = replace(QUOTE, bid=price, ask=-price, last=price)
        book = Book("coinbase", BTC, (Level(price, Decimal(1)),), (Level(-price, Decimal(1)),), 0)
        view = still({BTC: quote}, {BTC: book})
        for target in (TICKER_TARGET, BOOK_TARGET, "/api/v3/brokerage/market/products/BTC-USD"):
            assert f'"{price}"'.encode() in COINBASE.answer(asking(target), view).body


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
def test_errors_of_older_interfaces_are_no_word_about_a_pair(body):
    with pytest.raises(BadReply, match="which this adapter does not know") as caught:
        read(body, 404)
    assert caught.value.kind == "schema"


def test_an_unknown_product_is_refused_by_the_book_in_another_form_than_by_the_ticker():
    ticker, book = (COINBASE.refusal_for("unknown_symbol", asking(target)) for target in (TICKER_TARGET, BOOK_TARGET))
    assert (ticker.status, json.loads(ticker.body)["error"]) == (404, "NOT_FOUND")
    assert (book.status, json.loads(book.body)["error"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "target", ["/api/v3/brokerage/accounts", "/api/v3/brokerage/best_bid_ask?product_ids=BTC-USD", "/v2/user"]
)
def test_a_private_path_wants_a_signature(target, view):
    with pytest.raises(LookupError):
        COINBASE.answer(asking(target), view)
    refusal = COINBASE.refusal_for("not_found", asking(target))
    assert (refusal.status, refusal.body) == (401, b"Unauthorized\n")


@pytest.mark.parametrize(
    ("kind", "status", "error"), [("rate_limited", 429, "rate_limit_exceeded"), ("unknown_symbol", 404, "not_found")]
)
def test_the_older_interface_refuses_in_its_own_form(kind, status, error):
    refusal = COINBASE.refusal_for(kind, asking("/v2/prices/XXX-USD/spot"))
    assert (refusal.status, json.loads(refusal.body)["errors"][0]["id"]) == (status, error)


def test_ten_requests_a_second_are_free_and_the_headers_tell_what_is_left():
    charge = COINBASE.charge_for(asking(TICKER_TARGET))
    assert (charge.weight, charge.limit.capacity, charge.limit.per_s) == (1, 10, 1.0)
    assert charge == COINBASE.charge_for(asking(BOOK_TARGET)) == COINBASE.charge_for(asking("/api/v3/brokerage/time"))
    assert dict(COINBASE.usage_headers(charge, 3, 0.25)) == {
        "x-ratelimit-limit": "10",
        "x-ratelimit-remaining": "7",
        "x-ratelimit-reset": "1",
    }
    assert COINBASE.usage_headers(charge, 12, 0.0)["x-ratelimit-remaining"] == "0"


def test_the_older_interface_has_a_budget_of_its_own_by_the_hour_that_no_header_tells():
    charge = COINBASE.charge_for(asking("/v2/time"))
    assert (charge.bucket, charge.limit.capacity, charge.limit.per_s) == ("v2", 10_000, 3600.0)
    assert COINBASE.usage_headers(charge, 1, 1.0) == {}
    assert COINBASE.charge_for(asking("/")) is None


def test_no_unsigned_request_brings_all_markets():
    assert COINBASE.market_request() is None
    assert not COINBASE.accepts_post
