"""Batches of which every part is known, because they were made of them."""

import heapq
import json
import math
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.breakdown import AT_THE_LIMIT, Parts, limited_by, mean_of, over_blocks, parts_of
from harness.connecting import UsualWay
from harness.ladder import ladder_of
from harness.scenario import Scenario

MARKETS = (("binance", "BTC/USDT"), ("coinbase", "BTC/USD"), ("kraken", "BTC/USD"))
OPEN = {1, 2}


def scenario_of(requests, concurrency, **more):
    return Scenario("quick", MARKETS, requests, concurrency, "100ms", 1, 1, 7, 1.0, 4096, "x", **more)


def batch(delays, n, late=0.0, out=0.0, back=0.0, opens=0.0, cpu=0.0, tail=0.0):
    """The record and the log of a client that takes its requests in order at ``n`` places: each is ``out`` seconds on
    its way there, the first at each place ``opens`` longer, is held ``late`` longer than asked, and ``back`` on its way
    back; in the end the client does ``tail`` seconds of something else."""
    free = [(0.0, place) for place in range(n)]
    seen, outcomes, log = set(), [], []
    for index, delay in enumerate(delays):
        started, place = free[0]
        arrived = started + out + (0.0 if place in seen else opens)
        seen.add(place)
        ended = arrived + delay + late + back
        heapq.heapreplace(free, (ended, place))
        outcomes.append({"started": started, "ended": ended})
        log.append({
            "index": index, "exchange": MARKETS[index % 3][0], "connection": place + 1, "arrived": 1000 + arrived,
            "asked": delay, "held": delay + late, "fault": "",
        })  # fmt: skip
    time_s = max((outcome["ended"] for outcome in outcomes), default=0.0) + tail
    return {"began": 1000.0, "time_s": time_s, "cpu_s": cpu, "outcomes": outcomes}, log


def parts(made, delays, concurrency, declared, known=frozenset(OPEN), usual=None, decode_s=None, reached=None):
    record, log = made
    scenario, most = scenario_of(len(delays), concurrency), declared if reached is None else reached
    ladder = ladder_of(record, log, set(known), usual or UsualWay(), scenario, declared, most, delays)
    return parts_of(record, ladder, decode_s)


def test_an_ideal_client_spends_all_its_time_at_the_physical_limit():
    delays = [0.1] * 6
    assert astuple(parts(batch(delays, 2), delays, 2, 2)) == pytest.approx((0.3, 0, 0, 0, 0, 0, 0))


def test_fewer_places_than_the_scenario_allows_are_queueing():
    delays = [0.1] * 6
    assert astuple(parts(batch(delays, 1), delays, 2, 1)) == pytest.approx((0.3, 0.3, 0, 0, 0, 0, 0))


def test_declaring_more_than_the_scenario_allows_takes_nothing_off_the_limit():
    delays = [0.1] * 6
    assert astuple(parts(batch(delays, 2), delays, 2, 64)) == pytest.approx((0.3, 0, 0, 0, 0, 0, 0))


def test_an_order_that_leaves_places_idle_at_the_end_is_queueing():
    delays = [0.1, 0.1, 0.3]  # the longest one first would take 0.3 s
    assert astuple(parts(batch(delays, 2), delays, 2, 2)) == pytest.approx((0.3, 0.1, 0, 0, 0, 0, 0))


def test_the_order_is_the_one_in_which_requests_arrived_not_that_of_the_list():
    delays = [0.1, 0.1, 0.3]
    record, log = batch([0.3, 0.1, 0.1], 2)
    for row, index in zip(log, (2, 0, 1), strict=True):
        row["index"] = index
    assert parts((record, log[::-1]), delays, 2, 2).queueing_s == pytest.approx(0.0)


def test_replies_that_are_held_longer_than_asked_are_the_servers_overshoot():
    delays = [0.1] * 6
    assert astuple(parts(batch(delays, 2, late=0.02), delays, 2, 2)) == pytest.approx((0.3, 0, 0.06, 0, 0, 0, 0))


def test_opening_connections_is_told_from_the_usual_way_out():
    delays = [0.1] * 6
    made = batch(delays, 2, out=0.002, opens=0.05, cpu=0.006)
    # Three requests one after the other on each place: 3 * 2 ms on their way, and one connection.
    found = parts(made, delays, 2, 2, known=(), usual=UsualWay({}, 0.002))
    assert astuple(found) == pytest.approx((0.3, 0, 0, 0.05, 0.006, 0, 0))


