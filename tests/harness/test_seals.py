"""A worker's logs against the seals of the server that gave them."""

import hashlib
import json
import math
import subprocess
import sys

import pytest

from harness import seals
from harness.exits import EnvironmentGap
from mock_server.process import MockFailed, Running

WARM = 2


def digest(log):
    return hashlib.sha256(json.dumps(log).encode()).hexdigest()


@pytest.fixture
def sealed(scenario, side):
    """What an honest server says of the batches in ``side``."""
    return [
        {"begin": seals.batch_begin(scenario, 0, number), "sha256": digest(record["server"])}
        for number, record in enumerate(side["batches"])
    ]


@pytest.fixture
def told(scenario, side, sealed):
    """What is said of ``side`` and ``sealed`` as a test has changed them."""
    return lambda: seals.breaches(side["batches"], sealed, scenario, 0, WARM)


def test_logs_as_the_server_gave_them_are_believed(told):
    assert told() == []


def test_decoding_that_is_measured_when_all_is_done_is_no_batch_of_the_race(told, sealed, scenario):
    sealed.append({"begin": seals.decoding_begin(scenario, 0), "sha256": None})
    assert told() == []
    sealed.append(sealed[-1])
    assert told() == ["the server was told to begin 5 batches where the plan has 3"]


@pytest.mark.parametrize("forge", [
    lambda log: log["rows"].pop(),
    lambda log: log["rows"][3].__setitem__(9, math.nextafter(log["rows"][3][9], 0)),
    lambda log: log["batch"].update(accepted=0, peak_in_flight=1),
    lambda log: log["columns"].reverse(),
    lambda log: log.update(rows=tuple(log["rows"]), more=None),
])  # fmt: skip
def test_a_log_that_was_changed_by_anything_is_another_log(told, side, forge):
    forge(side["batches"][1]["server"])
    assert told() == ["its worker handed on another log than the server's in 1 of 3 batches"]


def test_logs_in_another_order_are_other_logs(told, side):
    side["batches"][:2] = side["batches"][1::-1]
    assert told() == ["its worker handed on another log than the server's in 2 of 3 batches"]


def test_a_log_that_the_server_did_not_give_is_another_log(told, sealed):
    sealed[2]["sha256"] = None
    assert told() == ["its worker handed on another log than the server's in 1 of 3 batches"]


@pytest.mark.parametrize(("name", "value", "words"), [
    ("seed", 8, "seed 8 where the plan has 7"), ("block", 1, "block 1 where the plan has 0"),
    ("batch", 0, "batch 0 where the plan has 1"), ("draws", None, "draws null where the plan has 0"),
    ("latency", "1ms", 'latency "1ms" where the plan has "100ms"'),
    ("faults", "429@1", 'faults "429@1" where the plan has ""'),
    ("began", 17.5, "began 17.5 where the plan has nothing"),
    ("refuse", {"kraken": "banned"}, 'refuse {"kraken": "banned"} where the plan has nothing'),
    ("one_at_a_time", None, "one_at_a_time null where the plan has nothing"),
])  # fmt: skip
def test_a_batch_that_was_begun_on_other_terms_is_told_with_the_term(told, sealed, name, value, words):
    sealed[1]["begin"][name] = value
    assert told() == [f"the server was told to begin batch 1 with {words}"]


def test_a_batch_that_is_begun_again_is_one_too_many_and_what_it_was_told_comes_first(told, sealed):
    sealed.insert(1, {"begin": {**sealed[0]["begin"], "latency": "0ms"}, "sha256": None})
    assert told() == ['the server was told to begin batch 1 with latency "0ms" where the plan has "100ms"']
    sealed[1]["begin"]["latency"] = "100ms"
    assert told() == ["the server was told to begin batch 1 with batch 0 where the plan has 1"]


def test_a_batch_that_was_never_begun_is_one_too_few(told, sealed):
    del sealed[2]
    assert told() == ["the server was told to begin 2 batches where the plan has 3"]


def test_a_worker_that_keeps_a_batch_to_itself_is_out(told, side):
    del side["batches"][1]
    assert told() == ["its worker handed on 2 logs, the server's are 3"]


@pytest.mark.parametrize("number", [
    0.1, 1e-9, 1e22, 5e-324, sys.float_info.max, -0.0, math.pi, 1000.0, 123456.78900000001, 2**70, True, None,
    "\xe9\ud83d\ude00\ud800\u2028\x00",
])  # fmt: skip
def test_json_gives_a_log_back_byte_for_byte(number):
    text = json.dumps({"batch": {"cpu_s": number}, "columns": ("a",), "rows": [(number,)]})
    assert json.dumps(json.loads(json.dumps({"server": json.loads(text)}))["server"]) == text


class Process:
    def __init__(self, returncode=None, waited_for=None):
        self.returncode, self.waited_for = returncode, waited_for

    def poll(self):
        return self.returncode

    def wait(self, timeout):
        if self.waited_for is None:
            raise subprocess.TimeoutExpired("mock_server", timeout)
        return self.waited_for


def running(process):
    return Running({}, "http://127.0.0.1:1", "token", 1, process, witness="witness")


def test_the_witness_is_what_is_sent_for_the_seals(sealing, scenario):
    class Job:
        block = 0

    Job.scenario = scenario
    sealing(Job, [{"server": {}}])
    mock = running(Process())
    assert [seal["begin"] for seal in seals.taken(mock)] == [seals.batch_begin(scenario, 0, 0)]
    assert seals.taken(mock) == []


def test_a_server_that_is_gone_or_silent_is_a_gap_in_the_environment(monkeypatch):
    with pytest.raises(EnvironmentGap, match="the mock server ended in the middle of the run"):
        seals.taken(running(Process(-9)))

    def silent(door):
        raise MockFailed("the mock server does not answer /seals: timed out")

    monkeypatch.setattr(seals, "Control", silent)
    with pytest.raises(EnvironmentGap, match="does not answer /seals"):
        seals.taken(running(Process()))
    with pytest.raises(EnvironmentGap, match="the mock server ended in the middle of the run"):
        seals.taken(running(Process(waited_for=-9)))
