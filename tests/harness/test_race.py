"""The race without clients: the worker is replaced by one that leaves what a test tells it to."""

import csv
import io
import json
import os
import random
import signal
from pathlib import Path

import pyperf
import pytest

from harness import block, spawn
from harness import heat as heats
from harness.arm import Arm
from harness.exits import Ended, EnvironmentGap
from harness.progress import Progress
from harness.race import Race
from harness.scenario import Scenario
from harness.spawn import Ending
from harness.store import RunFolder
from mock_server.market import EPOCH_US
from mock_server.process import Running


class Mock:
    """A process that is there until told otherwise."""

    returncode = None

    def poll(self):
        return self.returncode


def pyperf_json(*values):
    buffer = io.StringIO()
    run = pyperf.Run(values, warmups=[(1, 0.5)], metadata={"name": "quick"}, collect_metadata=False)
    pyperf.BenchmarkSuite([pyperf.Benchmark([run])]).dump(buffer)
    return buffer.getvalue()


@pytest.fixture
def stage(scenario, record_of, tmp_path, monkeypatch):
    """Everything that a race needs; ``behaviours`` maps a strategy to what its workers do with (job, side)."""

    class Stage:
        def __init__(self):
            self.behaviours = {}
            self.jobs = []
            self.saves = 0
            self.folder = RunFolder.create(tmp_path / "results")
            self.stream = io.StringIO()
            self.process = Mock()
            origins = {name: f"http://127.0.0.1:{port}" for port, name in enumerate(scenario.exchanges, 43101)}
            self.mock = Running(origins, "http://127.0.0.1:43100", "token", 1, self.process)
            self.heat = None

        def worker(self, job, warm, limit_s, dice):
            self.jobs.append(job)
            batches = [record_of(job.block, number, accepted=2 if number == 0 else 0) for number in range(warm + 1)]
            side = {"import_s": 0.0, "open_s": 0.0, "declared_in_flight": 2, "reuse": True, "batches": batches}
            ending = Ending(pyperf_json(*(b["time_s"] for b in batches[1:])), 0, "", False)
            behave = self.behaviours.get(job.strategy)
            if behave is not None:
                side, ending = behave(job, side) or (side, ending)
            if side is not None:
                text = side if isinstance(side, str) else json.dumps(side)
                Path(job.side_file).write_text(text)
            return ending

        def save(self):
            self.saves += 1

        def run(self, arms=("a", "b"), declared=2, **changes):
            chosen = Scenario.from_json({**scenario.to_json(), "baseline": "a", **changes})
            racing = [Arm(name, name) for name in arms]
            self.heat = heats.heat_for(chosen, racing, "shuffled", dict.fromkeys(arms, declared))
            with Progress(1, self.stream) as progress:
                Race([self.heat], {chosen.name: self.mock}, self.folder, progress, self.save).run()
            return self.heat

        def rows(self, name="requests.csv"):
            with (self.folder.path / name).open(newline="") as file:
                return list(csv.DictReader(file))

        def events(self):
            return [json.loads(line) for line in (self.folder.path / "log.jsonl").read_text().splitlines()]

    made = Stage()
    monkeypatch.setattr(spawn, "run_worker", made.worker)
    return made


def ended(code=0, said="", pyperf="", side=None):
    return lambda job, honest: (side, Ending(pyperf, code, said, False))


def test_every_arm_runs_once_in_every_block_and_all_of_it_is_kept(stage):
    heat = stage.run()
    assert sorted((m.arm, m.block) for m in heat.measured) == [(arm, b) for arm in "ab" for b in range(3)]
    assert [m.breaches for m in heat.measured] == [()] * 6
    assert [[m.arm for m in heat.measured if m.block == b] for b in range(3)] == heat.order
    assert (heat.finished_blocks, stage.saves, heat.dropped) == (3, 3, {})
    # 3 blocks of 2 arms of 3 batches of 6 requests; quotes of the last batch only.
    assert len(stage.rows()) == 108
    assert len(stage.rows("quotes.csv")) == 36
    assert sorted(file.name for file in (stage.folder.path / "pyperf").iterdir()) == ["a.json", "b.json"]
    bench = pyperf.Benchmark.load(str(stage.folder.path / "pyperf" / "a.json"))
    assert bench.get_values() == (0.31,) * 6


def test_a_job_says_where_the_mock_is_and_which_block_it_plays(stage):
    stage.run()
    job = stage.jobs[0]
    assert (job.control, job.token, job.warm) == ("http://127.0.0.1:43100", "token", 2)
    assert sorted(job.origins) == ["binance", "coinbase", "kraken"]
    assert [job.block for job in stage.jobs] == [0, 0, 1, 1, 2, 2]


