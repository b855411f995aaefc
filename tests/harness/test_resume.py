"""A run that was stopped goes on where it was. The race is real, its workers leave what a test tells them to."""

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyperf
import pytest

from harness import entries, heat, resume, spawn
from harness.arm import Arm
from harness.entries import Entries
from harness.exits import Ended, EnvironmentGap, UsageError
from harness.gate import Gate
from harness.journal import FILE, Journal
from harness.progress import Progress
from harness.race import Race
from harness.resume import reopened
from harness.session import Session
from harness.source import source_of
from harness.spawn import Ending
from harness.store import RunFolder, read_run
from harness.surroundings import Surroundings
from mock_server.process import Running

CALM = Surroundings(1.0, 0.01, 0.0, 2)
BUSY = Surroundings(1.0, 1.9, 0.0, 2)
NAMES = ("threads", "asyncio-aiohttp", "mine.py:honest")
WHEN = ("id", "started", "finished", "resumed", "clock", "calibration", "command")
"""What a run that was stopped may have otherwise than one that was not."""

# Each of them begins a run and reads it again.
pytestmark = pytest.mark.slow


class Killed(BaseException):
    """What kill -9 would do, as far as a process can do it to itself: nothing is tidied up afterwards."""


class Alive:
    def poll(self):
        return None


def pyperf_json(name, values):
    buffer = io.StringIO()
    run = pyperf.Run(values, warmups=[(1, 0.5)], metadata={"name": name}, collect_metadata=False)
    pyperf.BenchmarkSuite([pyperf.Benchmark([run])]).dump(buffer)
    return buffer.getvalue()


