"""Real workers on a real mock server: the terms on which they go, the place they are given, the cores they run on."""

import contextlib
import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from harness import affinity, spawn
from harness.job import Job
from mock_server.process import running

pytestmark = pytest.mark.slow

GUESTS = """
import os
from contextlib import contextmanager

from strategies import Declares, Failed


@contextmanager
def tells_its_cores(limits, decode):
    cores = str(sorted(os.sched_getaffinity(0)))
    yield lambda requests: [Failed("cancelled", cores, 0.0, 0.0) for _ in requests]


@contextmanager
def takes_a_proxy_late(limits, decode):
    def fetch(requests):
        os.environ["http_proxy"] = "http://127.0.0.1:1"
        import trio
        trio.__version__ = "0.0.1"
        return [Failed("cancelled", "", 0.0, 0.0) for _ in requests]

    yield fetch
"""


@pytest.fixture
def work(scenario, tmp_path):
    """Run a strategy in a real worker; what it left behind."""
    guests = tmp_path / "guests.py"
    guests.write_text(GUESTS)

    def start(strategy, mode="free", seed=1):
        raced = replace(scenario, latency="1ms", affinity=mode)
        side_file = tmp_path / "side.json"
        with contextlib.ExitStack() as stack:
            with affinity.on_cores(affinity.cores_for(mode).mock):
                mock = stack.enter_context(running(raced.exchanges, raced.latency, raced.seed))
            name = strategy if "-" in strategy or strategy == "threads" else f"{guests}:{strategy}"
            job = Job(name, raced, 0, 1, dict(mock.origins), mock.control, mock.token, str(side_file))
            ending = spawn.run_worker(job, 1, 60.0, random.Random(seed))
            assert ending.exit_code == 0, ending.said
            return json.loads(side_file.read_text()), os.sched_getaffinity(mock.pid)

    return start


@pytest.mark.parametrize("strategy", ["threads", "asyncio-aiohttp", "asyncio-httpx", "trio-httpx"])
def test_a_proxy_that_nobody_could_use_keeps_no_worker_from_the_server(work, monkeypatch, strategy):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    side, _ = work(strategy)
    assert [outcome.get("kind") for batch in side["batches"] for outcome in batch["outcomes"]] == [None] * 12
    assert side["terms"]["variables"] == []
    assert side["terms"]["shadowed"] is None
    assert side["terms"]["certificates"] == side["terms"]["certificates_at_first"]
    assert side["terms"]["libraries"]


def test_what_a_strategy_takes_late_is_told_at_the_end(work):
    side, _ = work("takes_a_proxy_late")
    assert side["terms"]["variables"] == ["http_proxy"]
    assert "trio is installed as" in side["terms"]["shadowed"]


def test_a_strategy_runs_on_the_cores_of_its_scenario_and_the_mock_server_on_its_own(work):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core cannot be split")
    first, *others = sorted(os.sched_getaffinity(0))
    side, mock = work("tells_its_cores", "split")
    assert {outcome["detail"] for batch in side["batches"] for outcome in batch["outcomes"]} == {str(others)}
    assert side["place"]["cores"] == others
    assert mock == {first}
    assert sorted(os.sched_getaffinity(0)) == [first, *others]


def test_the_place_that_was_drawn_is_the_place_that_the_worker_is_in(work):
    side, mock = work("tells_its_cores", seed=3)
    dice = random.Random(3)
    folder = dice.randrange(1, 60)
    drawn = spawn.environment(dice)
    assert side["place"]["hash_seed"] == int(drawn["PYTHONHASHSEED"])
    assert side["place"]["padding"] == len(drawn["FETCHRACE_PADDING"])
    assert side["place"]["folder"] == len(Path("f" * folder).name) + 8  # tempfile's own letters
    assert side["place"]["cores"] == sorted(mock)
