"""Who tells of a race besides those who race: our own server, or nobody."""

import copy
import dataclasses
import subprocess

import pytest

from harness.exits import EnvironmentGap
from harness.turnstile import PATIENCE_S, Turnstile
from harness.witness import MockWitness, NoWitness, witness_of
from mock_server.process import Running


@pytest.fixture
def elsewhere(scenario):
    origins = tuple((name, f"https://{name}.example") for name in scenario.exchanges)
    return dataclasses.replace(scenario, origins=origins, latency="0ms", real=True)


@pytest.fixture
def nobody():
    """Others' servers, asked with a rest of 3 s, at second 100 of a clock that stands still."""
    now = lambda: 100.0  # noqa: E731
    return NoWitness("ca.pem", Turnstile(3.0, 0.0, 0, now), {"mirror.example": ("192.0.2.1",)}, now)


@pytest.fixture
def ours(sealing):
    class Alive(subprocess.Popen):
        def __init__(self):
            pass

        def __del__(self):
            pass

        def poll(self):
            return None

    origins = {"kraken": "http://127.0.0.1:1"}
    return Running(origins, "http://127.0.0.1:2", "token", 17, Alive(), witness="witness")


def test_each_kind_of_server_has_its_witness(nobody, ours):
    assert witness_of(nobody) is nobody
    assert isinstance(witness_of(ours), MockWitness)
    assert (nobody.pids, witness_of(ours).pids) == ((), (17,))


def test_a_worker_is_told_of_others_servers_and_of_no_control_port(nobody, elsewhere):
    job = nobody.job("threads", elsewhere, 1, 2, "side.json")
    assert job.origins == dict(elsewhere.origins)
    assert (job.control, job.token, job.ca_file) == ("", "", "ca.pem")
    assert job.turnstile == {"pause_s": 3.0, "opens": 0.0, "refused": 0}
    assert job.pins == {"mirror.example": ["192.0.2.1"]}


def test_a_worker_is_told_how_to_reach_the_mock_and_of_no_turnstile(ours, scenario):
    job = witness_of(ours).job("threads", scenario, 1, 2, "side.json")
    assert (job.control, job.token, job.turnstile, job.pins) == ("http://127.0.0.1:2", "token", None, {})


def test_the_next_worker_waits_for_what_the_last_one_left(nobody):
    nobody.heard({"turnstile": {"pause_s": 3.0, "opens": 117.0, "refused": 2}})
    assert nobody.turnstile.to_json() == {"pause_s": 3.0, "opens": 117.0, "refused": 2}


@pytest.mark.parametrize("side", [{}, {"error": "killed"}, {"turnstile": {"opens": 5.0, "refused": 0}}])
def test_one_that_was_killed_may_have_asked_until_its_end(nobody, side):
    nobody.heard(side)
    assert nobody.turnstile.opens == 103.0


def test_what_a_guest_writes_there_holds_nobody_up_for_ever(nobody):
    nobody.heard({"turnstile": {"opens": 1e12, "refused": 0}})
    assert nobody.turnstile.opens == 100.0 + PATIENCE_S


def test_a_worker_that_was_refused_ends_the_race(nobody):
    with pytest.raises(EnvironmentGap, match=r"^kraken refused us"):
        nobody.heard({"refused": "kraken refused us", "error": "kraken refused us"})


def test_its_measurement_has_nothing_that_only_a_log_can_tell(nobody, elsewhere, side):
    lone = copy.deepcopy(side)
    for record in lone["batches"]:
        record["server"] = None
    job = nobody.job("threads", elsewhere, 1, 2, "side.json")
    found = nobody.measurement(lone, job, "a", 3)
    assert (found.arm, found.block, found.position, found.breaches) == ("a", 1, 3, ())
    assert found.warm[0].held_bound_s is None
    assert nobody.clock_us(lone["batches"][-1]) == 1_000_330_000


def test_a_log_that_the_server_did_not_seal_is_told_of_first(ours, scenario, side, sealing):
    witness = witness_of(ours)
    job = witness.job("threads", scenario, 0, 2, "side.json")
    sealing(job, side["batches"])
    witness.heard(side)
    assert witness.measurement(side, job, "a", 0).breaches == ()
    forged = copy.deepcopy(side)
    forged["batches"][1]["server"]["rows"].pop()
    assert "handed on another log" in witness.measurement(forged, job, "a", 0).breaches[0]


def test_a_worker_may_have_to_wait_for_others_and_never_for_the_mock(nobody, ours):
    assert nobody.longest_wait_s(4) == 4 * (PATIENCE_S + 3.0)
    assert witness_of(ours).longest_wait_s(4) == 0.0
