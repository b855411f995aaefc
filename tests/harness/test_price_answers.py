from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.book import Book, Level
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.wire import Request
from harness.exits import Stop
from harness.price_answers import Broken, answers_in, lost_all, sound, unreached
from strategies.strategy import Failed, Fetched

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
BOTH = Request("kraken", "", "/", (BTC, ETH))
ONE = Request("kraken", "", "/", (BTC,))


def quote(name, pair):
    return Quote(name, pair, Decimal(1), Decimal(2))


def fetched(*quotes):
    return Fetched(tuple(quotes), 0.5, 0.75, 200, 9)


def failed(kind, status=None):
    return Failed(kind, "because", 0.0, 0.1, status)


def test_a_batch_brings_a_sighting_of_each_of_its_markets():
    found = answers_in([BOTH], [fetched(quote("kraken", BTC), quote("kraken", ETH))], "threads")
    assert [(one.quote.pair, one.asked_us, one.received_us) for one in found.sightings] == [
        (BTC, 500_000, 750_000), (ETH, 500_000, 750_000),
    ]  # fmt: skip
    assert found.sentences() == []


def test_of_a_batch_the_market_that_was_read_as_another_is_lost_alone():
    found = answers_in([BOTH], [fetched(quote("kraken", BTC), quote("okx", ETH))], "threads")
    assert [one.quote.pair for one in found.sightings] == [BTC]
    assert found.sentences() == ["kraken ETH/USD: schema: the answer was read as one of okx ETH/USD"]


def test_of_an_answer_that_lacks_a_market_that_one_is_lost():
    found = answers_in([BOTH], [fetched(quote("kraken", ETH))], "threads")
    assert [one.quote.pair for one in found.sightings] == [ETH]
    assert found.lost == {("kraken", BTC): "schema: the answer has no quote of it"}


@pytest.mark.parametrize("value", [(quote("kraken", BTC), 7), 7, None])
def test_what_is_no_quote_is_a_broken_promise(value):
    with pytest.raises(Stop, match=r"strategy threads returned no quote for kraken BTC/USD, ETH/USD, and no failure"):
        answers_in([BOTH], [Fetched(value, 0.0, 0.1, 200, 9)], "threads")


def test_an_exchange_that_brought_nothing_for_one_reason_is_one_sentence():
    assert answers_in([BOTH], [failed("server", 503)], "threads").sentences() == ["kraken: server: because"]
    singles = [Request("kraken", "", "/", (pair,)) for pair in (BTC, ETH)]
    assert answers_in(singles, [failed("reset"), failed("server")], "threads").sentences() == [
        "kraken BTC/USD: reset: because", "kraken ETH/USD: server: because",
    ]  # fmt: skip
    some = answers_in(singles, [failed("reset"), fetched(quote("kraken", ETH))], "threads")
    assert some.sentences() == ["kraken BTC/USD: reset: because"]


def test_an_exchange_is_not_reached_where_nothing_came_of_any_request():
    requests = [Request(name, "", "/") for name in ("kraken", "kraken", "okx", "okx", "gate")]
    outcomes = [failed("dns"), failed("deadline"), failed("dns"), fetched(), failed("server", 503)]
    silent = unreached(requests, outcomes)
    assert silent == {"kraken": "dns: because"}
    assert lost_all([("kraken", BTC), ("okx", BTC)], silent) == {("kraken", BTC): "dns: because"}


@pytest.mark.parametrize("time_us", ["soon", 1.5, float("nan"), True])
def test_a_guests_quote_whose_time_is_no_whole_number_is_no_quote(time_us):
    found = answers_in([BOTH], [fetched(replace(quote("kraken", BTC), time_us=time_us), quote("kraken", ETH))], "a")
    assert [one.quote.pair for one in found.sightings] == [ETH]
    assert found.lost["kraken", BTC] == (
        f"bad_value: expected its time in whole microseconds, found {type(time_us).__name__}"
    )


def answers_to(request, outcome):
    return answers_in([request], [outcome], "threads")


def at(value, started=1.0, ended=2.0):
    return Fetched(value, started, ended, 200, 10)


def test_a_failure_is_that_of_all_its_markets():
    failure = Failed("deadline", "no answer\x1b[2J within 5 s", 1.0, 6.0)
    found = answers_to(BOTH, failure)
    said = "deadline: no answer\\x1b[2J within 5 s"
    assert found.lost == {("kraken", BTC): said, ("kraken", ETH): said}
    assert found.failures == [failure]


def test_a_book_brings_its_best_prices_and_itself():
    book = Book("kraken", BTC, (Level(Decimal(100), Decimal(1)),), (Level(Decimal(101), Decimal(2)),))
    (found,) = answers_to(ONE, at(book)).sightings
    assert (found.quote.bid, found.quote.ask_size, found.book) == (100, 2, book)


def test_a_book_with_one_side_brings_nothing_and_says_why():
    book = Book("kraken", BTC, (), (Level(Decimal(101), Decimal(2)),))
    assert answers_to(ONE, at(book)).lost == {
        ("kraken", BTC): "bad_value: one-sided, its book has no bids",
    }  # fmt: skip


@pytest.mark.parametrize(("outcomes", "said"), [
    ([], "returned 0 for 1 requests, expected an outcome for each"),
    (None, "returned NoneType for 1 requests"),
    (["a"], "returned 'a', expected what was fetched, or how it failed"),
])  # fmt: skip
def test_what_is_no_list_of_outcomes_is_refused(outcomes, said):
    with pytest.raises(Broken, match=said):
        sound(outcomes, 1, 0.0, 1.0)


@given(st.floats() | st.none() | st.text(max_size=3), st.floats() | st.none())
def test_no_time_that_a_strategy_tells_makes_a_price_seem_newer_than_our_own_clock_allows(started, ended):
    (found,) = sound([at(quote("kraken", BTC), started, ended)], 1, 10.0, 12.0)
    assert 10.0 <= found.started <= found.ended <= 12.0


def test_times_within_the_batch_are_left_as_they_are():
    outcome = at(quote("kraken", BTC), 10.5, 11.5)
    assert sound([outcome], 1, 10.0, 12.0) == [outcome]
