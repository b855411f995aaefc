"""What one shot takes of an exchange's rate limit: at most half, whatever is asked for."""

from fractions import Fraction

import pytest

import exchanges
from exchanges.pair import Pair
from harness.exits import UsageError
from harness.one_shot import facts_of, one_shot, share_of

ALL = frozenset(exchanges.names())


def markets_of(*names, most=1000):
    return [(name, one.pair) for name in names for one in exchanges.load(name).instruments[:most]]


def shares(requests):
    return {
        name: share_of(exchanges.load(name), [request for request in requests if request.exchange == name])
        for name in {request.exchange for request in requests}
    }


@pytest.mark.parametrize("levels", [0, 20])
def test_all_that_is_asked_at_once_is_at_most_half_of_any_exchange_s_limit(levels):
    facts = facts_of(sorted(ALL), ALL)
    shot = one_shot(markets_of(*sorted(ALL)), levels, ALL, facts, may_cut=True)
    found = shares([*facts, *shot.requests])
    assert set(found) == ALL
    assert all(0 < share <= Fraction(1, 2) for share in found.values())


def test_where_no_limit_counts_each_market_is_asked_for_by_itself_in_the_order_wanted():
    wanted = [("kraken", Pair("ETH", "USD")), ("binance", Pair("BTC", "USDT")), ("kraken", Pair("BTC", "USD"))]
    shot = one_shot(wanted, 0)
    assert [(request.exchange, request.pairs[0]) for request in shot.requests] == wanted
    assert (shot.notes, {request.about for request in one_shot(wanted, 20).requests}) == ((), {"book"})


def test_a_batch_takes_the_place_of_singles_where_it_costs_less_and_stands_where_its_first_market_does():
    wanted = [("kraken", Pair("ETH", "USD")), ("coinbase", Pair("BTC", "USD")), ("kraken", Pair("BTC", "USD"))]
    shot = one_shot(wanted, 0, ALL)
    assert [request.exchange for request in shot.requests] == ["kraken", "coinbase"]
    assert set(shot.requests[0].pairs) >= {Pair("ETH", "USD"), Pair("BTC", "USD")}


def test_books_that_would_be_too_many_give_way_to_best_prices_and_that_is_said():
    few, many = markets_of("kraken", most=3), markets_of("kraken")
    assert {request.about for request in one_shot(few, 20, ALL).requests} == {"book"}
    shot = one_shot(many, 20, ALL)
    assert [request.about for request in shot.requests] == ["quotes"]
    (note,) = shot.notes
    assert note == (
        "kraken: asked for its best prices, not for its books: 27 books in one shot would take more than half of its "
        "rate limit (15 in 15.0 s)"
    )


def test_what_does_not_fit_is_left_out_or_refused_in_a_sentence():
    facts = facts_of(["coinbase"], ALL)
    shot = one_shot(markets_of("coinbase"), 0, ALL, facts, may_cut=True)
    first = [one.pair for one in exchanges.load("coinbase").instruments[:3]]
    assert [request.pairs[0] for request in shot.requests] == first
    (note,) = shot.notes
    assert note == (
        "coinbase: asked for 3 of 24 markets: more in one shot would take more than half of its rate limit "
        "(10 in 1.00 s)"
    )
    with pytest.raises(UsageError) as caught:
        one_shot(markets_of("coinbase"), 0, ALL, facts)
    assert str(caught.value) == (
        "coinbase: 24 markets in one shot would take more than half of its rate limit (10 in 1.00 s); ask for 3 at "
        "most, with --pairs, or leave it out, with -x"
    )


def test_an_exchange_with_a_small_limit_is_asked_for_its_clock_once():
    facts = facts_of(["coinbase", "okx"], ALL)
    assert [request.about for request in facts if request.exchange == "coinbase"] == ["time", "instruments"]
    assert len(facts_of(["coinbase"], frozenset())) == 4


def test_an_exchange_that_allows_too_little_for_anything_is_refused():
    spent = exchanges.load("coinbase").request_for(Pair("BTC", "USD"))
    with pytest.raises(UsageError, match=r"1 market in one shot .*; leave it out, with -x"):
        one_shot(markets_of("coinbase", most=1), 0, ALL, [spent] * 5, may_cut=True)
