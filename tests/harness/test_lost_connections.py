"""Which growth of the kernel's counters convicts a batch, and which is somebody else's."""

import dataclasses

import pytest

from harness.lost_connections import Lost, lost_connections
from harness.measurement import asked_delays

SYN = {"TCPSynRetrans": 1}


@pytest.fixture
def lost(scenario, measured):
    """What was lost in one block of an arm with a cold and a warm batch, as a sentence."""

    def make(time_s=0.3, way_out_s=0.001, faults="", failures=(), turned_away=None, **network):
        conditions = dataclasses.replace(scenario, faults=faults)
        found = measured(
            "a", 0, time_s, cold=time_s, way_out_s=way_out_s, network=network, failures=dict.fromkeys(failures, 1),
            turned_away=turned_away,
        )  # fmt: skip
        lost = lost_connections({"a": [found]}, conditions)
        return None if lost is None else lost.said

    return make


def test_counters_that_stood_still_are_nothing(lost):
    assert lost() is None


@pytest.mark.parametrize(
    ("counter", "wait_s"), [("ListenOverflows", 0.18), ("ListenDrops", 0.18), ("TCPSynRetrans", 0.9)]
)
def test_a_counter_convicts_a_batch_only_if_a_request_was_so_long_on_its_way_that_it_may_have_waited(
    lost, counter, wait_s
):
    assert lost(time_s=9.0, way_out_s=wait_s - 0.001, **{counter: 1}) is None
    found = lost(time_s=9.0, way_out_s=wait_s + 0.001, **{counter: 1})
    assert f"in 1 of 1 warm and 1 of 1 cold batches (a 2; the kernel counted {counter} +2)" in found


def test_segments_sent_again_convict_nobody(lost):
    assert lost(time_s=5.0, way_out_s=2.0, RetransSegs=9) is None


def test_a_long_batch_of_long_delays_whose_requests_all_came_in_time_waited_for_nobody(scenario, measured):
    wide = dataclasses.replace(scenario, latency="uniform:10ms,3s")
    counters = {"ListenOverflows": 1, "ListenDrops": 1, **SYN}
    honest = measured("a", 0, 9.0, latencies=asked_delays(wide, 0), way_out_s=0.002, network=counters)
    assert max(honest.warm[0].latencies) - min(honest.warm[0].latencies) > 1
    assert lost_connections({"a": [honest]}, wide) is None


def test_a_request_that_failed_without_a_planned_fault_may_have_been_turned_away(lost):
    assert lost(failures=("deadline",), **SYN) is not None
    assert lost(failures=("reset",), ListenDrops=1) is not None
    assert lost(failures=("deadline",)) is None


def test_failures_where_faults_are_planned_convict_nobody(lost):
    planned = {"faults": "kraken:stall-body", "failures": ("deadline",)}
    assert lost(time_s=2.0, **planned, ListenOverflows=1, **SYN) is None


def test_the_arms_are_named_with_how_many_of_their_batches_lost_connections(scenario, measured):
    drops = {"ListenOverflows": 2, "ListenDrops": 3}
    arms = {
        "calm": [measured("calm", 0, 0.3, 0.3)],
        "b": [measured("b", 0, 0.3, 0.3, way_out_s=0.3, network=drops)],
        "a": [measured("a", 0, 0.3, cold=2.0, way_out_s=1.1, network=SYN)],
    }
    found = lost_connections(arms, scenario)
    assert (found.warm, found.cold) == (3, 2)
    assert (
        "in 3 of 5 warm and 2 of 3 cold batches (b 3, a 2; the kernel counted ListenOverflows +6, ListenDrops +9, "
        "TCPSynRetrans +2)"
    ) in found.said
    assert "somaxconn" in found.said


@pytest.mark.parametrize(
    ("where", "touched"),
    [
        ((0,), "and is in the one shot, not in the ranking, which is of warm batches;"),
        ((2,), "and is in the ranking, which is of warm batches;"),
        ((0, 1), "and is in the ranking, which is of warm batches, and in the one shot;"),
    ],
)
def test_cold_batches_that_lost_connections_touch_the_one_shot_and_warm_ones_the_ranking(
    scenario, measured, where, touched
):
    calm = measured("a", 0, 0.3, 0.3)
    batches = [
        dataclasses.replace(batch, turned_away=int(number in where)) for number, batch in enumerate(calm.batches)
    ]
    found = lost_connections({"a": [dataclasses.replace(calm, batches=tuple(batches))]}, scenario)
    warm, cold = len(where) - (0 in where), int(0 in where)
    assert found == Lost(warm, cold, found.said)
    assert f"in {warm} of 2 warm and {cold} of 1 cold batches" in found.said
    assert touched in found.said


@pytest.mark.parametrize(
    ("counters", "cost"),
    [
        ({"ListenDrops": 1}, "that costs a client 0.2 s or more, and is in"),
        (SYN, "that costs a client a second or more, and is in"),
        (
            {"ListenDrops": 1, **SYN},
            "that costs a client 0.2 s or more, a second or more where it was a SYN, and is in",
        ),
    ],
)
def test_what_a_lost_connection_costs_is_that_of_what_was_counted(lost, counters, cost):
    assert cost in lost(failures=("deadline",), **counters)


def test_one_connection_that_the_mocks_own_sockets_turned_away_convicts_its_batch_however_short(lost):
    found = lost(turned_away=1)
    assert "(a 2; the kernel counted 2 turned away by the mock server's full queue)" in found
    assert "that costs a client 0.2 s or more, and is in" in found


def test_where_the_mocks_own_sockets_tell_the_listeners_of_others_convict_nobody(lost):
    assert lost(time_s=9.0, way_out_s=5.0, turned_away=0, ListenOverflows=7, ListenDrops=7) is None
    assert "TCPSynRetrans +2" in lost(time_s=9.0, way_out_s=5.0, turned_away=0, **SYN)