@pytest.fixture
def guest(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def honest(limits, decode): ...\n")
    return file


@pytest.fixture
def play(scenario, record_of, sealing, tmp_path, guest, monkeypatch):
    """Begin a run in a folder of its own, and race it until a worker is interrupted: the ``stop_after``th, if any. The
    strategy asyncio-aiohttp breaks in the block ``breaks_in``; the block that ends with the ``spoil``th is spoilt."""

    def worker(job, warm, limit_s, dice):
        state["workers"] += 1
        if state["workers"] == state["stop_after"]:
            raise Ended(130)
        if job.strategy == "asyncio-aiohttp" and job.block == state["breaks_in"]:
            return Ending("", 1, "ValueError: no", False)
        times = [0.35 + 0.001 * job.block + 0.0001 * dice.random() for _ in range(warm + 1)]
        batches = [record_of(job.block, n, time_s, accepted=0 if n else 2) for n, time_s in enumerate(times)]
        sealing(job, batches)
        side = {
            "import_s": 0.0, "open_s": 0.1 / 3, "declared_in_flight": 2, "reuse": True, "batches": batches,
            "terms": {"variables": [], "libraries": {"urllib3": "0"}}, "place": {"hash_seed": job.block},
        }  # fmt: skip
        Path(job.side_file).write_text(json.dumps(side))
        return Ending(pyperf_json(job.scenario.name, times[1:]), 0, "", False)

    class Meter:
        def __init__(self, ours):
            pass

        def read(self):
            return BUSY if state["workers"] == state["spoil"] else CALM

    state = {"workers": 0, "stop_after": None, "breaks_in": None, "spoil": None}
    monkeypatch.setattr(spawn, "run_worker", worker)
    monkeypatch.setattr("harness.block.SurroundingsMeter", Meter)
    arms = (*(Arm(name, str(guest) + ":honest" if ".py" in name else name) for name in NAMES),)
    twin = Arm("threads (twin)", "threads", twin_of="threads")
    entered = Entries((*arms, twin), {arm.name: {2: 2} for arm in (*arms, twin)}, {"trio": "not there"}, {})

    def entries_for(text, in_flight):
        # Our own packages may be edited while tests run; the guest's file is what a test edits.
        sources = {arm.name: source_of(arm.strategy) if ".py" in arm.name else "0" * 16 for arm in entered.arms}
        return replace(entered, sources=sources)

    entered = entries_for("", [])
    monkeypatch.setattr(entries, "entries_for", entries_for)

    def race(session):
        mock = Running(
            dict.fromkeys(scenario.exchanges, "http://127.0.0.1:1"),
            "http://127.0.0.1:1",
            "t",
            1,
            Alive(),
            witness="witness",
        )
        mocks = {one.scenario.name: mock for one in session.heats}
        try:
            with Progress(1, io.StringIO()) as progress:
                Race(session.heats, mocks, session.folder, progress, session.save).run()
            session.state = "complete"
        except Ended:
            pass
        except Killed:
            os.close(session.journal._fd)
            return
        session.end()

    def start(name, names=("c=2", "c=4"), gates=(), **changes):
        state.update(dict.fromkeys(state), workers=0, **changes)
        scenarios = [replace(scenario, name=each, baseline="threads") for each in names]
        heats = [heat.heat_for(one, entered.arms, "shuffled", entered.declared_at(2)) for one in scenarios]
        session = Session.begin(tmp_path / name, ["run", "-s", "all"], heats, entered, fast=True, gates=gates)
        race(session)
        return session.folder.path

    def go_on(folder, argv=None, gates=()):
        state["stop_after"] = None
        session, _ = reopened(folder, argv or ["run", "--resume", "x", "-s", f"{guest}:honest"], gates)
        race(session)
        return folder

    return SimpleNamespace(begin=start, go_on=go_on)


@pytest.fixture
def stopped(play):
    """The folder of a run of one scenario that was stopped in its second block."""
    return play.begin("stopped", names=["c=2"], stop_after=6)


def results(folder):
    """All files of a run, but what tells when it was."""
    run = {key: value for key, value in read_run(folder).items() if key not in WHEN}
    del run["machine"]["load_at_start"]
    rows = {name: (folder / name).read_text() for name in ("requests.csv", "quotes.csv")}
    benches = {
        (file.name, bench.get_name()): bench.get_values()
        for file in (folder / "pyperf").iterdir()
        for bench in pyperf.BenchmarkSuite.load(str(file)).get_benchmarks()
    }
    spoilt = folder / "spoilt.csv"
    return {"run": run, **rows, "pyperf": benches, "spoilt": spoilt.read_text() if spoilt.exists() else ""}


# Two scenarios, three blocks, four arms: 24 workers. Stopped in the first block, between two, and in the last.
@pytest.mark.slow
@pytest.mark.parametrize("stop_after", [2, 9, 14, 24])
def test_a_resumed_run_is_the_run_that_was_never_stopped(play, stop_after):
    whole = results(play.begin("whole"))
    folder = play.begin("stopped", stop_after=stop_after)
    stopped = read_run(folder)
    assert stopped["state"] == "interrupted"
    play.go_on(folder)
    found = results(folder)
    for part in whole:
        assert found[part] == whole[part], part
    (note,) = read_run(folder)["resumed"]
    assert note["finished_blocks"] == [one["finished_blocks"] for one in stopped["scenarios"]]


@pytest.mark.slow
def test_a_spoilt_block_and_an_arm_that_broke_are_what_they_were(play):
    happened = {"spoil": 11, "breaks_in": 0}
    whole = results(play.begin("whole", **happened))
    found = results(play.go_on(play.begin("stopped", stop_after=16, **happened)))
    assert any(one["spoilt"] for one in whole["run"]["scenarios"])
    assert whole["spoilt"] == found["spoilt"] != ""
    assert whole["run"] == found["run"]


@pytest.mark.slow
def test_a_run_may_be_stopped_and_resumed_again(play):
    whole = results(play.begin("whole"))
    folder = play.begin("stopped", stop_after=6)
    session, _ = reopened(folder, ["-s", f"{folder.parents[1] / 'mine.py'}:honest"])
    session.end()
    play.go_on(folder)
    assert results(folder) == whole
    assert len(read_run(folder)["resumed"]) == 2


def test_what_a_kill_left_beyond_the_last_block_is_cut_off_and_played(play):
    whole = results(play.begin("whole", names=["c=2"]))
    folder = play.begin("stopped", names=["c=2"], stop_after=10)
    # As after a kill between a block's rows and its line in the journal, and in the middle of that line.
    journal = folder / FILE
    *lines, last = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines) + last[:500])
    with (folder / "requests.csv").open("a") as file:
        file.write("c=2,threads,2,0,0,bin")
    play.go_on(folder)
    assert results(folder) == whole
    assert read_run(folder)["resumed"][0]["finished_blocks"] == [1]


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_step_of_storing_a_block_is_resumed_to_the_same(play, monkeypatch):
    whole = results(play.begin("whole", names=["c=2"]))
    steps = []

    def fsync(fd):
        steps.append(os.readlink(f"/proc/self/fd/{fd}").rsplit("/", 1)[-1].split(".")[0])
        if len(steps) == killed_at:
            raise Killed

    monkeypatch.setattr(os, "fsync", fsync)
    killed_at = None
    play.begin("counted", names=["c=2"])
    second, third = [place for place, step in enumerate(steps) if step == "requests"][1:3]
    assert {"requests", "quotes", "journal"} <= set(steps[second:third])
    finished = []
    for step in range(second, third):
        steps.clear()
        killed_at = step + 1
        folder = play.begin(f"killed-{step}", names=["c=2"])
        killed_at = None
        play.go_on(folder)
        assert results(folder) == whole, step
        finished += read_run(folder)["resumed"][0]["finished_blocks"]
    assert sorted(finished) == finished
    assert set(finished) == {1, 2}


