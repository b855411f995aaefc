import itertools
from decimal import Decimal

import pytest

import exchanges
from exchanges.book import Level
from mock_server.depth import Ladder
from mock_server.market import EPOCH_US, Market
from mock_server.moment import Moment

NAMES = exchanges.names()
EXCHANGES = [exchanges.load(name) for name in NAMES]
BINANCE = exchanges.load("binance")
BTC, *_ = (instrument.pair for instrument in BINANCE.instruments)


@pytest.mark.slow
@pytest.mark.parametrize("exchange", EXCHANGES, ids=NAMES)
def test_every_book_is_on_the_grids_strictly_outward_and_begins_with_the_quote(exchange):
    market = Market(7, 1, 2)
    for instrument, at_s in itertools.product(exchange.instruments, (0.0, 0.41, 2.0)):
        book = market.book(exchange, instrument.pair, at_s, 150)
        quote = market.quote(exchange, instrument.pair, at_s)
        bids, asks = ([level.price for level in side] for side in (book.bids, book.asks))
        assert (bids[0], asks[0]) == (quote.bid, quote.ask)
        assert bids == sorted(set(bids), reverse=True)
        assert asks == sorted(set(asks))
        assert bids[-1] > 0
        assert len(asks) == 150
        for level in (*book.bids, *book.asks):
            assert level.price % instrument.price_step == 0
            assert level.size > 0
            assert level.size % instrument.size_step == 0
        if "bid_size" in exchange.carries:
            assert (book.bids[0].size, book.asks[0].size) == (quote.bid_size, quote.ask_size)


def test_a_book_has_as_many_levels_as_are_asked_for_and_a_deeper_one_begins_with_it():
    market = Market(7)
    deep = market.book(BINANCE, BTC, 1.0, 5000)
    assert (len(deep.bids), len(deep.asks)) == (5000, 5000)
    for levels in (1, 2, 100):
        book = market.book(BINANCE, BTC, 1.0, levels)
        assert (book.bids, book.asks) == (deep.bids[:levels], deep.asks[:levels])
    with pytest.raises(ValueError, match="at least one level"):
        market.book(BINANCE, BTC, 1.0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("exchange", EXCHANGES, ids=NAMES)
def test_a_book_of_the_market_survives_the_wire(exchange):
    market = Market(7)
    for one, levels in itertools.product(exchange.instruments[:3], (1, 10, exchange.most_levels)):
        request = exchange.book_request_for(one.pair, levels)
        response = exchange.answer(request, Moment(exchange, market, 300))
        # Some exchanges have a few fixed depths, and give more than was asked for.
        book = market.book(exchange, one.pair, 3.0, exchange.entries_in(request))
        read = exchange.book_from(one.pair, response)
        assert (read.bids, read.asks) == (book.bids, book.asks)


def test_five_thousand_levels_reach_about_a_tenth_of_the_price():
    deep = Market(7).book(BINANCE, BTC, 1.0, 5000)
    assert 0.08 < 1 - deep.bids[-1].price / deep.bids[0].price < 0.12
    assert 0.08 < deep.asks[-1].price / deep.asks[0].price - 1 < 0.12


def test_a_book_depends_on_the_key_alone_and_not_on_what_was_asked_before():
    places = [(one.pair, at_s, 40) for one in BINANCE.instruments for at_s in (0.0, 0.5, 30.0, 11.7)]
    forward, backward = Market(7, 1, 2), Market(7, 1, 2)
    first = {place: forward.book(BINANCE, *place) for place in places}
    assert {place: backward.book(BINANCE, *place) for place in reversed(places)} == first


@pytest.mark.parametrize("other", [Market(8, 1, 2), Market(7, 0, 2), Market(7, 1, 3)], ids=["seed", "block", "batch"])
def test_another_seed_block_or_batch_is_another_book(other):
    ours, theirs = (market.book(BINANCE, BTC, 0.0, 50) for market in (Market(7, 1, 2), other))
    assert not set(ours.bids) & set(theirs.bids)
    assert not set(ours.asks) & set(theirs.asks)


def test_most_levels_stay_where_they_are_from_tick_to_tick_and_sizes_change_in_time():
    market = Market(7)
    before, after, later = (market.book(BINANCE, BTC, at_s, 1000) for at_s in (1.0, 1.01, 16.0))
    assert len(set(before.bids) & set(after.bids)) > 900
    assert before != after
    prices_then = {level.price for level in before.bids}
    assert len(prices_then & {level.price for level in later.bids}) > 500
    assert len(set(before.bids) & set(later.bids)) < 50


def test_the_time_of_a_book_is_that_of_its_tick():
    assert Market(7).book(BINANCE, BTC, 1.239, 3).time_us == EPOCH_US + 1_230_000


def test_small_bodies_are_priced_every_tick_and_large_ones_every_second():
    market = Market(7)
    assert [market.grain_s(entries) for entries in (1, 20, 100)] == [0.01] * 3
    assert [market.grain_s(entries) for entries in (101, 5000)] == [1.0] * 2
    coarse = Market(7, tick_s=0.3)
    assert coarse.grain_s(5000) / coarse.tick_s == pytest.approx(3)
    assert Market(7, tick_s=5.0).grain_s(5000) == 5.0


STEP, LOT = Decimal("0.01"), Decimal("0.001")


def test_the_bids_of_a_cheap_coin_end_above_zero():
    ladder = Ladder(40.0, 500.0, STEP, LOT, 1, 0.01)
    bids = ladder.bids(Level(Decimal("0.40"), LOT), 100, 0)
    assert [level.price for level in bids] == [n * STEP for n in range(40, 0, -1)]


def test_no_rung_meets_another_or_the_best_price_wherever_that_stands():
    ladder = Ladder(1_000_000.0, 500.0, STEP, LOT, 12345, 0.01)
    assert ladder.gap == 20
    for steps in range(1_000_000, 1_000_200):
        best = Level(steps * STEP, LOT)
        for side, sign in ((ladder.bids(best, 5, 0), -1), (ladder.asks(best, 5, 0), 1)):
            places = [sign * level.price for level in side]
            assert places == sorted(set(places))
            assert abs(side[1].price - best.price) <= 40 * STEP


def test_sizes_are_of_the_usual_order_and_differ():
    ladder = Ladder(1_000_000.0, 1000.0, STEP, LOT, 7, 0.01)
    sizes = [level.size for level in ladder.asks(Level(Decimal(10_000), LOT), 2000, 0)[1:]]
    assert min(sizes) >= Decimal("0.05")
    assert max(sizes) <= Decimal("3.06")
    assert Decimal("0.8") < sum(sizes) / len(sizes) < Decimal("1.3")
    assert len(set(sizes)) > 500
