"""The rungs of a batch against schedules worked out by hand, and against batches that were simulated."""

import heapq
import random
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.connecting import UsualWay
from harness.ladder import in_turn_s, ladder_of
from harness.scenario import Scenario

MARKETS = (("binance", "BTC/USDT"),)


def rungs(*seconds):
    return pytest.approx(seconds)


def batch_of(requests):
    """A record and its log; each request is (connection, started, arrived, asked, held), from the batch's beginning."""
    record = {"began": 1000.0, "outcomes": [{"started": started} for _, started, *_ in requests]}
    log = [
        {"index": index, "connection": connection, "arrived": 1000 + arrived, "asked": asked, "held": held}
        for index, (connection, _, arrived, asked, held) in enumerate(requests)
    ]
    return record, log


def ladder(requests, concurrency, declared, reached=99, known=()):
    record, log = batch_of(requests)
    scenario = Scenario("quick", MARKETS, len(requests), concurrency, "1s", 1, 1, 7, 10.0, 4096, "x")
    asked = [asked for *_, asked, _ in requests]
    return astuple(ladder_of(record, log, set(known), UsualWay(), scenario, declared, reached, asked))


def test_delays_in_turn_go_to_whichever_place_is_free_first():
    assert in_turn_s([3.0, 1.0, 1.0, 2.0], 2) == 4.0
    assert in_turn_s([3.0, 1.0, 1.0, 2.0], 1) == 7.0
    assert in_turn_s([], 2) == 0.0


def test_each_thing_that_is_let_in_is_a_rung():
    # Places 1 and 2; the third request is held 0.2 s too long, the first took 0.5 s to open its connection.
    requests = [(1, 0.0, 0.5, 1.0, 1.0), (2, 0.0, 0.0, 1.0, 1.0), (2, 1.0, 1.0, 1.0, 1.2), (1, 1.5, 1.5, 1.0, 1.0)]
    found = ladder(requests, 2, 2, known={2})
    # Two rounds of 1 s; the second of the last but one takes 1.2 s; the last begins at 1.5 s.
    assert found == rungs(2.0, 2.0, 2.2, 2.5, 2.5)


def test_an_arm_of_fewer_places_stands_higher_from_the_second_rung_on():
    requests = [(1, at, at, 1.0, 1.0) for at in (0.0, 1.0, 2.0)]
    assert ladder(requests, 3, 1, known={1}) == rungs(1.0, 3.0, 3.0, 3.0, 3.0)
    assert ladder(requests, 3, 3, reached=1, known={1}) == rungs(1.0, 1.0, 1.0, 1.0, 3.0)


def test_the_order_is_that_in_which_requests_set_out_however_late_a_connection_let_them_arrive():
    # The first opens for 2 s, and arrives last; had it set out last, it would end a second later.
    requests = [(1, 0.0, 2.0, 1.0, 1.0), (2, 0.0, 0.0, 1.0, 1.0), (2, 1.0, 1.0, 1.0, 1.0), (2, 2.0, 2.0, 1.0, 1.0)]
    assert ladder(requests, 2, 2, known={2})[3] == pytest.approx(3.0)


delays = st.lists(st.floats(0, 0.3), min_size=1, max_size=25)
spans = st.floats(0, 0.1)


@given(delays, st.integers(1, 6), spans, spans, spans, st.integers(0, 2**31))
def test_no_rung_is_below_another_and_no_honest_batch_below_the_highest(asked, places, opens, late, back, seed):
    dice = random.Random(seed)
    free, known, requests, end = [(0.0, place) for place in range(places)], set(), [], 0.0
    for delay in asked:
        started, place = free[0]
        arrived = started + dice.uniform(0, opens) * (place not in known)
        held = delay + dice.uniform(0, late)
        ended = arrived + held + dice.uniform(0, back)
        known.add(place)
        heapq.heapreplace(free, (ended, place))
        requests.append((place, started, arrived, delay, held))
        end = max(end, ended)
    *steps, reached_s = ladder(requests, places, places)
    assert [0, *steps, end + 1e-9] == sorted([0, *steps, end + 1e-9])
    assert reached_s == steps[-1]