def test_the_journal_is_gone_from_a_run_that_is_complete_which_is_not_resumed(play, stopped):
    assert (stopped / FILE).exists()
    play.go_on(stopped)
    assert not (stopped / FILE).exists()
    with pytest.raises(UsageError, match=f"the run {stopped.name} is complete: there is nothing to resume"):
        reopened(stopped, [])


def test_what_is_no_run_is_not_resumed(tmp_path):
    with pytest.raises(UsageError, match="no run at"):
        reopened(tmp_path, [])


def test_a_run_without_a_journal_cannot_be_resumed(stopped):
    (stopped / FILE).unlink()
    with pytest.raises(UsageError, match=r"it has no journal\.jsonl"):
        reopened(stopped, [])


@pytest.mark.parametrize("text", ["", "[]\n", '{"journal": 2}\n', '{"journal": 1}\n{"block": 0}\n', "{\n"])
def test_a_file_that_is_no_journal_is_told_and_left_as_it_is(stopped, text):
    (stopped / FILE).write_text(text)
    with pytest.raises(UsageError, match="is not the journal of a run that could be resumed"):
        reopened(stopped, [])
    assert (stopped / FILE).read_text() == text


def test_a_run_that_still_goes_on_is_not_resumed(play, stopped):
    journal = Journal.reopen(stopped)
    with pytest.raises(UsageError, match="still goes on, in another process"):
        reopened(stopped, [])
    journal.close(complete=False)
    play.go_on(stopped)


@pytest.mark.parametrize(
    ("what", "there", "said"),
    [
        ("machine", {"cpu": "Another 9000"}, "cpu was Another 9000 and is "),
        ("machine", {"python": "2.7.18"}, "python was 2.7.18 and is 3"),
        ("versions", {"aiohttp": "3.0.0"}, "aiohttp was 3.0.0 and is "),
        ("versions", {"gone": "1.0"}, "gone was 1.0 and is not there"),
        ("machine", None, "system was None and is "),
    ],
)
def test_another_machine_and_other_versions_refuse_to_resume_and_are_named(stopped, what, there, said):
    run = read_run(stopped)
    run[what] = there and {**run[what], **there}
    (stopped / "run.json").write_text(json.dumps(run))
    before = (stopped / FILE).read_bytes()
    with pytest.raises(EnvironmentGap, match=f"cannot be resumed here: {said}"):
        reopened(stopped, [])
    assert (stopped / FILE).read_bytes() == before


