import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mock_server import benchmark, benchmark_memory
from mock_server.benchmark_accuracy import Accuracy, Errors, Reading, _errors
from mock_server.benchmark_capacity import LEAST_RACED, RACED, Capacity, Contestant, LogCost, Point, Ratio
from mock_server.benchmark_claim import Claim
from mock_server.benchmark_memory import Memory
from mock_server.benchmark_rounds import _undisturbed

ROOT = Path(__file__).parents[2]


def contestant(name, *points, loop="asyncio"):
    return Contestant(name, loop, "http://127.0.0.1:1", (1,), points=[Point(*point) for point in points])


def capacity(mock, least, bare=None, log_cost=1.0):
    """A Capacity of one loop; each server's points are (requests a second, CPU seconds, its share, generator's)."""
    bare = bare or least
    servers = {"aiohttp server": least, "mock": mock, "bare protocol": bare}
    contestants = [contestant(name, *points) for name, points in servers.items()]
    return Capacity(500, 64, "ours", contestants, {"asyncio": LogCost(log_cost * 1e-5, 1e-5, 0.02)})


@pytest.mark.parametrize(
    ("claim", "met", "words"),
    [
        (Claim("a", 0.71, 0.7, "ratio", at_least=True), True, "a: 0.71 (target: at least 0.70): met"),
        (Claim("a", 0.5, 0.7, "ratio", at_least=True), False, "a: 0.50 (target: at least 0.70): missed by 0.20"),
        (Claim("b", 0.0025, 0.0025, "s"), True, "b: 2.50 ms (target: at most 2.50 ms): met"),
        (Claim("b", 0.003, 0.0025, "s"), False, "b: 3.00 ms (target: at most 2.50 ms): missed by 500 µs"),
        (Claim("c", 0.081, 0.05, "share"), False, "c: 8.1 % (target: at most 5.0 %): missed by 3.1 %"),
        (Claim("d", -4096, 2**21, "bytes"), True, "d: -4.0 KiB (target: at most 2.0 MiB): met"),
    ],
)
def test_a_claim_stands_beside_its_target(claim, met, words):
    assert claim.met is met
    assert str(claim) == words
    assert claim.plain()["met"] is met


def test_a_ratio_is_taken_inside_each_round_so_that_drift_cancels():
    found = capacity(
        mock=[(800, 1, 1, 0.5), (400, 1, 1, 0.5), (80, 1, 1, 0.5)],
        least=[(1000, 1, 1, 0.5), (500, 1, 1, 0.5), (160, 1, 1, 0.5)],
    )
    ratio = found.rates(found.of("mock", "asyncio"), found.of("aiohttp server", "asyncio"))
    assert ratio == Ratio(0.8, 0.5, 0.8)
    assert str(ratio) == "0.80 (0.50..0.80)"


def test_where_both_servers_are_busy_capacity_is_the_ratio_of_rates():
    claim = capacity(mock=[(800, 2e-5, 0.99, 0.5)], least=[(1000, 1e-5, 0.95, 0.5)]).claims()[0]
    assert (claim.name, claim.value) == ("mock / aiohttp server on asyncio, requests a second", 0.8)


def test_where_the_generator_was_the_bottleneck_capacity_is_the_ratio_of_cpu_and_the_table_says_so():
    found = capacity(mock=[(1000, 2e-5, 0.99, 0.9)], least=[(1000, 1e-5, 0.5, 0.99)])
    claim = found.claims()[0]
    assert (claim.name, claim.value) == ("aiohttp server / mock on asyncio, CPU of a request", 0.5)
    said = [line for line in found.lines() if "bottleneck" in line]
    assert "aiohttp server (asyncio)" in said[0]
    assert "a lower bound" in said[0]


def test_where_nobody_was_busy_the_table_names_the_machine():
    found = capacity(mock=[(1000, 2e-5, 0.4, 0.4)], least=[(1000, 1e-5, 0.95, 0.5)])
    assert any("Neither end of mock (asyncio)" in line for line in found.lines())


def test_the_log_costs_what_it_adds_to_the_cpu_of_a_request():
    claims = [capacity([(1, 1e-5, 1, 0)], [(1, 1e-5, 1, 0)], log_cost=cost).claims()[1] for cost in (1.04, 1.06)]
    assert [claim.value for claim in claims] == pytest.approx([0.04, 0.06])
    assert [claim.met for claim in claims] == [True, False]


def test_the_mock_as_raced_has_a_claim_of_its_own_beside_a_server_that_is_asked_alike():
    found = capacity([(1, 1e-5, 1, 0)], [(1, 1e-5, 1, 0)])
    found.contestants.append(contestant(LEAST_RACED, (1, 3e-5, 1, 0)))
    found.contestants.append(replace(contestant(RACED, (1, 4e-5, 1, 0)), beside=LEAST_RACED))
    claim = next(claim for claim in found.claims() if RACED in claim.name)
    assert (claim.value, claim.met) == (pytest.approx(0.75), True)
    assert found.plain()["servers"][-1]["cpu_ratio"]["median"] == pytest.approx(4 / 3)


