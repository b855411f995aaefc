"""A run from its first run.json to its last, without a race: measurements are put into the heat by hand."""

import csv
import json
import platform
from dataclasses import replace
from pathlib import Path

import pytest

from harness import raw_rows
from harness.arm import Arm
from harness.calibration import Card, Line
from harness.entries import Entries
from harness.exits import EnvironmentGap
from harness.gate import Gate
from harness.heat import Heat, Spoilt
from harness.journal import Journal
from harness.measurement import measurement_from
from harness.session import Session
from harness.store import RunFolder, read_run
from harness.surroundings import Surroundings
from mock_server.market import time_us_at


@pytest.fixture
def heat(scenario):
    arms = (Arm("sequential", "sequential"), Arm("fast", "fast"), Arm("fast (twin)", "fast", "fast"))
    return Heat(scenario, arms, [[arm.name for arm in arms]] * 3)


@pytest.fixture
def begin(tmp_path, heat):
    def start(argv=("run", "--fast"), skipped=None, broken=None, gates=()):
        entered = Entries(heat.arms, {arm.name: {2: 2} for arm in heat.arms}, skipped or {}, broken or {})
        return Session.begin(tmp_path / "results", argv, [heat], entered, fast=False, gates=gates)

    return start


@pytest.fixture
def race_a_block(heat, measured, side, scenario):
    """What the race does at the end of a block."""

    def race(session, block):
        for arm in heat.arms:
            heat.measured.append(measured(arm.name, block, 0.6 if arm.name == "sequential" else 0.06))
            quotes = raw_rows.quote_rows(side, scenario, arm.name, block)
            heat.snapshots[arm.name] = [row[5:13] for row in quotes]
            heat.clocks[arm.name] = time_us_at(0.3)
        heat.finished_blocks = block + 1
        session.save()

    return race


def test_no_run_is_ever_without_a_run_json(begin, tmp_path):
    session = begin()
    run = read_run(session.folder.path)
    assert (run["schema"], run["id"], run["state"], run["seed"]) == (1, session.folder.id, "interrupted", 7)
    assert run["command"] == "python -m harness run --fast"
    assert run["verdict"]["state"] == "NOISY"
    assert {row["reason"] for row in run["scenarios"][0]["strategies"]} == {"interrupted before its first block"}
    assert (tmp_path / "results" / "latest").resolve() == session.folder.path.resolve()


def test_every_block_is_in_run_json_when_it_is_finished(begin, race_a_block):
    session = begin()
    for block in range(3):
        race_a_block(session, block)
        run = read_run(session.folder.path)
        assert run["scenarios"][0]["finished_blocks"] == block + 1
        assert {row["blocks"] for row in run["scenarios"][0]["strategies"]} == {block + 1}
    assert run["scenarios"][0]["fastest"] == "fast"
    assert run["verdict"]["sentence"].startswith("fast fetched 6 prices in 60.0 ms, 10.0× as fast as sequential")


def test_a_complete_run_says_so_and_logs_no_interruption(begin, race_a_block):
    session = begin()
    race_a_block(session, 0)
    session.state = "complete"
    session.end()
    run = read_run(session.folder.path)
    assert run["state"] == "complete"
    assert run["started"] <= run["finished"]
    assert "interrupted" not in (session.folder.path / "log.jsonl").read_text()


def test_an_interrupted_run_keeps_its_finished_blocks_and_says_where(begin, race_a_block):
    session = begin()
    race_a_block(session, 0)
    session.end()
    assert read_run(session.folder.path)["state"] == "interrupted"
    (line,) = (session.folder.path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["finished_blocks"] == [1]
    path = session.folder.path
    assert session.kept() == (
        f"kept: 1 of 3 blocks, in {path}; for a report: python -m harness report {path}; "
        f"to go on: python -m harness run --resume {path}"
    )


def test_before_the_first_block_and_after_the_report_nobody_is_told_how_to_draw_one(begin, race_a_block, tmp_path):
    session = begin()
    assert session.kept() == f"kept: 0 of 3 blocks, in {session.folder.path}"
    race_a_block(session, 0)
    session.page = tmp_path / "report.html"
    assert session.kept() == f"kept: 1 of 3 blocks, in {session.folder.path}"


def test_of_a_complete_run_nobody_is_told_how_to_go_on(begin, race_a_block):
    session = begin()
    race_a_block(session, 0)
    session.state = "complete"
    session.end()
    assert session.kept().endswith(f"; for a report: python -m harness report {session.folder.path}")


def test_a_run_that_had_its_time_is_not_to_be_taken_up_again(begin, race_a_block):
    session = begin()
    race_a_block(session, 0)
    assert "--resume" not in session.kept(may_go_on=False)


def test_what_it_takes_to_resume_a_run_stays_where_run_json_could_not_say_that_it_is_complete(
    begin, race_a_block, monkeypatch
):
    session = begin()
    race_a_block(session, 0)
    session.state = "complete"

    def full(self, run):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "write_run", full)
    with pytest.raises(OSError, match="No space"):
        session.end()
    assert read_run(session.folder.path)["state"] == "interrupted"
    assert session.kept().endswith(f"to go on: python -m harness run --resume {session.folder.path}")
    Journal.reopen(session.folder.path).close(complete=False)


