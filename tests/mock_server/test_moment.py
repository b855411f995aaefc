from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges import UnknownPair
from exchanges.pair import Pair
from mock_server.market import EPOCH_US, Market
from mock_server.moment import Moment

KRAKEN = exchanges.load("kraken")
PAIR = KRAKEN.instruments[0].pair


@pytest.fixture
def market():
    return Market(7)


def test_a_quote_is_the_market_s_at_the_moment_s_tick(market):
    moment = Moment(KRAKEN, market, 123)
    assert moment.quote(PAIR) == market.quote(KRAKEN, PAIR, 1.23)
    assert moment.priced_at == pytest.approx(1.23)


def test_nothing_is_priced_until_something_is_asked(market):
    moment = Moment(KRAKEN, market, 123)
    assert moment.time_us == EPOCH_US + 1_230_000
    assert moment.priced_at is None


@pytest.mark.parametrize(("levels", "priced_at"), [(10, 1.23), (100, 1.23), (101, 1.0), (500, 1.0)])
def test_a_book_stands_on_the_grain_of_its_number_of_levels(market, levels, priced_at):
    moment = Moment(KRAKEN, market, 123, levels)
    assert moment.book(PAIR, levels) == market.book(KRAKEN, PAIR, priced_at, levels)
    assert moment.priced_at == pytest.approx(priced_at)
    assert moment.time_us == EPOCH_US + round(priced_at * 1e6)


def test_a_moment_stands_still_whatever_is_asked_of_it_first(market):
    for levels in (10, 500):
        moment = Moment(KRAKEN, market, 150, levels)
        time_us = moment.time_us
        book = moment.book(PAIR, levels)
        quote = moment.quote(PAIR)
        assert moment.time_us == time_us == book.time_us
        assert (quote.bid, quote.ask) == (book.bids[0].price, book.asks[0].price)
        assert Moment(KRAKEN, market, 150, levels).quote(PAIR) == quote


def test_more_than_a_hundred_pairs_stand_for_a_second(market):
    moment = Moment(KRAKEN, market, 199, entries=101)
    assert moment.quote(PAIR) == market.quote(KRAKEN, PAIR, 1.0)
    assert (moment.first_tick, moment.grain_ticks) == (100, 100)


def test_changes_are_done_to_quotes_and_to_the_best_of_a_book(market):
    moment = Moment(KRAKEN, market, 5, changes=(lambda quote: replace(quote, bid=Decimal(1), ask=Decimal(2)),))
    untouched = market.book(KRAKEN, PAIR, 0.05, 5)
    book = moment.book(PAIR, 5)
    assert (moment.quote(PAIR).bid, book.bids[0].price, book.asks[0].price) == (1, 1, 2)
    assert (book.bids[1:], book.asks[1:]) == (untouched.bids[1:], untouched.asks[1:])


def test_a_pair_that_is_not_listed_is_unknown(market):
    with pytest.raises(UnknownPair):
        Moment(KRAKEN, market, 0).quote(Pair("NO", "SUCH"))
