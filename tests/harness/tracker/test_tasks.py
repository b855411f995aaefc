"""What is due of one exchange, and how a market that spoils a batch is found."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exchanges
from exchanges.errors import UnknownPair
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.wire import Request
from harness.tracker.budget import Budget
from harness.tracker.tasks import CLOCK_EVERY_S, LIST_EVERY_S, Task, Tasks, turn_of

PAIRS = tuple(one.pair for one in exchanges.load("kraken").instruments)


def tasks_of(name="kraken", pairs=PAIRS, levels=0, every_s=2.0):
    return Tasks(name, pairs, levels, every_s, 0.5)


def ask(tasks, now, beat, bad=frozenset()):
    """Ask for all prices that are due; the pairs that were brought, where ``bad`` ones spoil a request."""
    brought = []
    for task in [one for one in tasks.due(now, beat) if one.is_price]:
        task.asked_at, task.beat = now, beat
        if bad & set(task.pairs):
            tasks.was_spoilt(task, now)
        else:
            tasks.went_well(task, now)
            brought += task.pairs
    return brought


def test_prices_are_due_first_and_on_every_beat_the_clock_and_the_list_now_and_then():
    tasks = tasks_of()
    assert [one.about for one in tasks.due(0.0, 0)] == ["quotes", "time", "instruments"]
    for one in tasks.due(0.0, 0):
        one.asked_at, one.beat = 0.0, 0
    assert tasks.due(1.0, 0) == []
    assert [one.about for one in tasks.due(2.0, 1)] == ["quotes"]
    assert [one.about for one in tasks.due(CLOCK_EVERY_S, 0)] == ["time"]
    assert {one.about for one in tasks.due(LIST_EVERY_S, 0)} == {"time", "instruments"}


def test_what_was_asked_longest_ago_is_first():
    tasks = tasks_of(levels=10, pairs=PAIRS[:3])
    for moment, one in enumerate(reversed(tasks.prices)):
        one.asked_at = float(moment)
    assert [one.pairs for one in tasks.due(10.0, 1) if one.is_price] == [
        (PAIRS[2],), (PAIRS[1],), (PAIRS[0],),
    ]  # fmt: skip


def test_a_market_that_is_not_listed_is_an_error():
    with pytest.raises(UnknownPair):
        tasks_of(pairs=(Pair("NOSUCH", "USD"),))


@given(st.sampled_from(PAIRS))
def test_one_market_that_spoils_the_batch_is_found_and_the_others_go_on_together(culprit):
    tasks = tasks_of()
    assert ask(tasks, 0.0, 0, {culprit}) == []
    brought = set()
    for _ in range(7):
        brought |= set(ask(tasks, 0.0, 0, {culprit}))
    assert brought == set(PAIRS) - {culprit}
    together, alone = tasks.prices
    assert set(together.pairs) == set(PAIRS) - {culprit}
    assert alone.pairs == (culprit,)


def test_the_market_that_was_found_is_asked_for_ever_more_seldom():
    tasks = tasks_of(pairs=PAIRS[:1])
    moments, now = [], 0.0
    for _ in range(10):
        assert ask(tasks, now, len(moments), {PAIRS[0]}) == []
        moments.append(now)
        now = max(now + 0.1, tasks.prices[0].not_before)
    waits = [round(later - one, 1) for one, later in pairwise(moments)]
    assert waits == [0.1, 5, 10, 20, 40, 80, 160, 300, 300]


def test_a_market_that_answers_again_for_some_time_joins_the_others():
    tasks = tasks_of()
    for _ in range(7):
        ask(tasks, 0.0, 0, {PAIRS[3]})
    beat = 1
    while len(tasks.prices) > 1:
        ask(tasks, 1000.0 * beat, beat)
        beat += 1
    assert beat == 11
    assert tasks.prices[0].pairs == PAIRS
    assert ask(tasks, 1000.0 * beat, beat) == list(PAIRS)


def test_when_all_were_refused_and_one_answers_again_all_are_asked_anew():
    tasks = tasks_of(pairs=PAIRS[:4])
    for beat in range(12):
        ask(tasks, 0.0, beat, set(PAIRS))
    assert all(one.apart and one.not_before > 0 for one in tasks.prices)
    tasks.went_well(tasks.prices[0], 1.0)
    assert {pair for one in tasks.due(1.0, 99) if one.is_price for pair in one.pairs} == set(PAIRS[:4])


def test_a_single_that_was_refused_once_is_asked_again_on_the_next_beat():
    tasks = tasks_of("coinbase", tuple(one.pair for one in exchanges.load("coinbase").instruments))
    spoilt = tasks.prices[0]
    tasks.was_spoilt(spoilt, 0.0)
    assert spoilt in tasks.due(0.0, 1)
    assert len(tasks.prices) == 24


def test_a_refresh_makes_due_what_is_not_new():
    tasks = tasks_of(levels=10, pairs=PAIRS[:2])
    old, new = tasks.prices
    old.asked_at, new.asked_at = 1.0, 5.0
    old.beat = new.beat = 3
    tasks.ask_again(4.0)
    assert [one for one in tasks.due(6.0, 3) if one.is_price] == [old]


def test_the_clock_can_be_asked_for_again_before_its_time():
    tasks = tasks_of()
    for one in tasks.due(0.0, 0):
        one.asked_at, one.beat = 0.0, 0
    tasks.ask_clock_again(0.0)
    assert tasks.due(1.0, 0) == []
    tasks.ask_clock_again(0.5)
    assert [one.about for one in tasks.due(1.0, 0)] == ["time"]


def test_too_many_markets_for_the_limit_are_told():
    few, many = tasks_of(pairs=PAIRS[:1], every_s=60.0), tasks_of(levels=10)
    assert few.why_too_many(180.0) is None
    assert many.why_too_many(6.0) == (
        "kraken: within 50% of its rate limit these 27 markets can be asked for every 54.0 s, not every 2.00 s, so that"
        " most are stale until then; choose fewer, or a longer beat"
    )
    assert "stale" not in many.why_too_many(60.0)


def test_nothing_was_asked_before_it_was():
    assert {one.asked_at for one in tasks_of().due(0.0, 0)} == {-math.inf}


SMALL = RateLimit(4, 4.0)


def task(bucket="a", weight=1, count=1, limit=SMALL):
    request = Request("kraken", "http://x", f"/{bucket}")
    return Task((request,) * count, (Charge(bucket, weight, limit) if limit else None,) * count)


def test_what_fits_goes_and_is_paid_for():
    due, budget = [task() for _ in range(3)], Budget()
    turn = turn_of(due, budget, 10, 0.0)
    assert (turn.taken, turn.wait_s, turn.never) == (tuple(due[:2]), 2.0, ())
    assert budget.used(0.0) == 0.5


def test_no_more_go_than_may_be_in_flight():
    due, budget = [task(limit=None) for _ in range(3)], Budget()
    assert turn_of(due, budget, 2, 0.0).taken == tuple(due[:2])


def test_requests_that_belong_together_go_even_if_they_are_more_than_may_be_in_flight_but_alone():
    three, one = task(count=3, limit=None), task(limit=None)
    assert turn_of([three, one], Budget(), 1, 0.0).taken == (three,)
    assert turn_of([one, three], Budget(), 2, 0.0).taken == (one,)


def test_a_large_request_is_not_overtaken_by_small_ones_of_its_bucket():
    budget = Budget()
    budget.spend([Charge("a", 1, SMALL)], 0.0)
    large, small, other = task(weight=2), task(), task("b")
    turn = turn_of([large, small, other], budget, 10, 0.0)
    assert turn.taken == (other,)
    assert turn.wait_s == 2.0


def test_what_never_may_go_holds_nobody_up():
    never, other = task(weight=99), task()
    turn = turn_of([never, other], Budget(), 10, 0.0)
    assert (turn.taken, turn.never, turn.wait_s) == ((other,), (never,), math.inf)
