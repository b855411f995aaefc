"""What the answer to a request comes to, whatever a strategy returns."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.book import Book, Level
from exchanges.facts import Facts
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.wire import Request
from harness.sighting import Sighting
from harness.tracker.brought import Broken, Brought, sound
from strategies.strategy import Failed, Fetched

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
BOTH = Request("kraken", "http://x", "/", (BTC, ETH))
ONE = Request("kraken", "http://x", "/", (BTC,))


def quote(pair=BTC, exchange="kraken"):
    return Quote(exchange, pair, Decimal(100), Decimal(101))


def fetched(value, started=1.0, ended=2.0):
    return Fetched(value, started, ended, 200, 10)


def brought_by(request, outcome):
    brought = Brought()
    brought.add(request, outcome)
    return brought


def test_each_quote_of_a_batch_is_a_sighting():
    brought = brought_by(BOTH, fetched((quote(), quote(ETH))))
    assert brought.sightings == [
        Sighting(quote(), 1_000_000, 2_000_000), Sighting(quote(ETH), 1_000_000, 2_000_000),
    ]  # fmt: skip
    assert (brought.misses, brought.failures) == ({}, [])


def test_a_failure_is_that_of_all_its_markets():
    failure = Failed("deadline", "no answer\x1b[2J within 5 s", 1.0, 6.0)
    brought = brought_by(BOTH, failure)
    said = "deadline: no answer\\x1b[2J within 5 s"
    assert brought.misses == {("kraken", BTC): said, ("kraken", ETH): said}
    assert brought.failures == [failure]


def test_a_market_that_is_missing_in_an_answer_is_missed_alone():
    brought = brought_by(BOTH, fetched((quote(), quote(ETH, "gemini"))))
    assert [one.quote.pair for one in brought.sightings] == [BTC]
    assert brought.misses == {
        ("kraken", ETH): "schema: the answer was read as one about kraken BTC/USD, gemini ETH/USD",
    }  # fmt: skip


def test_a_book_brings_its_best_prices_and_itself():
    book = Book("kraken", BTC, (Level(Decimal(100), Decimal(1)),), (Level(Decimal(101), Decimal(2)),))
    (found,) = brought_by(ONE, fetched(book)).sightings
    assert (found.quote.bid, found.quote.ask_size, found.book) == (100, 2, book)


def test_a_book_with_one_side_brings_nothing_and_says_why():
    book = Book("kraken", BTC, (), (Level(Decimal(101), Decimal(2)),))
    assert brought_by(ONE, fetched(book)).misses == {
        ("kraken", BTC): "bad_value: one-sided, its book lacks bids or asks",
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, "100", (1, 2), Facts(time_us=1)])
def test_what_is_no_price_is_the_strategys_fault(value):
    with pytest.raises(Broken, match="returned no price for kraken, and no failure either: "):
        brought_by(ONE, fetched(value))


@pytest.mark.parametrize(("outcomes", "said"), [
    ([], "it returned 0 for 1 requests; expected an outcome for each"),
    (None, "it returned NoneType for 1 requests"),
    (["a"], "it returned 'a'; expected what was fetched, or how it failed"),
])  # fmt: skip
def test_what_is_no_list_of_outcomes_is_refused(outcomes, said):
    with pytest.raises(Broken, match=said):
        sound(outcomes, 1, 0.0, 1.0)


@given(st.floats() | st.none() | st.text(max_size=3), st.floats() | st.none())
def test_no_time_that_a_strategy_tells_makes_a_price_seem_newer_than_our_own_clock_allows(started, ended):
    (found,) = sound([fetched((quote(),), started, ended)], 1, 10.0, 12.0)
    assert 10.0 <= found.started <= found.ended <= 12.0


def test_times_within_the_batch_are_left_as_they_are():
    outcome = fetched((quote(),), 10.5, 11.5)
    assert sound([outcome], 1, 10.0, 12.0) == [outcome]