def test_a_guests_file_has_to_be_named_again_and_must_be_what_it_was(stopped, guest):
    with pytest.raises(UsageError, match=r"give --strategy again, with the path of mine\.py:honest"):
        reopened(stopped, ["run", "--resume", str(stopped)])
    guest.write_text("def honest(limits, decode): return 1\n")
    with pytest.raises(EnvironmentGap, match=r"the source of mine\.py:honest is not what it was when the run began"):
        reopened(stopped, [f"-s{guest}:honest"])
    # Neither try has kept the lock.
    Journal.reopen(stopped).close(complete=False)


def test_a_strategy_that_declares_something_else_by_now_refuses_to_resume(stopped, guest, monkeypatch):
    found = entries.entries_for("", [])
    changed = replace(found, declared={**found.declared, "threads": {2: 1}})
    monkeypatch.setattr(entries, "entries_for", lambda text, in_flight: changed)
    with pytest.raises(EnvironmentGap, match="threads does not declare the requests in flight that it declared when"):
        reopened(stopped, ["-s", f"{guest}:honest"])


@pytest.mark.parametrize(
    ("sources", "said"),
    [({"threads": "0123456789abcdef"}, "source of threads is not"), ({"asyncio-aiohttp": None}, "of asyncio-aiohttp")],
)
def test_a_built_in_that_was_edited_meanwhile_refuses_to_resume(stopped, guest, monkeypatch, sources, said):
    found = entries.entries_for("", [])
    edited = replace(found, sources={**found.sources, **sources})
    monkeypatch.setattr(entries, "entries_for", lambda text, in_flight: edited)
    with pytest.raises(EnvironmentGap, match=said):
        reopened(stopped, ["-s", f"{guest}:honest"])


def test_a_strategy_that_broke_meanwhile_is_the_one_that_is_named(stopped, guest, monkeypatch):
    found = entries.entries_for("", [])
    why = "strategy asyncio-aiohttp failed at import: SyntaxError: oops"
    without = replace(
        found, arms=tuple(a for a in found.arms if a.name != "asyncio-aiohttp"), broken={"asyncio-aiohttp": why}
    )
    monkeypatch.setattr(entries, "entries_for", lambda text, in_flight: without)
    with pytest.raises(EnvironmentGap, match=f"cannot be resumed: {why}; start a new run"):
        reopened(stopped, ["-s", f"{guest}:honest"])


def test_an_arm_that_is_there_no_longer_or_only_now_is_named(stopped, guest, monkeypatch):
    found = entries.entries_for("", [])
    renamed = replace(
        found, arms=(*found.arms[:-1], Arm("asyncio-aiohttp (twin)", "asyncio-aiohttp", "asyncio-aiohttp"))
    )
    monkeypatch.setattr(entries, "entries_for", lambda text, in_flight: renamed)
    with pytest.raises(EnvironmentGap, match=r"threads \(twin\) is in the race no longer"):
        reopened(stopped, ["-s", f"{guest}:honest"])


def test_a_word_that_is_no_guest_of_the_run_is_refused(stopped, guest):
    for words in (f"threads,{guest}:honest", "all", f"{guest}:honest,-threads", f"{guest}:other", "yours.py:honest"):
        with pytest.raises(UsageError, match=r"expected of --strategy the paths of mine\.py:honest, found "):
            reopened(stopped, ["-s", words])


def test_a_run_is_judged_by_the_gates_that_it_began_with_unless_there_are_others(play):
    folder = play.begin("gated", names=["c=2"], stop_after=6, gates=[Gate.parse("threads.speedup<5")])
    for given, found in (((), "threads.speedup<5"), ([Gate.parse("threads.speedup<2")], "threads.speedup<2")):
        session, _ = reopened(folder, ["-s", f"{folder.parents[1] / 'mine.py'}:honest"], given)
        assert [gate.text for gate in session.gates] == [found]
        session.journal.close(complete=False)