def test_few_requests_open_their_connections_side_by_side_however_many_places_there_are():
    delays = [0.1] * 2
    found = parts(batch(delays, 2, opens=0.05), delays, 20, 20, known=())
    assert found.connecting_s == pytest.approx(0.05)


def test_a_client_that_opens_one_for_each_request_pays_its_whole_way_out():
    delays = [0.1] * 4
    record, log = batch(delays, 2, out=0.01)
    for number, row in enumerate(log):
        row["connection"] = 10 + number
    assert astuple(parts((record, log), delays, 2, 2)) == pytest.approx((0.2, 0, 0, 0.02, 0, 0, 0))


def test_one_connection_that_opens_a_second_late_costs_the_batch_that_second():
    delays = [0.02] * 40
    record, log = batch(delays, 20)
    # What would have been the second on its connection is the third on another one.
    record["outcomes"][7]["ended"] = record["time_s"] = 1.02
    log[7]["arrived"] = 1001.0
    record["outcomes"][27] = {"started": 0.04, "ended": 0.06}
    log[27].update(arrived=1000.04, connection=1)
    found = parts((record, log), delays, 20, 20, known=())
    assert (found.bound_s, found.queueing_s, found.connecting_s) == pytest.approx((0.04, 0.0, 0.98))
    assert found.unexplained_s == pytest.approx(0.0)


def test_one_connection_that_opens_late_while_others_work_on_costs_only_what_it_ends_later():
    delays = [0.1] * 6
    record, log = batch([0.1] * 5, 2)
    # The first takes 0.25 s to open: place 1 has it until 0.35 s, the other five take 0.5 s at place 2.
    record["outcomes"].insert(0, {"started": 0.0, "ended": 0.35})
    rows = [
        {**row, "index": index + 1, "connection": 2, "arrived": 1000 + 0.1 * index} for index, row in enumerate(log)
    ]
    late = {**rows[0], "index": 0, "connection": 1, "arrived": 1000.25}
    for outcome, row in zip(record["outcomes"][1:], rows, strict=True):
        outcome.update(started=row["arrived"] - 1000, ended=row["arrived"] - 1000 + 0.1)
    record["time_s"] = 0.5
    found = parts((record, [*rows, late]), delays, 2, 2, known={2})
    # In turn, with the late one first: 0.35 s at place 1, then 0.45 s; three and two of the others.
    assert (found.bound_s, found.connecting_s, found.unexplained_s) == pytest.approx((0.3, 0.15, 0.05))


def test_connecting_is_never_more_than_what_is_left_of_the_time():
    delays = [0.1] * 2
    record, log = batch(delays, 2, opens=0.05)
    record["time_s"] = 0.12
    found = parts((record, log), delays, 2, 2, known=())
    assert (found.connecting_s, found.unexplained_s) == pytest.approx((0.02, 0.0))


def test_what_the_cpu_can_explain_is_the_cpus_and_decoding_has_its_share_of_that():
    delays = [0.1] * 6
    made = batch(delays, 2, back=0.01, cpu=0.02)
    found = parts(made, delays, 2, 2, decode_s=0.005)
    assert astuple(found) == pytest.approx((0.3, 0, 0, 0, 0.015, 0.005, 0.01))


def test_cpu_time_that_was_hidden_behind_waiting_is_no_part_of_the_time():
    delays = [0.1] * 6
    made = batch(delays, 2, back=0.01, cpu=0.3)  # ten times what is left, a tenth of it decoding
    found = parts(made, delays, 2, 2, decode_s=0.03)
    assert astuple(found) == pytest.approx((0.3, 0, 0, 0, 0.027, 0.003, 0))


def test_decoding_takes_no_more_than_all_of_the_cpu_time():
    delays = [0.1] * 6
    found = parts(batch(delays, 2, back=0.01, cpu=0.02), delays, 2, 2, decode_s=5.0)
    assert (found.client_s, found.decode_s, found.unexplained_s) == pytest.approx((0.0, 0.02, 0.01))


