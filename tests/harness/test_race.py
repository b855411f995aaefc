"""The race without clients: the worker is replaced by one that leaves what a test tells it to."""

import csv
import dataclasses
import io
import json
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pyperf
import pytest

from harness import heat as heats
from harness import spawn
from harness.analysis import scenario_result
from harness.arm import Arm
from harness.exits import Ended, EnvironmentGap, OutOfTime
from harness.progress import Progress
from harness.race import Race
from harness.scenario import Scenario
from harness.spawn import Ending
from harness.store import RunFolder
from harness.surroundings import Surroundings
from mock_server.market import EPOCH_US
from mock_server.process import Running

CALM = Surroundings(1.0, 0.0, 0.0, 2)
BUSY = Surroundings(2.0, 0.9, 0.0, 2)


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
def stage(scenario, record_of, sealing, tmp_path, monkeypatch):
    """Everything that a race needs; ``behaviours`` maps a strategy to what its workers do with (job, side), and
    ``weather`` has the surroundings of the blocks as they are played, calm when it is empty."""

    class Meter:
        def __init__(self, ours):
            assert ours == (1,)

        def read(self):
            return made.weather.pop(0) if made.weather else CALM

    class Stage:
        def __init__(self):
            self.behaviours = {}
            self.weather = []
            self.jobs = []
            self.saves = 0
            self.folder = RunFolder.create(tmp_path / "results")
            self.stream = io.StringIO()
            self.process = Mock()
            origins = {name: f"http://127.0.0.1:{port}" for port, name in enumerate(scenario.exchanges, 43101)}
            self.mock = Running(origins, "http://127.0.0.1:43100", "token", 1, self.process, witness="witness")
            self.heat = None

        def worker(self, job, warm, limit_s, dice):
            self.jobs.append(job)
            batches = [record_of(job.block, number, accepted=2 if number == 0 else 0) for number in range(warm + 1)]
            sealing(job, batches)
            side = {"import_s": 0.0, "open_s": 0.0, "declared_in_flight": 2, "reuse": True, "batches": batches}
            ending = Ending(pyperf_json(*(b["time_s"] for b in batches[1:])), 0, "", 0)
            behave = self.behaviours.get(job.strategy)
            if behave is not None:
                side, ending = behave(job, side) or (side, ending)
            if side is not None:
                text = side if isinstance(side, str) else json.dumps(side)
                Path(job.side_file).write_text(text)
            return ending

        def save(self):
            self.saves += 1

        def heat_for(self, arms=("a", "b"), declared=2, **changes):
            chosen = Scenario.from_json({**scenario.to_json(), "baseline": "a", **changes})
            racing = [Arm(name, name) for name in arms]
            return heats.heat_for(chosen, racing, "shuffled", dict.fromkeys(arms, declared))

        def run(self, *arguments, budget=None, **changes):
            self.heat = self.heat_for(*arguments, **changes)
            self.race([self.heat], budget)
            return self.heat

        def race(self, racing, budget=None):
            mocks = {heat.scenario.name: self.mock for heat in racing}
            with Progress(1, self.stream) as progress:
                Race(racing, mocks, self.folder, progress, self.save, budget).run()

        def rows(self, name="requests.csv"):
            with (self.folder.path / name).open(newline="") as file:
                return list(csv.DictReader(file))

        def events(self):
            return [json.loads(line) for line in (self.folder.path / "log.jsonl").read_text().splitlines()]

    made = Stage()
    monkeypatch.setattr(spawn, "run_worker", made.worker)
    monkeypatch.setattr("harness.block.SurroundingsMeter", Meter)
    return made


def ended(code=0, said="", pyperf="", side=None):
    return lambda job, honest: (side, Ending(pyperf, code, said, 0))


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
        (ended(1, side="[" * 200_000), "its process ended with code 1"),
        (lambda job, side: (side, Ending("garbage", 0, "", 0)), "pyperf could not read its result"),
        (lambda job, side: (side, Ending("{}", 0, "", 0)), "pyperf could not read its result"),
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


def test_a_worker_that_hands_on_another_log_than_the_server_s_is_convicted_of_that_first(stage):
    def forge(job, side):
        if job.block == 1:
            side["batches"][1]["server"]["batch"]["cpu_s"] = 0.0
            side["batches"][2]["server"]["rows"].pop()

    stage.behaviours["b"] = forge
    heat = stage.run()
    first, second, third = [m.breaches for m in heat.measured if m.arm == "b"]
    assert (first, third) == ((), ())
    assert second[:2] == (
        "its worker handed on another log than the server's in 2 of 3 batches", "the server saw 5 of 6 requests",
    )  # fmt: skip