def test_the_log_s_cost_stands_beside_the_noise_of_its_own_measurement():
    assert (
        str(LogCost(1.04e-5, 1e-5, 0.02)) == "10.4 and 10.0 µs (the cheapest quarter); off differs from itself by 2.0 %"
    )


def test_what_disturbs_most_slices_does_not_change_the_cost_of_a_request():
    points = [Point(1, cost, 1, 0) for cost in (5.0, 1.0, 9.0, 1.2, 7.0, 6.0, 8.0, 5.5)]
    assert _undisturbed(points) == pytest.approx(1.1)


def test_the_capacity_in_json_names_each_server_and_who_was_the_bottleneck():
    plain = capacity(mock=[(800, 2e-5, 0.99, 0.5)], least=[(1000, 1e-5, 0.95, 0.5)]).plain()
    assert [server["name"] for server in plain["servers"]] == ["aiohttp server", "mock", "bare protocol"]
    assert plain["servers"][1]["rate_ratio"] == {"median": 0.8, "least": 0.8, "most": 0.8}
    assert plain["servers"][1]["bottleneck"] == "server"


def test_errors_of_several_batches_are_the_median_batch_s_and_the_extremes_of_all():
    calm, stalled = [0.001] * 99 + [0.002], [0.5] * 100
    errors = Errors.of([calm, stalled, calm])
    assert (errors.least, errors.p50, errors.most) == (0.001, 0.001, 0.5)
    assert errors.p99 < 0.0021


def test_held_is_the_server_s_error_and_seen_the_client_s():
    log = {"columns": ["index", "asked", "held"], "rows": [[1, 0.05, 0.051], [0, 0.05, 0.052]]}
    held, seen = _errors(log, [(10.0, 10.06), (20.0, 20.055)])
    assert held == pytest.approx([0.001, 0.002])
    assert seen == pytest.approx([0.005, 0.01])


def test_an_answer_that_was_early_once_is_a_target_missed():
    good = Errors(0.0001, 0.0005, 0.002, 0.003)
    early = Errors(-0.0001, 0.0005, 0.002, 0.003)
    found = Accuracy(
        [Reading("asyncio", 0.05, 100, 10, 1, good, good), Reading("uvloop", 0.05, 100, 10, 1, early, good)]
    )
    assert [claim.met for claim in found.claims()] == [False, True, True, True, True]
    assert len(found.lines()) == 4


def test_memory_gained_is_the_last_quarter_over_the_first():
    memory = Memory(False, 1000, [100, 100, 1000, 1000, 1000, 1000, 160, 180])
    assert memory.growth == 70
    assert "1,000 requests without a log" in memory.lines()[0]


def test_a_leak_of_a_few_bytes_a_request_is_a_target_missed():
    samples = [40_000_000 + 5 * 25_000 * number for number in range(40)]
    assert not Memory(False, 1_000_000, samples).claims()[0].met


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rounds", "0"], "--rounds"),
        (["--seconds", "1"], "--seconds"),
        (["--only", "speed"], "invalid choice"),
        (["--quik"], "unrecognized arguments: --quik"),
    ],
)
def test_what_a_user_can_get_wrong_is_one_sentence(capsys, arguments, words):
    assert benchmark.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_a_missing_generator_is_the_environment_s_fault(capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert benchmark.main(["--generator", "wrk"]) == 3
    assert "try --generator own" in capsys.readouterr().err


@pytest.fixture
def leaking(monkeypatch):
    """A memory section that is over at once and finds a leak."""
    found = [Memory(False, 1000, [0, 2**30])]
    monkeypatch.setattr(benchmark_memory, "memory", lambda *_: found)


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--strict"], 5)])
def test_a_missed_target_is_said_and_is_an_exit_code_only_when_asked(capsys, leaking, arguments, code):
    assert benchmark.main(["--only", "memory", *arguments]) == code
    assert "missed by" in capsys.readouterr().out


def test_json_is_one_document(capsys, leaking):
    assert benchmark.main(["--only", "memory", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["claims"][0]["met"] is False
    assert found["memory"][0]["growth"] == 2**30


def test_a_full_stdout_is_the_environment_s_fault(leaking, monkeypatch, capsys):
    class Full(io.StringIO):
        def flush(self):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert benchmark.main(["--only", "memory"]) == 3
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.slow
def test_a_quick_look_measures_everything_for_real():
    done = subprocess.run(
        [sys.executable, "-m", "mock_server.benchmark", "--quick", "--json", "--loop", "asyncio"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"machine", "quick", "capacity", "accuracy", "memory", "claims"}
    assert all(server["requests_per_s"] > 0 for server in found["capacity"]["servers"])
    assert [reading["in_flight"] for reading in found["accuracy"]] == [1, 100, 1000, 1, 10]
    early = next(claim for claim in found["claims"] if "earliest" in claim["name"])
    assert early["met"]
    assert len(found["memory"]) == 2