@pytest.mark.parametrize("decode_s", [None, 0.0])
def test_decoding_that_was_not_measured_stays_with_the_client(decode_s):
    delays = [0.1] * 6
    found = parts(batch(delays, 2, back=0.01, cpu=0.02), delays, 2, 2, decode_s=decode_s)
    assert (found.client_s, found.decode_s) == pytest.approx((0.02, 0.0))


def test_a_client_that_sleeps_is_unexplained():
    delays = [0.1] * 6
    assert parts(batch(delays, 2, tail=0.025), delays, 2, 2).unexplained_s == pytest.approx(0.025)


def test_an_arm_that_never_has_as_many_in_flight_as_it_declares_waits_for_its_turn():
    delays = [0.1] * 8
    made = batch(delays, 2, cpu=0.05)  # a pool of two, in the name of four
    found = parts(made, delays, 4, 4, reached=2)
    assert astuple(found) == pytest.approx((0.2, 0.15, 0, 0, 0.05, 0, 0))
    assert parts(made, delays, 4, 4, reached=4).unexplained_s == pytest.approx(0.15)


def test_an_arm_whose_cpu_is_too_slow_to_fill_its_places_is_limited_by_its_cpu():
    delays = [0.1] * 8
    found = parts(batch(delays, 2, cpu=0.2), delays, 4, 4, reached=2)
    assert astuple(found) == pytest.approx((0.2, 0, 0, 0, 0.2, 0, 0))


def test_a_batch_that_was_faster_than_it_can_be_is_short_of_the_unexplained():
    delays = [0.1] * 6
    record, log = batch(delays, 2, cpu=0.01)
    found = parts(({**record, "time_s": 0.2}, log), delays, 2, 2)
    assert astuple(found) == pytest.approx((0.3, 0, 0, 0, 0, 0, -0.1))


def test_a_batch_of_which_the_server_saw_nothing_has_its_limit_and_no_queueing():
    record, _ = batch([], 2)
    found = parts(({**record, "time_s": 0.4, "cpu_s": 0.01}, []), [0.1] * 6, 2, 2)
    assert astuple(found) == pytest.approx((0.3, 0, 0, 0, 0.01, 0, 0.09))


def test_a_request_that_a_fault_lets_wait_is_in_the_limit_with_its_deadline():
    stalled = scenario_of(6, 2, faults="kraken:stall-after")
    record, log = batch([0.1, 0.1, 1.0] * 2, 2, tail=0.02)
    for row, outcome in zip(log, record["outcomes"], strict=True):
        if row["exchange"] == "kraken":
            row.update(asked=0.1, held=0.1, fault="stall-after")
            outcome["kind"] = "deadline"
    found = parts_of(record, ladder_of(record, log, OPEN, UsualWay(), stalled, 2, 2, [0.1] * 6), None)
    # The bound of 0.1, 0.1, 1, 0.1, 0.1, 1 is 1.2; in this order, deadlines at 0.99 s at the earliest, it is 1.29.
    assert (found.bound_s, found.queueing_s, found.overshoot_s) == pytest.approx((1.2, 0.09, 0.0))
    assert sum(astuple(found)) == pytest.approx(record["time_s"]) == pytest.approx(1.32)


spans = st.floats(0, 0.05)


@given(
    st.lists(st.floats(0, 0.3), min_size=1, max_size=30), st.integers(1, 8), st.integers(1, 8), spans, spans, spans,
    spans, spans, st.none() | spans,
)  # fmt: skip
def test_the_parts_of_an_honest_batch_add_up_and_none_is_negative(
    delays, concurrency, declared, late, out, back, opens, cpu, decode_s
):
    made = batch(delays, min(concurrency, declared), late, out, back, opens, cpu, tail=back)
    found = parts(made, delays, concurrency, declared, known=(), usual=UsualWay({}, out), decode_s=decode_s)
    assert sum(astuple(found)) == pytest.approx(made[0]["time_s"])
    assert min(astuple(found)) >= -1e-9
    assert found.client_s + found.decode_s <= cpu + 1e-9