def test_a_job_does_not_tell_its_worker_the_witness(stage):
    stage.run()
    assert "witness" not in json.dumps([dataclasses.asdict(job) for job in stage.jobs])


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


def leaves(number):
    def behave(job, side):
        values = pyperf_json(*(b["time_s"] for b in side["batches"][1:]))
        return side, Ending(values, 0, "", number if job.block == 1 else 1)

    return behave


def test_an_arm_that_leaves_processes_behind_is_logged_every_time_and_told_once(stage):
    stage.behaviours["b"] = leaves(3)
    stage.run()
    found = [
        (event["scenario"], event["arm"], event["block"], event["processes"])
        for event in stage.events() if event["event"] == "left_behind"
    ]  # fmt: skip
    assert found == [("quick", "b", 0, 1), ("quick", "b", 1, 3), ("quick", "b", 2, 1)]
    assert stage.stream.getvalue().count("b left processes running when it had ended") == 1


def test_an_arm_that_leaves_processes_behind_has_broken_a_promise(stage):
    stage.behaviours["b"] = leaves(3)
    heat = stage.run()
    assert [m.breaches for m in heat.measured if m.arm == "b"] == [
        ("left 1 process running when it had ended",), ("left 3 processes running when it had ended",),
        ("left 1 process running when it had ended",),
    ]  # fmt: skip
    assert not any(m.breaches for m in heat.measured if m.arm == "a")


def test_whoever_floods_the_mock_server_is_convicted_of_it(stage):
    def flood(job, side):
        if job.block == 0:
            side["batches"][1]["server"]["batch"].update(accepted=900, turned_away=35)

    stage.behaviours["b"] = flood
    heat = stage.run()
    by_arm = {name: [m.breaches for m in heat.measured if m.arm == name] for name in "ab"}
    said = "opened 900 connections for 6 requests, and the mock server's full queue turned 35 away"
    assert [said in breaches for breaches in by_arm["b"]] == [True, False, False]
    assert by_arm["a"] == [(), (), ()]


def test_a_block_that_a_limit_on_cpu_time_held_back_is_no_fair_one_and_is_not_played_again(stage):
    stage.weather = [Surroundings(1.0, 0.0, 0.0, 2, 0.3)]
    heat = stage.run()
    assert (heat.spoilt, len(stage.jobs)) == ([], 6)
    assert heat.surroundings[0].reasons


def test_beyond_its_limit_of_rows_requests_csv_keeps_one_batch_per_arm_and_block_and_says_so(stage, monkeypatch):
    monkeypatch.setattr("harness.row_room.MOST", 40)
    stage.run()
    # Two arms of 18 rows in the first block, then one batch of 6 rows each.
    assert len(stage.rows()) == 2 * 18 + 4 * 6
    assert {row["batch"] for row in stage.rows() if row["block"] != "0"} == {"2"}
    (event,) = [event for event in stage.events() if event["event"] == "rows_thinned"]
    assert (event["file"], event["block"]) == ("requests.csv", 1)
    assert stage.stream.getvalue().count("one batch per arm and block") == 1


def test_the_limit_of_rows_holds_within_a_block_too(stage, monkeypatch):
    monkeypatch.setattr("harness.row_room.MOST", 20)
    stage.run(blocks=1)
    assert len(stage.rows()) == 18 + 6


@pytest.fixture
def thrown(stage, monkeypatch):
    """The first throw of the dice that each worker was given."""
    found = []
    real = stage.worker

    def worker(job, warm, limit_s, dice):
        found.append(dice.random())
        return real(job, warm, limit_s, dice)

    monkeypatch.setattr(spawn, "run_worker", worker)
    return found


def test_workers_get_dice_that_seed_scenario_and_block_decide(stage, thrown):
    stage.run(blocks=2)
    first, second = random.Random("7/quick/0/workers"), random.Random("7/quick/1/workers")
    assert thrown == [first.random(), first.random(), second.random(), second.random()]