def test_the_command_that_goes_on_names_strategies_from_files_and_how_the_run_is_judged(begin, race_a_block, heat):
    guest = Arm("mine.py:honest", "/some where/mine.py:honest")
    heat.arms = (*heat.arms, guest, Arm("mine.py:honest (twin)", guest.strategy, guest.name))
    session = begin(gates=[Gate.parse("fast.speedup<5")])
    session.judging = ["--strict", "--max-error-rate", "0.1"]
    assert session.resume_command() == (
        f"python -m harness run --resume {session.folder.path} --strategy '/some where/mine.py:honest' "
        "--fail-on 'fast.speedup<5' --strict --max-error-rate 0.1"
    )


def test_a_block_that_is_not_in_the_journal_is_not_counted_as_kept(begin, race_a_block, monkeypatch):
    session = begin()
    race_a_block(session, 0)

    def full(fd, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        with pytest.raises(OSError, match="No space"):
            race_a_block(session, 1)
    assert session.kept().startswith("kept: 1 of 3 blocks, in ")


@pytest.fixture
def breaks(monkeypatch):
    """Break the analysis from now on."""

    def analyse(*args):
        raise ZeroDivisionError("in /home/bob/secret/analysis")

    return lambda: monkeypatch.setattr("harness.session.scenario_result", analyse)


@pytest.mark.parametrize("state", ["partial", "interrupted"])
def test_when_the_analysis_breaks_the_last_good_scenarios_stay_and_the_first_error_is_not_hidden(
    begin, race_a_block, breaks, state
):
    session = begin()
    race_a_block(session, 0)
    breaks()
    with pytest.raises(ZeroDivisionError):
        race_a_block(session, 1)
    session.state = state
    session.facts["finished"] = None
    session.end()
    run = read_run(session.folder.path)
    assert (run["state"], run["scenarios"][0]["finished_blocks"]) == (state, 1)
    assert run["finished"] is not None
    last = json.loads((session.folder.path / "log.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["reason"]) == ("analysis_failed", "ZeroDivisionError: in analysis")


def test_when_only_the_last_analysis_breaks_the_run_is_partial_and_the_error_is_raised(begin, race_a_block, breaks):
    session = begin()
    race_a_block(session, 0)
    breaks()
    session.state = "complete"
    with pytest.raises(ZeroDivisionError):
        session.end()
    assert read_run(session.folder.path)["state"] == "partial"


def test_the_result_in_memory_is_the_one_on_the_disk(begin, race_a_block, heat):
    heat.dropped["sequential"] = "FileNotFoundError: '/opt/client/project/mine.py'"
    session = begin()
    race_a_block(session, 0)
    (row,) = [row for row in session.result["scenarios"][0]["strategies"] if row["name"] == "sequential"]
    assert row["reason"] == "FileNotFoundError: 'mine.py'"
    assert json.loads(json.dumps(session.result)) == read_run(session.folder.path)


def test_the_readout_has_the_prices_of_the_fastest_arm(begin, race_a_block):
    session = begin()
    race_a_block(session, 0)
    race_a_block(session, 1)
    readout = session.result["scenarios"][0]["readout"]
    assert readout["arm"] == "fast"
    assert {quote["exchange"] for quote in readout["quotes"]} == {"binance", "coinbase", "kraken"}


def test_a_disqualified_arms_prices_are_never_shown(begin, race_a_block, heat, measured):
    session = begin()
    race_a_block(session, 0)
    heat.snapshots["fast"] = [["binance", "BTC/USDT", "garbage", "garbage", None, None, None, None]]
    heat.measured[1] = measured("fast", 0, 0.06, breaches=["1 of 6 prices are not what the server sent"])
    session.save()
    assert session.result["scenarios"][0]["readout"]["arm"] == "sequential"


def test_before_the_first_block_there_is_no_readout(begin):
    assert begin().result["scenarios"][0]["readout"] is None


def test_skipped_and_broken_arms_are_rows_with_their_reasons(begin):
    session = begin(skipped={"trio-httpx": "needs 'trio'"}, broken={"bad.py:x": "failed at import: KeyError: 'a'"})
    rows = {row["name"]: row for row in session.result["scenarios"][0]["strategies"]}
    assert (rows["trio-httpx"]["status"], rows["trio-httpx"]["reason"]) == ("skipped", "needs 'trio'")
    assert (rows["bad.py:x"]["status"], rows["bad.py:x"]["efficiency"]) == ("failed", None)
    (line,) = (session.folder.path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["event"] == "strategy_broken"


def test_a_results_folder_that_cannot_be_written_to_stops_the_session_before_it_begins(begin, tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(EnvironmentGap):
        begin()


def test_when_storing_fails_the_last_whole_run_json_stays(begin, race_a_block, monkeypatch):
    session = begin()
    race_a_block(session, 0)

    def full(self, to):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        race_a_block(session, 1)
    monkeypatch.undo()
    assert read_run(session.folder.path)["scenarios"][0]["finished_blocks"] == 1


def test_no_file_of_a_run_names_the_host_the_user_or_the_home_folder(
    begin, race_a_block, heat, side, scenario, monkeypatch
):
    monkeypatch.setenv("HOME", "/home/secretuser")
    monkeypatch.setenv("USER", "secretuser")
    monkeypatch.setenv("API_KEY", "SECRETVAL")
    monkeypatch.setattr(platform, "node", lambda: "secrethost")
    said = "IsADirectoryError: '/home/secretuser' or /home/secretuser, not /opt/secretclient/mine.py"
    session = begin(
        argv=["-s", "/home/secretuser/mine.py:x", "--results-dir", "/home/secretuser"], broken={"mine.py:x": said}
    )
    session.folder.log("arm_failed", arm="fast", reason=said)
    session.folder.append_rows(
        "requests.csv", raw_rows.REQUESTS_HEADER, next(raw_rows.request_rows(side, scenario, "fast", 0))
    )
    heat.dropped["sequential"] = said
    race_a_block(session, 0)
    session.end()
    files = [file for file in session.folder.path.rglob("*") if file.is_file()]
    assert {file.name for file in files} == {"run.json", "log.jsonl", "requests.csv", "journal.jsonl"}
    for file in files:
        assert "secret" not in file.read_text().lower(), file.name


def test_the_raw_rows_of_a_run_can_be_read_back(begin, side, scenario):
    session = begin()
    batches = list(raw_rows.request_rows(side, scenario, "fast", 0))
    session.folder.append_rows("requests.csv", raw_rows.REQUESTS_HEADER, [row for batch in batches for row in batch])
    with (session.folder.path / "requests.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    assert rows[6]["arm"] == "fast"
    assert float(rows[6]["asked"]) == 0.1
    assert measurement_from(side, scenario, "fast", 0, 0).warm[0].requests == 6


def test_a_run_without_a_calibration_card_says_so(begin):
    assert begin().result["calibration"] is None


def test_the_calibration_card_is_in_run_json_and_its_misses_are_in_the_verdict(begin, race_a_block):
    session = begin()
    session.card = Card(0.05, (Line.of(1, [0.0001], [0.0005]), Line.of(100, [0.002], [0.003])))
    for block in range(3):
        race_a_block(session, block)
    run = read_run(session.folder.path)
    assert [line["in_flight"] for line in run["calibration"]["lines"]] == [1, 100]
    assert run["verdict"]["state"] == "NOISY"
    assert run["verdict"]["reasons"] == list(session.card.reasons)
    assert run["scenarios"][0]["verdict"]["reasons"] == list(session.card.reasons)
    assert run["verdict"]["sentence"].endswith("the mock server was not accurate enough for a firm ranking.")


def test_a_card_without_misses_leaves_the_verdict_alone(begin, race_a_block):
    session = begin()
    session.card = Card(0.05, (Line.of(100, [0.0005], [0.003]),))
    for block in range(3):
        race_a_block(session, block)
    assert read_run(session.folder.path)["verdict"]["state"] == "VALID"


def test_every_gate_is_judged_in_run_json_on_the_blocks_so_far(begin, race_a_block):
    session = begin(
        gates=[Gate.parse("fast.speedup<20"), Gate.parse("trio-httpx.reuse<1")], skipped={"trio-httpx": "no"}
    )
    assert {gate["outcome"] for gate in read_run(session.folder.path)["gates"]} == {"cannot be judged"}
    for block in range(2):
        race_a_block(session, block)
    fast, skipped = read_run(session.folder.path)["gates"]
    assert (fast["gate"], fast["outcome"], fast["value"]) == ("fast.speedup<20", "failed", pytest.approx(10))
    assert (skipped["outcome"], skipped["reason"]) == ("cannot be judged", "trio-httpx is skipped: no")


def test_a_run_without_gates_says_so(begin):
    assert begin().result["gates"] == []


def test_what_sized_the_blocks_and_what_was_broken_on_purpose_is_noted(tmp_path, heat):
    entered = Entries(heat.arms, {arm.name: {2: 2} for arm in heat.arms}, {}, {})
    session = Session.begin(tmp_path, (), [heat], entered, True, budget_s=60.0, sabotage="late=30ms")
    found = read_run(session.folder.path)
    assert (found["fast"], found["budget_s"], found["sabotage"]) == (True, 60.0, "late=30ms")


def test_an_honest_run_of_a_number_of_blocks_says_so(begin):
    found = begin().result
    assert (found["fast"], found["budget_s"], found["sabotage"]) == (False, None, None)


def test_the_wall_clock_is_looked_at_whenever_the_run_is_saved(begin, race_a_block):
    session = begin()
    assert session.result["clock"] == {"stepped_s": 0.0, "at": [], "said": None}
    wall = session.clock.wall
    session.clock.wall = lambda: wall() + 3600
    race_a_block(session, 0)
    session.clock.wall = wall
    race_a_block(session, 1)
    steps = [round(step["step_s"]) for step in read_run(session.folder.path)["clock"]["at"]]
    assert steps == [3600, -3600]


def test_the_terms_of_all_workers_are_in_run_json(begin, race_a_block, heat):
    session = begin()
    race_a_block(session, 0)
    for measurement in heat.measured:
        measurement.terms.update(libraries={"httpx": "0.28.1"}, variables=[])
    session.save()
    assert session.result["terms"]["libraries"] == {"httpx": "0.28.1"}
    assert session.result["terms"]["differences"] == []


def test_one_scenario_has_no_curves(begin, race_a_block):
    session = begin()
    race_a_block(session, 0)
    assert session.result["curves"] == []


def test_several_scenarios_have_curves_and_a_sentence_of_their_own(tmp_path, heat, measured):
    other = replace(heat, scenario=replace(heat.scenario, name="concurrency=4", concurrency=4), measured=[])
    heat.scenario = replace(heat.scenario, name="concurrency=2")
    entered = Entries(heat.arms, {arm.name: {2: 2, 4: 2} for arm in heat.arms}, {}, {})
    session = Session.begin(tmp_path, (), [heat, other], entered, False)
    for one in (heat, other):
        one.measured += [
            measured(arm.name, block, 0.6 if arm.name == "sequential" else 0.06)
            for arm in heat.arms
            for block in range(3)
        ]
        one.finished_blocks = 3
    session.save()
    (curve,) = session.result["curves"]
    assert (curve["axis"], [point["x"] for point in curve["arms"][0]["points"]]) == ("concurrency", [2, 4])
    assert session.result["verdict"]["sentence"].startswith("Of 2 scenarios, fast came first in 2")
    assert session.kept().startswith("kept: 6 of 6 blocks, in ")


def test_the_number_of_blocks_is_the_one_that_was_planned_in_the_end(begin, race_a_block, heat):
    session = begin()
    heat.plan(7)
    race_a_block(session, 0)
    (scenario,) = read_run(session.folder.path)["scenarios"]
    assert (scenario["blocks"], len(scenario["order"])) == (7, 7)
    assert session.kept().startswith("kept: 1 of 7 blocks, in ")


def test_spoilt_blocks_and_surroundings_are_in_run_json(begin, race_a_block, heat, measured):
    session = begin()
    busy, calm = Surroundings(2.0, 0.9, 0.0, 2), Surroundings(1.0, 0.0, 0.0, 2)
    heat.spoilt.append(Spoilt(0, busy.reasons, busy, (measured("fast", 0, 0.09),)))
    heat.surroundings[0] = calm
    race_a_block(session, 0)
    (scenario,) = read_run(session.folder.path)["scenarios"]
    assert scenario["spoilt"] == [
        {"block": 0, "reasons": list(busy.reasons), "surroundings": busy.to_json(), "times_s": {"fast": 0.09}}
    ]
    assert scenario["surroundings"] == {"0": calm.to_json()}


@pytest.mark.parametrize(("state", "kept"), [("complete", False), ("partial", True), ("interrupted", True)])
def test_what_it_takes_to_resume_a_run_is_kept_unless_it_is_complete(begin, race_a_block, state, kept):
    session = begin()
    race_a_block(session, 0)
    session.state = state
    session.end()
    assert (session.folder.path / "journal.jsonl").exists() is kept


def test_what_cards_of_earlier_parts_of_a_run_had_against_the_server_still_stands(begin, race_a_block):
    session = begin()
    session.journal.ruler = ("the calibration card: late",)
    session.card = Card(0.05, (Line.of(100, [0.0005], [0.003]),))
    for block in range(3):
        race_a_block(session, block)
    assert read_run(session.folder.path)["verdict"]["reasons"] == ["the calibration card: late"]