@given(
    st.lists(st.tuples(st.floats(0, 1), spans, st.integers(0, 40), st.integers(1, 9)), max_size=12), st.floats(0.01, 3),
    st.integers(1, 30),
)  # fmt: skip
def test_the_parts_of_any_log_add_up(rows, time_s, declared):
    delays = [0.1] * 12
    log = [
        {"index": index, "exchange": "kraken", "connection": number, "arrived": 1000 + arrived, "asked": held / 2,
         "held": held, "fault": ""}
        for arrived, held, index, number in rows
    ]  # fmt: skip
    record = {"began": 1000.0, "time_s": time_s, "cpu_s": 0.05, "outcomes": [{"started": 0.0, "ended": 0.1}] * 12}
    found = parts((record, log), delays, 5, declared, decode_s=0.01, reached=declared // 2)
    assert sum(astuple(found)) == pytest.approx(time_s)
    assert min(astuple(found)[:-1]) >= 0


def test_parts_of_a_mean_are_the_means_of_the_parts():
    found = mean_of([Parts(0.3, client_s=0.1), Parts(0.3, client_s=0.2, unexplained_s=0.1)])
    assert astuple(found) == pytest.approx((0.3, 0, 0, 0, 0.15, 0, 0.05))


def test_over_blocks_each_part_is_what_the_geometric_mean_time_grows_by_with_it():
    found = over_blocks([Parts(0.1, 0.1, client_s=0.2), Parts(0.4, 0.4, client_s=0.2, unexplained_s=0.6)])
    # Means of 0.1 and 0.4, of 0.2 and 0.8, of 0.4 and 1.0, of 0.4 and 1.6.
    assert found.with_time() == pytest.approx({
        "bound_s": 0.2, "queueing_s": 0.2, "overshoot_s": 0.0, "connecting_s": 0.0,
        "client_s": math.sqrt(0.4) - 0.4, "decode_s": 0.0, "unexplained_s": 0.8 - math.sqrt(0.4), "time_s": 0.8,
    })  # fmt: skip


def test_the_limit_is_what_it_is_however_the_times_beyond_it_scatter():
    found = over_blocks([Parts(0.04, client_s=beyond_s) for beyond_s in (0.01, 0.02, 0.05, 0.01)])
    assert found.bound_s == pytest.approx(0.04)


def test_what_all_blocks_have_in_common_comes_out_as_it_is():
    one = Parts(0.3, 0.1, 0.01, 0.02, 0.05, 0.03, 0.04)
    assert astuple(over_blocks([one] * 3)) == pytest.approx(astuple(one))
    without_delays = Parts(client_s=0.03, unexplained_s=0.01)
    assert astuple(over_blocks([without_delays] * 2)) == pytest.approx(astuple(without_delays))


def test_parts_in_a_file_are_rounded_below_what_any_clock_can_tell():
    assert json.dumps(Parts(1 / 3).to_json()).startswith('{"bound_s": 0.3333333, "queueing_s": 0.0')


@pytest.mark.parametrize(
    ("found", "fewer", "said"),
    [
        (Parts(0.3, queueing_s=0.3, client_s=0.1), True, "its requests in flight"),
        (Parts(0.3, queueing_s=0.3, client_s=0.1), False, "the order of its requests"),
        (Parts(0.3, overshoot_s=0.3, client_s=0.1), False, "the server"),
        (Parts(0.3, connecting_s=0.3, client_s=0.1), False, "connecting"),
        (Parts(0.3, connecting_s=0.1, client_s=0.3), False, "its own CPU"),
        (Parts(0.3, client_s=0.1, decode_s=0.3), False, "decoding"),
        (Parts(0.3, client_s=0.1, unexplained_s=0.3), False, "unexplained"),
        (Parts(0.3, client_s=0.2, decode_s=0.2, unexplained_s=0.3), False, "its own CPU"),
        (Parts(0.3, client_s=0.1, decode_s=0.2, unexplained_s=0.25), False, "decoding"),
        (Parts(0.3, client_s=0.2, decode_s=0.2, unexplained_s=0.5), False, "unexplained"),
        (Parts(0.3), False, None),
        (Parts(0.3, unexplained_s=-0.1), False, None),
    ],
)
def test_an_arm_is_limited_by_the_largest_part_beyond_the_physical_limit(found, fewer, said):
    assert limited_by(found, 0.5, fewer) == said
    assert limited_by(found, None, fewer) == said


def test_an_arm_that_reaches_the_physical_limit_is_limited_by_nothing_else():
    found = Parts(0.3, client_s=0.01)
    assert limited_by(found, AT_THE_LIMIT, False) == "the physical limit"
    assert limited_by(found, AT_THE_LIMIT - 0.001, False) == "its own CPU"