def test_the_order_in_the_result_is_the_one_in_which_the_arms_ran(stage):
    heat = stage.run("abcd", blocks=5)
    result, _ = scenario_result(heat, {}, False)
    ran = [[job.strategy for job in stage.jobs if job.block == block] for block in range(5)]
    assert result["order"] == ran
    assert all(sorted(block) == list("abcd") for block in ran)
    places = Counter((arm, place) for block in ran for place, arm in enumerate(block))
    assert {places[arm, place] for arm in "abcd" for place in range(4)} == {1, 2}
    assert all(ran[m.block][m.position] == m.arm for m in heat.measured)
    assert (result["seed"], stage.heat_for("abcd", blocks=5).order) == (7, ran)


def test_a_block_beside_other_work_is_played_again_and_what_was_measured_in_it_is_kept_apart(stage, thrown):
    stage.weather = [CALM, BUSY, CALM]
    heat = stage.run()
    assert [job.block for job in stage.jobs] == [0, 0, 1, 1, 1, 1, 2, 2]
    # The same order, and the same dice for the workers.
    assert [job.strategy for job in stage.jobs[2:4]] == [job.strategy for job in stage.jobs[4:6]]
    assert thrown[2:4] == thrown[4:6]
    assert sorted((m.arm, m.block) for m in heat.measured) == [(arm, b) for arm in "ab" for b in range(3)]
    assert heat.surroundings == dict.fromkeys(range(3), CALM)
    (spoilt,) = heat.spoilt
    assert (spoilt.block, spoilt.surroundings, spoilt.reasons) == (1, BUSY, BUSY.reasons)
    assert sorted(spoilt.to_json()["times_s"]) == ["a", "b"]
    assert {(row["arm"], row["block"]) for row in stage.rows("spoilt.csv")} == {("a", "1"), ("b", "1")}
    assert (len(stage.rows("spoilt.csv")), len(stage.rows())) == (36, 108)
    assert list(stage.rows("spoilt.csv")[0]) == list(stage.rows()[0])
    bench = pyperf.Benchmark.load(str(stage.folder.path / "pyperf" / "a.json"))
    assert bench.get_nrun() == 3


def test_a_block_that_is_played_again_is_told_in_one_line_and_logged(stage):
    stage.weather = [BUSY]
    stage.run()
    line = "block 1 is played again: other programs kept 0.90 of a core busy (at most 0.25 may be)"
    assert stage.stream.getvalue().splitlines()[0] == line
    (event,) = [event for event in stage.events() if event["event"] == "block_spoilt"]
    assert (event["block"], event["reasons"], event["problems"]) == (0, list(BUSY.reasons), {})
    assert event["surroundings"] == BUSY.to_json()


def test_a_block_that_is_spoilt_again_counts_and_its_surroundings_say_so(stage):
    stage.weather = [BUSY, BUSY]
    heat = stage.run(blocks=8)
    assert heat.finished_blocks == 8
    assert len(heat.spoilt) == 1
    assert [block for block, found in heat.surroundings.items() if found.reasons] == [0]
    assert "block 1 counts all the same, for it was played twice: other programs kept" in stage.stream.getvalue()


@pytest.mark.parametrize(("blocks", "replays"), [(1, 1), (5, 1), (8, 2), pytest.param(20, 5, marks=pytest.mark.slow)])
def test_a_quarter_of_the_blocks_may_be_played_again_and_one_at_least(stage, blocks, replays):
    stage.weather = [BUSY] * 100
    heat = stage.run("a", blocks=blocks)
    assert [one.block for one in heat.spoilt] == list(range(replays))
    assert (heat.finished_blocks, len(stage.jobs)) == (blocks, blocks + replays)
    # The next one is told, those after it are in the log.
    assert stage.stream.getvalue().count("no more are played again") == (blocks > replays)


def test_no_arm_is_out_for_what_happened_to_it_in_a_spoilt_block(stage):
    stage.weather = [BUSY]
    stage.behaviours["b"] = lambda job, side: ended(None)(job, side) if len(stage.jobs) <= 2 else None
    heat = stage.run()
    assert heat.dropped == {}
    assert sorted((m.arm, m.block) for m in heat.measured if m.problem is None) == [
        (arm, block) for arm in "ab" for block in range(3)
    ]
    (event,) = [event for event in stage.events() if event["event"] == "block_spoilt"]
    assert event["problems"]["b"].startswith("did not finish within ")
    assert list(heat.spoilt[0].to_json()["times_s"]) == ["a"]


def test_an_arm_that_breaks_when_its_block_is_played_again_is_out(stage):
    stage.weather = [BUSY]
    stage.behaviours["b"] = ended(1, "no")
    heat = stage.run()
    assert heat.dropped == {"b": "its process ended with code 1: no"}
    assert len([job for job in stage.jobs if job.strategy == "b"]) == 2