@pytest.mark.parametrize("blocks", [[0, 0], [1]])
def test_a_journal_with_a_block_twice_or_left_out_is_not_resumed(stopped, guest, blocks):
    head, line = (json.loads(text) for text in (stopped / FILE).read_text().splitlines()[:2])
    lines = [head, *({**line, "block": block} for block in blocks)]
    (stopped / FILE).write_text("".join(json.dumps(one) + "\n" for one in lines))
    with pytest.raises(
        UsageError, match=r"its files cannot be read \(ValueError: block \d where block \d was expected"
    ):
        reopened(stopped, ["-s", f"{guest}:honest"])


def test_a_gate_on_an_arm_that_does_not_race_is_refused(stopped, guest):
    with pytest.raises(UsageError, match="nobody"):
        reopened(stopped, ["-s", f"{guest}:honest"], [Gate.parse("nobody.speedup<5")])


def test_an_exchange_that_is_not_known_here_refuses_to_resume(stopped, guest):
    run = read_run(stopped)
    run["scenarios"][0]["markets"] = [["mtgox", "BTC/USD"]]
    (stopped / "run.json").write_text(json.dumps(run))
    with pytest.raises(UsageError, match="the exchange 'mtgox' is not known here"):
        reopened(stopped, ["-s", f"{guest}:honest"])


@pytest.mark.parametrize("order", [None, [], [["threads"]] * 3, "abc", [[1, "x"]] * 3])
def test_a_run_json_that_has_lost_what_is_needed_is_told(stopped, guest, order):
    run = read_run(stopped)
    run["scenarios"][0]["order"] = order
    (stopped / "run.json").write_text(json.dumps(run))
    with pytest.raises(UsageError, match="its files cannot be read"):
        reopened(stopped, ["-s", f"{guest}:honest"])


def test_what_an_earlier_calibration_card_missed_stays_in_the_verdict(play, stopped):
    lines = [json.loads(line) for line in (stopped / FILE).read_text().splitlines()]
    lines[1]["ruler"] = ["the calibration card: with 20 in flight the server was late"]
    (stopped / FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    play.go_on(stopped)
    assert "the server was late" in " ".join(read_run(stopped)["verdict"]["reasons"])


def test_neither_the_path_of_a_guest_nor_the_home_folder_is_in_the_journal(stopped, guest):
    text = (stopped / FILE).read_text()
    assert str(guest.parent) not in text
    assert "mine.py:honest" in text


def test_arms_of_the_batch_plan_are_found_again_by_the_path_of_their_strategy_alone(tmp_path, monkeypatch):
    names = ("threads", "threads+batch", "mine.py:honest", "mine.py:honest+batch")
    arms = (*(Arm(name, name.removesuffix("+batch")) for name in names), Arm("threads (twin)", "threads", "threads"))
    found = Entries(arms, {arm.name: {2: 2} for arm in arms}, {}, {}, {arm.name: "0" * 16 for arm in arms})
    asked = []
    monkeypatch.setattr(entries, "entries_for", lambda text, in_flight: asked.append(text) or found)
    head = {
        "arms": [
            {"name": arm.name, "twin_of": arm.twin_of, "source": "0" * 16, "declared": {"2": 2}} for arm in arms
        ],
        "skipped": {}, "broken": {},
    }  # fmt: skip
    named = resume._named(["run", "-s", "/some where/mine.py:honest+batch"])
    entered = resume._entered(RunFolder(tmp_path), head, {"scenarios": [{"concurrency": 2}]}, named)
    assert asked == ["threads,threads+batch,/some where/mine.py:honest,/some where/mine.py:honest+batch"]
    assert [arm.name for arm in entered.arms] == [*names, "threads (twin)"]


def test_the_command_that_goes_on_names_a_file_once_whatever_its_plans(scenario, tmp_path):
    guest = "/some/mine.py:honest"
    arms = (Arm("mine.py:honest", guest), Arm("mine.py:honest+batch", guest))
    entered = Entries(arms, {arm.name: {2: 2} for arm in arms}, {}, {})
    one = heat.heat_for(scenario, arms, "shuffled", entered.declared_at(2))
    session = Session.begin(tmp_path, ["run"], [one], entered, fast=True)
    assert session.resume_command().count(guest) == 1
