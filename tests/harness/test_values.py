"""Books and whole markets in hand, against what the server must have sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges.book import Book, Level
from exchanges.decode import decode_quotes
from exchanges.pair import Pair
from harness.book_rows import best_of, digest_of
from harness.plan import for_plan
from harness.planned_faults import PlannedFaults
from harness.quote_rows import row_from_quote
from harness.scenario import Scenario, markets_for, requests_for
from harness.values import wrong_values
from mock_server.market import Market
from mock_server.moment import Moment

AT_S = 1.0


def judged(scenario, outcomes, label="*"):
    rows = [
        {"index": index, "exchange": scenario.turns[0][0], "pair": label, "priced_at": AT_S, "fault": ""}
        for index in range(len(outcomes))
    ]
    return wrong_values(outcomes, rows, scenario, 0, 1, PlannedFaults(scenario))


@pytest.fixture
def books(scenario):
    changes = {"workload": "books", "levels": 20, "requests": 1, "markets": [["binance", "BTC/USDT"]]}
    return Scenario.from_json({**scenario.to_json(), **changes})


@pytest.fixture
def book():
    return Market(7, 0, 1).book(exchanges.load("binance"), Pair("BTC", "USDT"), AT_S, 20)


def outcome_of(book):
    return {"quotes": [row_from_quote(best_of(book))], "digest": digest_of(book)}


def test_the_book_that_was_sent_is_right(books, book):
    assert judged(books, [outcome_of(book)]) == []


def test_a_book_without_the_exchanges_own_time_is_right(books, book):
    timeless = Book(book.exchange, book.pair, book.bids, book.asks, None)
    assert judged(books, [outcome_of(timeless)]) == []


@pytest.mark.parametrize("place", [1, 19])
def test_a_deeper_level_that_was_altered_is_found(books, book, place):
    level = book.asks[place]
    asks = [*book.asks]
    asks[place] = Level(level.price, level.size * 2)
    (only,) = judged(books, [outcome_of(Book(book.exchange, book.pair, book.bids, tuple(asks), book.time_us))])
    assert only == (
        "1 of 1 books are not what the server sent; the first: binance BTC/USDT: the best levels are right, others of "
        "the 40 are not"
    )


def test_a_level_too_few_is_found(books, book):
    (only,) = judged(books, [outcome_of(Book(book.exchange, book.pair, book.bids[:-1], book.asks, book.time_us))])
    assert "others of the 40 are not" in only


def test_a_best_bid_that_was_altered_is_told_with_both_prices(books, book):
    found = outcome_of(book)
    found["quotes"][0][2] = "1"
    (only,) = judged(books, [found])
    assert f"bid 1 in hand, {book.bids[0].price} sent" in only


@pytest.mark.parametrize("outcome", [{"quotes": None}, {"quotes": []}, {"quotes": None, "digest": "x"}])
def test_no_book_at_all_is_found(books, outcome):
    (only,) = judged(books, [outcome])
    assert "0 quotes in hand, 1 sent" in only


@pytest.fixture
def markets(scenario):
    pairs = exchanges.load("binance").instruments[:4]
    changes = {"workload": "markets", "requests": 1, "markets": [["binance", str(i.pair)] for i in pairs]}
    return Scenario.from_json({**scenario.to_json(), **changes})


@pytest.fixture
def quotes(markets):
    market, exchange = Market(7, 0, 1), exchanges.load("binance")
    return [market.quote(exchange, Pair.parse(pair), AT_S) for pair in markets.turns[0][1]]


def test_all_quotes_of_a_whole_market_are_looked_at(markets, quotes):
    rows = [row_from_quote(quote) for quote in quotes]
    assert judged(markets, [{"quotes": rows}]) == []
    rows[3][3] = "1"
    (only,) = judged(markets, [{"quotes": rows}])
    assert only.startswith("1 of 1 prices are not what the server sent; the first: binance: ask 1 in hand")


def test_a_quote_too_few_of_a_whole_market_is_found(markets, quotes):
    (only,) = judged(markets, [{"quotes": [row_from_quote(quote) for quote in quotes[:3]]}])
    assert "3 quotes in hand, 4 sent" in only


def test_a_field_that_the_body_has_may_not_be_left_out(markets, quotes):
    rows = [row_from_quote(quote) for quote in quotes]
    rows[0][4] = None
    (only,) = judged(markets, [{"quotes": rows}])
    assert "last None in hand" in only


@pytest.fixture(params=exchanges.names())
def batched(request, scenario):
    """The batch plan of one exchange, and what its own halves make of the market at one moment."""
    name = request.param
    markets = markets_for([name], 5)
    raced = for_plan(replace(scenario, markets=markets, requests=len(markets)), "batch")
    exchange, market = exchanges.load(name), Market(7, 0, 1)
    view = Moment(exchange, market, market.tick(AT_S))
    outcomes = []
    for request in requests_for(raced, {name: "http://127.0.0.1:1"}):
        quotes = decode_quotes(request, exchange.answer(request, view))
        outcomes.append({"quotes": [row_from_quote(quote) for quote in quotes]})
    return raced, outcomes


def test_the_quotes_of_a_batch_are_right_for_every_exchange(batched):
    scenario, outcomes = batched
    assert judged(scenario, outcomes) == []


def test_a_price_of_a_batch_that_was_altered_is_found(batched):
    scenario, outcomes = batched
    row = outcomes[0]["quotes"][-1]
    row[2] = str(Decimal(row[2]) * 2)
    (said,) = judged(scenario, outcomes)
    assert said.startswith(f"1 of {scenario.requests} prices are not what the server sent; the first: ")


def test_a_quote_of_a_batch_that_is_missing_is_found(batched):
    scenario, outcomes = batched
    outcomes[0]["quotes"].pop()
    assert "quotes in hand" in judged(scenario, outcomes)[0]
