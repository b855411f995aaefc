"""Coinbase Exchange: the edges of its shapes."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Instrument, Pair, Quote, Request, Response
from exchanges.book import Book, Level
from exchanges.coinbase_exchange import COINBASE_EXCHANGE, CoinbaseExchange

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
TICKER = {
    "ask": "73369.19", "bid": "73360.34", "volume": "1207.50668151", "trade_id": 18502105, "price": "73367.8",
    "size": "0.00730812", "time": "2024-03-13T11:10:41.270099Z", "rfq_volume": "7.669923",
}  # fmt: skip
BOOK = {"bids": [["99.5", "2", 2]], "asks": [["99.6", "1.5", 1]], "sequence": 7, "auction_mode": False}
QUOTE = Quote("coinbase_exchange", BTC, Decimal("73360.34"), Decimal("73369.19"), Decimal("73367.8"),
              time_us=1_710_328_241_270_099)  # fmt: skip


def answer_of(value, status=200):
    return Response(status, json.dumps(value).encode())


def read(value, status=200):
    return COINBASE_EXCHANGE.quote_from(BTC, answer_of(value, status))


def asking(target):
    return Request("coinbase_exchange", "", target)


def product(**changes):
    entry = json.loads(COINBASE_EXCHANGE.instruments_text(COINBASE_EXCHANGE.instruments[:1]))[0]
    return {**entry, **changes}


def listed(*products):
    return COINBASE_EXCHANGE.instruments_from(answer_of(list(products)))


@pytest.fixture
def view(still):
    quotes, books = {}, {}
    for one in COINBASE_EXCHANGE.instruments:
        bid, ask = one.price_step * 1000, one.price_step * 1001
        quotes[one.pair] = Quote("coinbase_exchange", one.pair, bid, ask, ask, time_us=QUOTE.time_us)
        sides = [tuple(Level(price + n * sign * one.price_step, one.size_step * 5) for n in range(700))
                 for price, sign in ((bid, -1), (ask, 1))]  # fmt: skip
        books[one.pair] = Book("coinbase_exchange", one.pair, *sides, QUOTE.time_us)
    return still(quotes, books)


def test_a_ticker_is_a_quote_with_the_last_trade_and_without_sizes():
    assert read(TICKER) == QUOTE


@pytest.mark.parametrize("price", ["0", "0.00"])
def test_a_product_in_which_nobody_ever_traded_has_no_last_price(price):
    assert read(TICKER | {"price": price}).last is None


@pytest.mark.parametrize("side", ["bid", "ask"])
@pytest.mark.parametrize("value", [None, "", "0"], ids=["missing", "empty", "zero"])
def test_an_auction_in_which_a_side_is_missing_has_no_quote(side, value):
    body = dict(TICKER)
    del body[side]
    with pytest.raises(BadReply, match="expected prices above zero on both sides") as caught:
        read(body if value is None else TICKER | {side: value})
    assert caught.value.kind == "bad_value"


def test_what_is_no_ticker_at_all_is_told_from_an_auction():
    stats = {"open": "34.19000000", "high": "95.70000000", "low": "7.06000000", "volume": "2.41000000"}
    with pytest.raises(BadReply) as caught:
        read(stats)
    assert caught.value.kind == "schema"


def test_no_byte_of_a_ticker_tells_of_which_product_it_is():
    theirs = COINBASE_EXCHANGE.response_for(replace(QUOTE, pair=ETH))
    assert theirs == COINBASE_EXCHANGE.response_for(QUOTE)


@pytest.mark.parametrize("pairs", [(BTC, ETH), ()], ids=["two", "none"])
def test_a_ticker_is_not_read_for_more_or_less_than_one_product(pairs):
    with pytest.raises(BadReply, match=f"for one product, found {len(pairs)}") as caught:
        COINBASE_EXCHANGE.quotes_from(pairs, answer_of(TICKER))
    assert caught.value.kind == "schema"


def test_every_product_of_a_batch_is_asked_for_by_itself():
    targets = [request.target for request in COINBASE_EXCHANGE.requests_for([BTC, ETH, BTC])]
    assert targets == ["/products/BTC-USD/ticker", "/products/ETH-USD/ticker"]
    assert COINBASE_EXCHANGE.market_request() is None


@pytest.mark.parametrize(
    ("levels", "target", "comes"),
    [(1, "level=1", 1), (2, "level=2", 700), (50, "level=2", 700), (1000, "level=2", 700)],
)
def test_one_level_is_asked_for_by_itself_and_more_with_all_there_are(levels, target, comes, view):
    request = COINBASE_EXCHANGE.book_request_for(BTC, levels)
    assert request.target == f"/products/BTC-USD/book?{target}"
    book = COINBASE_EXCHANGE.book_from(BTC, COINBASE_EXCHANGE.answer(asking(request.target), view))
    assert (len(book.bids), len(book.asks)) == (comes, comes)


@pytest.mark.parametrize(("query", "levels"), [("", 1), ("?level=", 1), ("?level=1", 1), ("?level=2", 1000)])
def test_a_book_that_names_no_level_is_that_of_the_best(query, levels):
    assert COINBASE_EXCHANGE.entries_in(asking(f"/products/BTC-USD/book{query}")) == levels


@pytest.mark.parametrize("query", ["?level=3", "?level=x", "?level=1&level=2"])
def test_another_level_is_a_bad_request(query, view):
    request = asking(f"/products/BTC-USD/book{query}")
    with pytest.raises(LookupError):
        COINBASE_EXCHANGE.answer(request, view)
    refusal = COINBASE_EXCHANGE.refusal_for("not_found", request)
    assert (refusal.status, COINBASE_EXCHANGE.book_from(BTC, refusal).kind) == (400, "protocol")


def test_a_level_ends_with_a_number_and_the_time_of_a_book_may_be_missing(view):
    written = json.loads(COINBASE_EXCHANGE.answer(asking("/products/BTC-USD/book"), view).body)
    assert [type(item) for item in written["bids"][0]] == [str, str, int]
    book = COINBASE_EXCHANGE.book_from(BTC, answer_of(BOOK))
    assert (book.bids, book.time_us) == ((Level(Decimal("99.5"), Decimal(2)),), None)
    timed = COINBASE_EXCHANGE.book_from(BTC, answer_of(BOOK | {"time": TICKER["time"]}))
    assert timed.time_us == QUOTE.time_us


def test_the_book_of_an_auction_is_nobody_s_to_take():
    with pytest.raises(BadReply, match="found an auction") as caught:
        COINBASE_EXCHANGE.book_from(BTC, answer_of(BOOK | {"auction_mode": True}))
    assert caught.value.kind == "bad_value"


def test_the_clock_is_read_from_its_text_and_not_from_its_float(view):
    body = b'{"iso":"2020-05-12T08:00:51.504Z","epoch":1.5}'
    assert COINBASE_EXCHANGE.time_from(Response(200, body)) == 1_589_270_451_504_000
    view.time_us = 1_589_270_451_004_999
    written = COINBASE_EXCHANGE.answer(asking("/time"), view).body
    assert written == b'{"iso":"2020-05-12T08:00:51.004Z","epoch":1589270451.004}'


@pytest.mark.parametrize(
    "change",
    [
        {"status": "offline"}, {"status": "delisted"}, {"trading_disabled": True}, {"cancel_only": True},
        {"limit_only": True}, {"post_only": True}, {"auction_mode": True},
    ],
    ids=str,
)  # fmt: skip
def test_a_product_that_takers_are_kept_away_from_is_listed_and_does_not_trade(change):
    (found,) = listed(product(**change))
    assert (found.symbol, found.trading) == ("BTC-USD", False)


def test_a_product_as_it_was_listed_in_2021_is_read():
    older = product(base_min_size="0.0001", base_max_size="280")
    del older["auction_mode"], older["fx_stablecoin"]
    assert listed(older) == (Instrument(BTC, "BTC-USD", Decimal("0.01"), Decimal("0.00000001")),)


def test_the_auction_of_a_product_is_not_taken_for_the_product():
    assert listed(product(id="BTCAUCTION-USD"), product()) == listed(product())


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "NotFound", "unknown_symbol"),
        (404, "Route not found", "protocol"),
        (400, "Invalid Price", "protocol"),
        (429, "Public rate limit exceeded", "rate_limited"),
        (403, "Forbidden", "blocked"),
        (200, "Internal server error", "server"),
    ],
)
def test_a_refusal_is_known_by_its_status_and_its_message(status, message, kind):
    assert read({"message": message}, status).kind == kind


def test_a_message_that_nobody_knows_is_no_word_about_a_product():
    with pytest.raises(BadReply, match="which this adapter does not know") as caught:
        read({"message": "odd"}, 404)
    assert caught.value.kind == "schema"


def test_a_path_that_is_not_there_is_told_from_a_product_that_is_not():
    there, not_there = asking("/products/NOPE-USD/ticker"), asking("/ticker")
    unknown = COINBASE_EXCHANGE.refusal_for("unknown_symbol", there)
    missing = COINBASE_EXCHANGE.refusal_for("not_found", not_there)
    assert (unknown.status, unknown.body) == (404, b'{"message":"NotFound"}')
    assert (missing.status, missing.body) == (404, b'{"message":"Route not found"}')


def test_ten_requests_a_second_and_fifteen_at_once_are_free_for_all_paths_together():
    charges = {
        COINBASE_EXCHANGE.charge_for(asking(path)) for path in ("/products/BTC-USD/ticker", "/time", "/products")
    }
    (charge,) = charges
    assert (charge.limit.capacity, charge.limit.capacity / charge.limit.per_s, charge.limit.window) == (15, 10, False)
    assert COINBASE_EXCHANGE.charge_for(asking("/nothing")) is None


def test_spark_lines_end_at_the_last_price_of_every_product(view):
    lines = json.loads(COINBASE_EXCHANGE.answer(asking("/products/spark-lines"), view).body, parse_float=Decimal)
    assert {name: line[0][4] for name, line in lines.items()} == {
        one.symbol: one.price_step * 1001 for one in COINBASE_EXCHANGE.instruments
    }
    assert COINBASE_EXCHANGE.entries_in(asking("/products/spark-lines")) == len(COINBASE_EXCHANGE.instruments)


def test_every_currency_of_the_products_is_listed_once(view):
    some = CoinbaseExchange(instruments=COINBASE_EXCHANGE.instruments[:2])
    currencies = json.loads(some.answer(asking("/currencies"), view).body)
    assert [(one["id"], one["details"]["type"]) for one in currencies] == [
        ("BTC", "crypto"), ("USD", "fiat"), ("ETH", "crypto"),
    ]  # fmt: skip