def test_snapshots_are_the_newest_quotes_of_each_arm(stage):
    heat = stage.run()
    assert sorted(heat.snapshots) == ["a", "b"]
    assert [row[:2] for row in heat.snapshots["a"]][:3] == [list(market) for market in heat.scenario.markets]
    # The last batch was in hand 0.31 s after its market's clock had started.
    assert heat.clocks == dict.fromkeys("ab", EPOCH_US + 310_000)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (ended(None), "did not finish within "),
        (ended(1, "ValueError: no"), "its process ended with code 1: ValueError: no"),
        (ended(-9), "its process ended with code -9"),
        (ended(0, pyperf=""), "its process ended with code 0"),
        (ended(1, side={"batches": [], "error": "KeyError: 'x'"}), "KeyError: 'x'"),
        (ended(1, side='{"batches": [{"time_s": 0.'), "its process ended with code 1"),
        (ended(None, side="[1, 2"), "did not finish within "),
        (ended(1, side="[1, 2]"), "its process ended with code 1"),
        (ended(1, side="null"), "its process ended with code 1"),
        (lambda job, side: (side, Ending("garbage", 0, "", False)), "pyperf could not read its result"),
        (lambda job, side: (side, Ending("{}", 0, "", False)), "pyperf could not read its result"),
    ],
)
def test_an_arm_whose_worker_breaks_is_out_with_the_reason_and_the_others_go_on(stage, behaviour, reason):
    stage.behaviours["b"] = behaviour
    heat = stage.run()
    assert heat.dropped["b"].startswith(reason)
    assert sorted({m.block for m in heat.measured if m.arm == "a" and m.problem is None}) == [0, 1, 2]
    assert len([job for job in stage.jobs if job.strategy == "b"]) == 1
    assert heat.finished_blocks == 3
    (event,) = [event for event in stage.events() if event["event"] == "arm_failed"]
    assert (event["arm"], event["reason"]) == ("b", heat.dropped["b"])
    assert "it is out, the others go on" in stage.stream.getvalue()


@pytest.mark.parametrize("missing", ["declared_in_flight", "reuse", "import_s", "batches"])
def test_a_side_file_that_lacks_something_puts_its_arm_out_and_not_the_race(stage, missing):
    def forget(job, side):
        del side[missing]

    stage.behaviours["b"] = forget
    heat = stage.run()
    assert "b" in heat.dropped
    assert "a" not in heat.dropped
    assert heat.finished_blocks == 3


def test_an_arm_that_breaks_in_the_second_block_keeps_its_first(stage):
    stage.behaviours["b"] = lambda job, side: ended(1, "late")(job, side) if job.block == 1 else None
    heat = stage.run()
    found = {m.block: m.problem for m in heat.measured if m.arm == "b"}
    assert found == {0: None, 1: "its process ended with code 1: late"}


def test_a_cheat_is_measured_and_convicted(stage):
    def cheat(job, side):
        for record in side["batches"]:
            record["time_s"] = 0.001

    stage.behaviours["b"] = cheat
    heat = stage.run()
    assert all(m.breaches for m in heat.measured if m.arm == "b")
    assert not any(m.breaches for m in heat.measured if m.arm == "a")


def test_when_every_arm_is_out_the_race_ends_in_good_order(stage):
    stage.behaviours.update(a=ended(1), b=ended(1))
    heat = stage.run()
    assert sorted(heat.dropped) == ["a", "b"]
    assert len(stage.jobs) == 2


def test_when_the_mock_is_gone_the_race_stops_and_keeps_its_finished_blocks(stage):
    def kill(job, side):
        if job.block == 1:
            stage.process.returncode = -9

    stage.behaviours["a"] = kill
    with pytest.raises(EnvironmentGap, match="the mock server ended in the middle of the run"):
        stage.run()
    assert stage.heat.finished_blocks == 1
    assert {m.block for m in stage.heat.measured} == {0}
    assert {row["block"] for row in stage.rows()} == {"0"}


def test_pyperfs_files_have_the_finished_blocks_and_no_other(stage):
    def interrupt(job, side):
        if job.block == 1 and len(stage.jobs) == 4:
            raise Ended(130)

    stage.behaviours.update(a=interrupt, b=interrupt)
    with pytest.raises(Ended):
        stage.run()
    assert len(stage.jobs) == 4  # the other arm had finished its part of the second block
    for name in "ab":
        bench = pyperf.Benchmark.load(str(stage.folder.path / "pyperf" / f"{name}.json"))
        assert bench.get_nrun() == 1
    assert {row["block"] for row in stage.rows()} == {"0"}


