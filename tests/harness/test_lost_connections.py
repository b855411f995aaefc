"""Which growth of the kernel's counters convicts a batch, and which is somebody else's."""

import dataclasses

import pytest

from harness.lost_connections import lost_connections

SYN = {"TCPSynRetrans": 1}


@pytest.fixture
def lost(scenario, measured):
    """What was lost in one block of an arm with a cold and a warm batch; the delays are 100 ms."""

    def make(time_s=0.3, latencies=(0.1,) * 6, faults="", failures=(), turned_away=None, **network):
        conditions = dataclasses.replace(scenario, faults=faults)
        found = measured(
            "a", 0, time_s, cold=time_s, latencies=latencies, network=network, failures=dict.fromkeys(failures, 1),
            turned_away=turned_away,
        )  # fmt: skip
        return lost_connections({"a": [found]}, conditions)

    return make


def test_counters_that_stood_still_are_nothing(lost):
    assert lost() is None


@pytest.mark.parametrize(
    ("counter", "wait_s"), [("ListenOverflows", 0.18), ("ListenDrops", 0.18), ("TCPSynRetrans", 0.9)]
)
def test_a_counter_convicts_a_batch_only_if_a_request_lasted_long_enough_beyond_its_delay_to_have_waited(
    lost, counter, wait_s
):
    assert lost(time_s=9.0, latencies=(0.1, 0.1 + wait_s - 0.001), **{counter: 1}) is None
    found = lost(time_s=9.0, latencies=(0.1, 0.1 + wait_s + 0.001), **{counter: 1})
    assert f"in 2 of 2 batches (a 2; the kernel counted {counter} +2)" in found


def test_segments_sent_again_convict_nobody(lost):
    assert lost(time_s=5.0, latencies=(2.0,), RetransSegs=9) is None


def test_a_long_batch_of_short_requests_waited_for_nobody(lost):
    assert lost(time_s=30.0, ListenOverflows=1, **SYN) is None


def test_a_batch_whose_latencies_nobody_knows_is_judged_by_its_time(lost):
    assert lost(time_s=0.9, latencies=(), **SYN) is None
    assert lost(time_s=1.1, latencies=(), **SYN) is not None


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
        "b": [measured("b", 0, 0.3, 0.3, latencies=(0.3,), network=drops)],
        "a": [measured("a", 0, 0.3, cold=2.0, latencies=(1.5,), network=SYN)],
    }
    found = lost_connections(arms, scenario)
    assert (
        "in 5 of 8 batches (b 3, a 2; the kernel counted ListenOverflows +6, ListenDrops +9, TCPSynRetrans +2)" in found
    )
    assert "somaxconn" in found


def test_one_connection_that_the_mocks_own_sockets_turned_away_convicts_its_batch_however_short(lost):
    found = lost(turned_away=1)
    assert "in 2 of 2 batches (a 2; the kernel counted 2 turned away by the mock server's full queue)" in found


def test_where_the_mocks_own_sockets_tell_the_listeners_of_others_convict_nobody(lost):
    assert lost(time_s=9.0, latencies=(5.0,), turned_away=0, ListenOverflows=7, ListenDrops=7) is None
    assert "TCPSynRetrans +2" in lost(time_s=9.0, latencies=(5.0,), turned_away=0, **SYN)
