"""What is due of one exchange, and how a market that spoils a batch is found."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exchanges
from exchanges.errors import UnknownPair
from exchanges.pair import Pair
from harness.tracker.errands import CLOCK_EVERY_S, LIST_EVERY_S, Errands

PAIRS = tuple(one.pair for one in exchanges.load("kraken").instruments)


def errands_of(name="kraken", pairs=PAIRS, levels=0, every_s=2.0):
    return Errands(name, pairs, levels, every_s, 0.5)


def ask(errands, now, beat, bad=frozenset()):
    """Ask for all prices that are due; the pairs that were brought, where ``bad`` ones spoil a request."""
    brought = []
    for errand in [one for one in errands.due(now, beat) if one.is_price]:
        errand.asked_at, errand.beat = now, beat
        if bad & set(errand.pairs):
            errands.was_spoilt(errand, now)
        else:
            errands.went_well(errand, now)
            brought += errand.pairs
    return brought


def test_prices_are_due_first_and_on_every_beat_the_clock_and_the_list_now_and_then():
    errands = errands_of()
    assert [one.about for one in errands.due(0.0, 0)] == ["quotes", "time", "instruments"]
    for one in errands.due(0.0, 0):
        one.asked_at, one.beat = 0.0, 0
    assert errands.due(1.0, 0) == []
    assert [one.about for one in errands.due(2.0, 1)] == ["quotes"]
    assert [one.about for one in errands.due(CLOCK_EVERY_S, 0)] == ["time"]
    assert {one.about for one in errands.due(LIST_EVERY_S, 0)} == {"time", "instruments"}


def test_what_was_asked_longest_ago_is_first():
    errands = errands_of(levels=10, pairs=PAIRS[:3])
    for moment, one in enumerate(reversed(errands.prices)):
        one.asked_at = float(moment)
    assert [one.pairs for one in errands.due(10.0, 1) if one.is_price] == [
        (PAIRS[2],), (PAIRS[1],), (PAIRS[0],),
    ]  # fmt: skip


def test_a_market_that_is_not_listed_is_an_error():
    with pytest.raises(UnknownPair):
        errands_of(pairs=(Pair("NOSUCH", "USD"),))


@given(st.sampled_from(PAIRS))
def test_one_market_that_spoils_the_batch_is_found_and_the_others_go_on_together(culprit):
    errands = errands_of()
    assert ask(errands, 0.0, 0, {culprit}) == []
    brought = set()
    for _ in range(7):
        brought |= set(ask(errands, 0.0, 0, {culprit}))
    assert brought == set(PAIRS) - {culprit}
    together, alone = errands.prices
    assert set(together.pairs) == set(PAIRS) - {culprit}
    assert alone.pairs == (culprit,)


def test_the_market_that_was_found_is_asked_for_ever_more_seldom():
    errands = errands_of(pairs=PAIRS[:1])
    moments, now = [], 0.0
    for _ in range(10):
        assert ask(errands, now, len(moments), {PAIRS[0]}) == []
        moments.append(now)
        now = max(now + 0.1, errands.prices[0].not_before)
    waits = [round(later - one, 1) for one, later in pairwise(moments)]
    assert waits == [0.1, 5, 10, 20, 40, 80, 160, 300, 300]


def test_a_market_that_answers_again_for_some_time_joins_the_others():
    errands = errands_of()
    for _ in range(7):
        ask(errands, 0.0, 0, {PAIRS[3]})
    beat = 1
    while len(errands.prices) > 1:
        ask(errands, 1000.0 * beat, beat)
        beat += 1
    assert beat == 11
    assert errands.prices[0].pairs == PAIRS
    assert ask(errands, 1000.0 * beat, beat) == list(PAIRS)


def test_when_all_were_refused_and_one_answers_again_all_are_asked_anew():
    errands = errands_of(pairs=PAIRS[:4])
    for beat in range(12):
        ask(errands, 0.0, beat, set(PAIRS))
    assert all(one.apart and one.not_before > 0 for one in errands.prices)
    errands.went_well(errands.prices[0], 1.0)
    assert {pair for one in errands.due(1.0, 99) if one.is_price for pair in one.pairs} == set(PAIRS[:4])


def test_a_single_that_was_refused_once_is_asked_again_on_the_next_beat():
    errands = errands_of("coinbase", tuple(one.pair for one in exchanges.load("coinbase").instruments))
    spoilt = errands.prices[0]
    errands.was_spoilt(spoilt, 0.0)
    assert spoilt in errands.due(0.0, 1)
    assert len(errands.prices) == 24


def test_a_refresh_makes_due_what_is_not_new():
    errands = errands_of(levels=10, pairs=PAIRS[:2])
    old, new = errands.prices
    old.asked_at, new.asked_at = 1.0, 5.0
    old.beat = new.beat = 3
    errands.ask_again(4.0)
    assert [one for one in errands.due(6.0, 3) if one.is_price] == [old]


def test_the_clock_can_be_asked_for_again_before_its_time():
    errands = errands_of()
    for one in errands.due(0.0, 0):
        one.asked_at, one.beat = 0.0, 0
    errands.ask_clock_again(0.0)
    assert errands.due(1.0, 0) == []
    errands.ask_clock_again(0.5)
    assert [one.about for one in errands.due(1.0, 0)] == ["time"]


def test_too_many_markets_for_the_limit_are_told():
    few, many = errands_of(pairs=PAIRS[:1], every_s=60.0), errands_of(levels=10)
    assert few.why_too_many(180.0) is None
    assert many.why_too_many(6.0) == (
        "kraken: within 50% of its rate limit these 27 markets can be asked for every 54.0 s, not every 2.00 s, so that"
        " most are stale until then; choose fewer, or a longer beat"
    )
    assert "stale" not in many.why_too_many(60.0)


def test_nothing_was_asked_before_it_was():
    assert {one.asked_at for one in errands_of().due(0.0, 0)} == {-math.inf}