def test_a_signal_waits_until_the_files_of_a_block_agree(stage, monkeypatch):
    real = stage.folder.append_rows

    def append_rows(name, header, rows):
        os.kill(os.getpid(), signal.SIGINT)
        real(name, header, rows)

    monkeypatch.setattr(stage.folder, "append_rows", append_rows)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        stage.run()
    assert stage.heat.finished_blocks == 1
    assert len({row["arm"] for row in stage.rows()}) == len(list((stage.folder.path / "pyperf").iterdir())) == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_an_arm_that_leaves_processes_behind_is_logged_every_time_and_told_once(stage):
    def leaves(job, side):
        batches = side["batches"]
        return side, Ending(pyperf_json(*(b["time_s"] for b in batches[1:])), 0, "", True)

    stage.behaviours["b"] = leaves
    stage.run()
    found = [(event["arm"], event["block"]) for event in stage.events() if event["event"] == "left_behind"]
    assert found == [("b", 0), ("b", 1), ("b", 2)]
    assert stage.stream.getvalue().count("b left processes running when it had ended") == 1


def test_beyond_its_limit_of_rows_requests_csv_keeps_one_batch_per_arm_and_block_and_says_so(stage, monkeypatch):
    monkeypatch.setattr("harness.race._CSV_ROWS", 40)
    stage.run()
    # Two arms of 18 rows in the first block, then one batch of 6 rows each.
    assert len(stage.rows()) == 2 * 18 + 4 * 6
    assert {row["batch"] for row in stage.rows() if row["block"] != "0"} == {"2"}
    (event,) = [event for event in stage.events() if event["event"] == "requests_thinned"]
    assert event["rows"] == 36
    assert stage.stream.getvalue().count("one batch per arm and block") == 1


def test_the_limit_of_rows_holds_within_a_block_too(stage, monkeypatch):
    monkeypatch.setattr("harness.race._CSV_ROWS", 20)
    stage.run(blocks=1)
    assert len(stage.rows()) == 18 + 6


def test_the_same_seed_gives_the_same_order_and_every_arm_once_a_block(scenario):
    arms = [Arm(name, name) for name in "abcd"]
    first, again = (heats.heat_for(scenario, arms, "shuffled", {}).order for _ in range(2))
    assert first == again
    assert all(sorted(block) == list("abcd") for block in first)
    assert heats.heat_for(scenario, arms, "sequential", {}).order == [list("abcd")] * 3


@pytest.mark.parametrize("order", ["shuffled", "sequential"])
def test_a_heat_knows_how_its_order_was_made(scenario, order):
    assert heats.heat_for(scenario, [Arm("a", "a")], order, {}).order_mode == order


@pytest.mark.parametrize(("declared", "concurrency", "warm"), [(1, 20, 1), (2, 20, 3), (20, 20, 3), (1, 1, 3)])
def test_an_arm_that_goes_one_by_one_has_one_warm_batch_unless_all_do(scenario, declared, concurrency, warm):
    changed = Scenario.from_json({**scenario.to_json(), "warm": 3, "concurrency": concurrency})
    assert heats.warm_batches(changed, declared) == warm


def test_the_estimate_is_the_one_computed_by_hand(scenario):
    # 6 requests of 100 ms; each batch costs 2 ms a request besides. One by one: a life of 0.6 s and two batches of
    # 0.612 s; two in flight: a life and three batches (2 warm) of 0.312 s. Three blocks.
    expected = 3 * ((0.6 + 2 * 0.612) + (0.6 + 3 * 0.312))
    assert heats.estimate_s(scenario, {"sequential": 1, "threads": 2}) == pytest.approx(expected)


def test_more_in_flight_than_requests_does_not_shorten_the_estimate(scenario):
    assert heats.estimate_s(scenario, {"x": 600}) == heats.estimate_s(scenario, {"x": 6})


def test_the_limit_of_a_worker_is_far_beyond_an_honest_time(scenario):
    # Three rounds of at most 10 * 0.1 + 1 = 2 s, and 5 s a batch of leeway; 20 s to start.
    assert block._limit_s(scenario, 2, 2) == pytest.approx(20 + 3 * (3 * 2 + 5))


def test_the_limit_of_a_worker_knows_that_no_request_outlasts_its_deadline(scenario):
    hasty = Scenario.from_json({**scenario.to_json(), "deadline_s": 0.5})
    assert block._limit_s(hasty, 2, 2) == pytest.approx(20 + 3 * (3 * 0.5 + 5))


def test_workers_get_dice_that_the_seed_decides(stage, monkeypatch):
    thrown = []
    real = stage.worker

    def worker(job, warm, limit_s, dice):
        thrown.append(dice.random())
        return real(job, warm, limit_s, dice)

    monkeypatch.setattr(spawn, "run_worker", worker)
    stage.run(blocks=1)
    dice = random.Random("7/quick/workers")
    assert thrown == [dice.random(), dice.random()]