def test_a_race_goes_on_after_the_blocks_that_are_finished_and_knows_what_was_spoilt(stage):
    heat = stage.heat_for(blocks=4)
    heat.finished_blocks = 2
    heat.spoilt = [heats.Spoilt(2, BUSY.reasons, BUSY, ())]
    stage.weather = [BUSY]
    stage.race([heat])
    # One of the four may be played again, and that one was.
    assert [job.block for job in stage.jobs] == [2, 2, 3, 3]
    assert "block 3 counts all the same, for it was played twice: " in stage.stream.getvalue()


def test_room_in_requests_csv_is_what_an_earlier_part_of_the_run_left(stage, monkeypatch):
    monkeypatch.setattr("harness.row_room.MOST", 100)
    stage.run()
    stage.jobs.clear()
    stage.run(name="more", blocks=1)
    assert len([row for row in stage.rows() if row["scenario"] == "more"]) == 2 * 6


@pytest.mark.slow
def test_blocks_of_several_scenarios_take_turns_in_an_order_that_the_seed_decides(stage):
    def played():
        stage.jobs.clear()
        stage.race([stage.heat_for(name=name, blocks=blocks) for name, blocks in (("x", 6), ("y", 6), ("z", 2))])
        return [(job.block, job.scenario.name) for job in stage.jobs[::2]]

    first = played()
    assert sorted(first) == [(b, name) for b in range(6) for name in ("xyz" if b < 2 else "xy")]
    assert [block for block, _ in first] == sorted(block for block, _ in first)
    assert len({tuple(name for block, name in first if block == b) for b in range(2, 6)}) == 2
    assert played() == first
    assert stage.stream.getvalue().count("done in each of 3 scenarios") == 12


def test_a_spoilt_block_of_one_of_several_scenarios_is_told_with_its_name(stage):
    stage.weather = [BUSY]
    stage.race([stage.heat_for(name=name) for name in ("concurrency=1", "concurrency=8")])
    assert stage.stream.getvalue().startswith("block 1 of concurrency=")


class Pocket:
    """A budget that a test decides: ``corrected`` to so many blocks, ``held`` before a block is played."""

    def __init__(self, corrected=None, hold=lambda heats: None):
        self.corrected, self.hold, self.took = corrected, hold, []

    def correct(self, racing, round_s):
        self.took.append(round_s)
        for heat in racing:
            heat.plan(self.corrected)
        return "planned anew"


@pytest.mark.parametrize(
    "blocks", [5, pytest.param(7, marks=pytest.mark.slow), pytest.param(12, marks=pytest.mark.slow)]
)
def test_a_budget_changes_the_number_of_blocks_after_the_first_and_no_block_before_that(stage, blocks):
    stage.weather = [BUSY, Surroundings(3.0, 0.0, 0.0)]
    pocket = Pocket(blocks)
    heat = stage.run(blocks=7, budget=pocket)
    # What was spoilt took time as well, but says nothing about the blocks to come.
    assert pocket.took == [3.0]
    assert (heat.finished_blocks, heat.scenario.blocks, len(heat.order)) == (blocks, blocks, blocks)
    assert heat.order[:5] == stage.heat_for(blocks=7).order[:5]
    assert "planned anew\n" in stage.stream.getvalue()
    (event,) = [event for event in stage.events() if event["event"] == "planned"]
    assert event["blocks"] == [blocks]


def test_when_the_budget_is_spent_the_race_stops_before_the_next_block_and_keeps_the_others(stage):
    def hold(racing):
        if racing[0].finished_blocks == 2:
            raise OutOfTime("out of time")

    with pytest.raises(OutOfTime):
        stage.run(blocks=5, budget=Pocket(5, hold))
    assert (stage.heat.finished_blocks, {row["block"] for row in stage.rows()}) == (2, {"0", "1"})


def test_blocks_that_a_spent_budget_takes_away_are_not_played(stage):
    def hold(racing):
        if racing[0].finished_blocks == 6 and racing[0].scenario.blocks > 6:
            racing[0].plan(6)
            return "no further blocks"
        return None

    heat = stage.run(blocks=9, budget=Pocket(9, hold))
    assert (heat.finished_blocks, heat.scenario.blocks) == (6, 6)
    assert "no further blocks" in stage.stream.getvalue()
