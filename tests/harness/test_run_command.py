"""``run`` and its options: what cannot be raced is refused in one sentence before anything is measured."""

import contextlib
import io
import resource
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli, entries, race, scenario_options
from harness.arm import Arm
from harness.commands import run
from harness.entries import Entries
from harness.exits import EnvironmentGap, Stop
from harness.scenario import Scenario
from mock_server.process import MockFailed


@pytest.fixture(autouse=True)
def nothing_may_be_measured(monkeypatch, tmp_path):
    """A mock server that would be started is a failure, and so is a file that is written."""
    monkeypatch.chdir(tmp_path)

    def started(*args, **kwargs):
        raise AssertionError("the mock server was started")

    monkeypatch.setattr(run, "running", started)
    yield
    assert not (tmp_path / "results").exists()


@pytest.fixture
def two_arms(monkeypatch):
    """Probing finds two strategies, without looking."""

    def entries_for(text, in_flight):
        arms = (Arm("sequential", "sequential"), Arm("threads", "threads"), Arm("threads (twin)", "threads", "threads"))
        return Entries(arms, {"sequential": 1, "threads": in_flight, "threads (twin)": in_flight}, {}, {})

    monkeypatch.setattr(entries, "entries_for", entries_for)


USAGE = [
    (["--requests", "0"], "--requests: expected a whole number from 1 to 1,000,000, found 0"),
    (["--requests", "many"], "--requests: expected a whole number, found 'many'"),
    (["--requests", "1000000000"], "--requests: expected a whole number from 1 to 1,000,000, found 1000000000"),
    (["-c", "-1"], "--concurrency: expected a whole number from 1 to 1,000,000, found -1"),
    (["--blocks", "0"], "--blocks: expected a whole number from 1 to 1,000,000, found 0"),
    (["--warm", "1.5"], "--warm: expected a whole number, found '1.5'"),
    (["--seed", "lucky"], "--seed: expected a whole number, found 'lucky'"),
    (["--latency", "20"], "--latency: expected a duration such as 20ms, 1.5s or 500us, found '20'"),
    (["--latency", "gauss:1ms"], "--latency: unknown shape of delay 'gauss'"),
    (["--latency", "uniform:30ms,10ms"], "try uniform:10ms,30ms"),
    (["--latency", "20s"], "--latency 20s leaves no request a chance before the --deadline of 10s"),
    (["--latency", "1s", "--deadline", "1s"], "--latency 1s leaves no request a chance"),
    (["--deadline", "0s"], "--deadline: expected more than nothing, found 0.0"),
    (["--max-body", "0.5"], "--max-body: expected more than nothing, found 0"),
    (["--max-body", "9" * 400 + "GiB"], "--max-body: expected a smaller number"),
    (["--max-body", "4 parsecs"], "--max-body: expected a size such as 4MiB"),
    (["-x", "krakn"], "unknown exchange 'krakn'; did you mean kraken?"),
    (["-x", "kraken,kraken"], "--exchange: expected different names"),
    (["--pairs", "0"], "--pairs: expected a whole number from 1"),
    (["--pairs", "BTC"], "--pairs: expected a pair such as BTC/USD, found 'BTC'"),
    (["--pairs", "BTC/USD,BTC/USD"], "--pairs: BTC/USD is named twice"),
    (["--pairs", "$x_$/USD"], "--pairs: expected a pair such as BTC/USD"),
    (["-x", "binance", "--pairs", "BTC/USD"], "no chosen exchange lists BTC/USD"),
    (["-s", "thread"], "unknown strategy 'thread'; did you mean threads?"),
    (["-s", "threads,threads"], "the strategy 'threads' is named twice"),
    (["-s", "nowhere.py:x"], "no file 'nowhere.py'"),
    (["--max-error-rate", "2"], "--max-error-rate: expected a share from 0 to 1"),
    (["--workload", "trades"], "--workload: expected tickers, books, markets, found 'trades'"),
    (["--faults", "429@"], "--faults: expected a probability from 0 to 1"),
    (["--fast", "--rigorous"], "--fast and --rigorous exclude each other"),
    (["--sabotage", "everything"], "--sabotage: expected one-at-a-time=10ms or refuse=EXCHANGE=KIND"),
    (["--fail-on", "threads.time_s<1"], "--fail-on: time_s is an absolute measure"),
    (["--fail-on", "threads.speeed<1"], "unknown field 'speeed'; did you mean speedup?"),
    (["--fail-on", "thread.speedup<1", "-s", "threads"], "'thread' is not in the race; did you mean threads?"),
    (["--baseline", "thread", "-s", "threads"], "--baseline 'thread' is not in the race; did you mean threads?"),
]


@pytest.mark.parametrize(("options", "said"), USAGE, ids=[" ".join(options)[:40] for options, _ in USAGE])
def test_what_makes_no_sense_is_refused_in_one_sentence_with_exit_code_2(capsys, options, said):
    assert cli.main(["run", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/results"])
def test_a_results_folder_that_cannot_be_is_found_before_measuring(capsys, tmp_path, two_arms, place):
    (tmp_path / "file").write_text("")
    assert cli.main(["--results-dir", place]) == 3
    err = capsys.readouterr().err
    assert "cannot be written to" in err
    assert "nothing was measured" in err
    assert err.count("\n") == 1


def test_too_few_file_descriptors_are_told_with_both_numbers(capsys, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda which: (40, 40))
    assert cli.main(["-c", "80"]) == 3
    assert "80 requests in flight need about 224 file descriptors, 40 are available" in capsys.readouterr().err


def test_a_soft_limit_of_file_descriptors_is_raised_as_far_as_needed(monkeypatch):
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: (40, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: asked.append(limits))
    run._enough_files(80)
    assert asked == [(224, 4096)]
    run._enough_files(-20)  # 24 needed, 40 there
    assert len(asked) == 1


def test_without_any_strategy_left_nothing_is_measured(capsys, monkeypatch):
    broken = Entries((), {}, {}, {"bad.py:x": "strategy bad.py:x failed at import: KeyError: 'a'"})
    monkeypatch.setattr(entries, "entries_for", lambda text, in_flight: broken)
    assert cli.main(["-s", "bad.py:x"]) == 1
    assert capsys.readouterr().err == (
        "fetchrace: strategy bad.py:x failed at import: KeyError: 'a'\n"
        "fetchrace: no strategy is left to race; nothing was measured\n"
    )


@pytest.fixture
def args():
    """The options of ``run``, parsed."""
    import argparse

    def parse(*argv):
        parser = argparse.ArgumentParser()
        run.add_arguments(parser)
        return parser.parse_args(argv)

    return parse


@pytest.mark.parametrize(
    ("options", "blocks", "warm"),
    [
        ([], 5, 3),
        (["--fast"], 3, 2),
        (["--rigorous"], 20, 5),
        (["--fast", "--blocks", "7"], 7, 2),
        (["--blocks", "1", "--warm", "9"], 1, 9),
    ],
)
def test_blocks_and_warm_batches_are_those_of_the_documents(args, options, blocks, warm):
    scenario = run._scenario(args(*options))
    assert (scenario.blocks, scenario.warm) == (blocks, warm)


def test_the_default_scenario_is_the_one_of_the_documents(args):
    scenario = run._scenario(args())
    assert (scenario.name, scenario.requests, scenario.concurrency, scenario.latency) == ("quick", 40, 20, "20ms")
    assert (scenario.deadline_s, scenario.max_body, scenario.seed) == (10.0, 4 * 2**20, 7)
    assert {"binance", "coinbase", "kraken"} <= set(scenario.exchanges)


def test_the_default_race_of_the_core_takes_at_most_a_minute(args):
    in_flight = {
        name: 1 if name == "sequential" else 20 for name in ("sequential", "a", "b", "c", "d", "e", "f", "twin")
    }
    assert race.estimate_s(run._scenario(args()), in_flight) < 60


@pytest.mark.parametrize(
    ("asked", "names", "baseline"),
    [
        (None, ["threads", "sequential"], "sequential"),
        (None, ["threads", "trio-httpx"], "threads"),
        ("trio-httpx", ["threads", "trio-httpx"], "trio-httpx"),
    ],
)
def test_the_baseline_is_the_one_asked_for_or_sequential_or_the_first(scenario, asked, names, baseline):
    assert scenario_options.with_baseline(scenario, asked, names).baseline == baseline


class Session:
    """A session that ended with these rows."""

    def __init__(self, *statuses, state="VALID"):
        rows = [{"name": f"arm{place}", "status": status} for place, status in enumerate(statuses)]
        self.result = {"scenarios": [{"strategies": rows}], "verdict": {"state": state}}

    def kept(self):
        return "5 of 5 blocks are kept in results/x"


@pytest.mark.parametrize(
    ("session", "strict", "code"),
    [
        (Session("ranked", "tied", "skipped"), True, 0),
        (Session("ranked", state="NOISY"), False, 0),
        (Session("ranked", state="NOISY"), True, 5),
        (Session("unranked", state="SERVER-BOUND"), False, 0),
        (Session("unranked", state="SERVER-BOUND"), True, 5),
        (Session("ranked", "disqualified"), False, 1),
        (Session("ranked", "failed"), True, 1),
    ],
)
def test_the_exit_code_tells_how_the_race_ended(capsys, session, strict, code):
    assert run._exit_code(session, strict) == code
    err = capsys.readouterr().err
    assert err.count("\n") == (1 if code else 0)
    assert ("5 of 5 blocks are kept in results/x" in err) is bool(code)


def test_those_that_are_out_are_named_on_the_way_out(capsys):
    run._exit_code(Session("ranked", "disqualified", "failed"), strict=False)
    assert capsys.readouterr().err == (
        "fetchrace: arm1 disqualified, arm2 failed; 5 of 5 blocks are kept in results/x\n"
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MockFailed("the mock server did not start: port 80 is taken", 3), 3),
        (MockFailed("the mock server did not start: unknown kind", 2), 2),
        (EnvironmentGap("the mock server ended in the middle of the run"), 3),
        (OSError(28, "No space left on device", "requests.csv"), 3),
    ],
)
def test_when_the_race_breaks_off_the_last_line_says_what_was_kept_and_where(
    capsys, monkeypatch, two_arms, tmp_path, error, code
):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr(run, "running", broken)
    assert cli.main(["--results-dir", "kept", "--fast"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("fetchrace: ")
    assert "0 of 3 blocks are kept in kept/" in last
    (folder,) = [path for path in Path("kept").iterdir() if not path.is_symlink()]
    assert (folder / "run.json").exists()


class Drawn(Session):
    """A session whose run.json is on the disk and whose report can be drawn, or fails with ``error``."""

    def __init__(self, folder, error=None):
        super().__init__("ranked")
        self.folder = SimpleNamespace(path=folder)
        self.error = error
        self.page = None
        (folder / "run.json").write_text('{"schema": 1}\n')

    def draw(self):
        if self.error is not None:
            raise self.error
        self.page = self.folder.path / "report.html"

    def report_command(self):
        return "python -m harness report results/x"


@pytest.fixture
def printed(monkeypatch):
    """Print a word in the place of a run, and one in the place of its report's path."""
    monkeypatch.setattr("harness.console.print_run", lambda result: print("the numbers"))
    monkeypatch.setattr("harness.console.print_page", lambda page: print("report ", page.name))


def test_the_numbers_are_printed_before_the_report_is_drawn(capsys, printed, tmp_path):
    assert run._tell(Drawn(tmp_path), False, False) == 0
    assert capsys.readouterr() == ("the numbers\nreport  report.html\n", "")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            ModuleNotFoundError("No module named 'matplotlib.pyplot'", name="matplotlib.pyplot"),
            0,
            "it needs the library 'matplotlib', which cannot be imported: pip install matplotlib, then ",
        ),
        (
            KeyError("a\n"),
            1,
            "the report could not be drawn (KeyError: 'a\\n'); the numbers are kept; try ",
        ),
    ],
)
def test_a_report_that_cannot_be_drawn_hides_no_number(capsys, printed, tmp_path, error, code, said):
    assert run._tell(Drawn(tmp_path, error), False, False) == code
    out, err = capsys.readouterr()
    assert out == "the numbers\n"
    assert err.startswith("fetchrace: ")
    assert err.endswith(f"{said}python -m harness report results/x\n")
    assert err.count("\n") == 1


def test_a_report_that_finds_no_room_says_so_itself(printed, tmp_path):
    with pytest.raises(EnvironmentGap, match="no room"):
        run._tell(Drawn(tmp_path, EnvironmentGap("no room")), False, False)


def test_json_prints_what_was_written_to_the_letter(capsys, printed, tmp_path):
    assert run._tell(Drawn(tmp_path), True, False) == 0
    assert capsys.readouterr().out == (tmp_path / "run.json").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("as_json", [True, False])
def test_when_the_result_cannot_be_printed_what_was_kept_is_told(monkeypatch, printed, tmp_path, as_json):
    with open("/dev/full", "wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full, write_through=True))
        with pytest.raises(EnvironmentGap, match="No space left on device; 5 of 5 blocks are kept in results/x"):
            run._tell(Drawn(tmp_path), as_json, False)


def test_when_nobody_reads_the_result_what_was_kept_is_told(monkeypatch, tmp_path):
    def gone(result):
        raise BrokenPipeError

    monkeypatch.setattr("harness.console.print_run", gone)
    with pytest.raises(Stop, match="nobody reads the output any more; 5 of 5 blocks are kept in results/x") as caught:
        run._tell(Drawn(tmp_path), False, False)
    assert caught.value.code == 1


def test_a_plugin_that_exits_in_the_middle_of_a_race_is_told_with_what_was_kept(capsys, monkeypatch, two_arms):
    def leaving(*args, **kwargs):
        raise SystemExit(0)

    monkeypatch.setattr(run, "running", leaving)
    assert cli.main(["--results-dir", "kept", "--fast"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("fetchrace: a plugin ended the program: sys.exit(0); 0 of 3 blocks are kept in kept/")


class Failing(Session):
    """A session whose only arm lost some of its requests."""

    def __init__(self, failed):
        super().__init__("ranked")
        self.result["scenarios"][0]["strategies"][0].update(failed=failed, requests=100)


@pytest.mark.parametrize(
    ("failed", "allowed", "code"), [(0, 0.0, 0), (1, 0.0, 1), (5, 0.05, 0), (6, 0.05, 1), (100, 1.0, 0)]
)
def test_more_failures_than_allowed_are_exit_code_1_with_the_numbers(capsys, failed, allowed, code):
    assert run._exit_code(Failing(failed), False, allowed) == code
    said = f"fetchrace: {failed} of 100 requests of arm0 failed (--max-error-rate is {allowed:g}); 5 of 5 blocks"
    assert capsys.readouterr().err.startswith(said if code else "")


def test_the_mock_is_started_for_the_scenario(scenario):
    assert run._mock_options(scenario) == []
    faulty = Scenario.from_json({**scenario.to_json(), "faults": "kraken:429@0.1", "tls": True, "listed": 3000})
    assert run._mock_options(faulty) == ["--faults=kraken:429@0.1", "--listed=3000", "--tls"]


class Gated(Session):
    """A session of which one gate failed."""

    def __init__(self, *statuses, state="VALID"):
        super().__init__(*statuses, state=state)
        self.result["gates"] = [
            {"gate": "arm0.speedup<5", "value": 4.5, "outcome": "failed", "reason": None},
            {"gate": "arm0.reuse<0.5", "value": 1.0, "outcome": "passed", "reason": None},
        ]


@pytest.mark.parametrize(
    ("session", "strict", "code"),
    [
        (Gated("ranked"), False, 4),
        (Gated("ranked", state="NOISY"), False, 4),
        (Gated("ranked", state="NOISY"), True, 5),
        (Gated("ranked", "disqualified"), True, 1),
    ],
)
def test_a_failed_gate_is_exit_code_4_unless_the_measurement_itself_is_in_doubt(capsys, session, strict, code):
    assert run._exit_code(session, strict) == code
    assert capsys.readouterr().err.startswith(
        "fetchrace: 1 of 2 gates failed: arm0.speedup<5 (4.5); 5 of 5 blocks are kept in results/x\n"
    )


def test_gates_are_printed_after_the_numbers(capsys, printed, monkeypatch, tmp_path):
    monkeypatch.setattr("harness.gate_table.print_gates", lambda gates: print("the gates"))
    run._tell(Drawn(tmp_path), False, False)
    assert capsys.readouterr().out == "the numbers\nthe gates\nreport  report.html\n"


@pytest.mark.parametrize(("tls", "server"), [(False, None), (True, "another one, without TLS")])
def test_the_card_of_a_race_over_tls_says_that_it_is_of_another_server(monkeypatch, scenario, tls, server):
    racing, plain = object(), object()
    monkeypatch.setattr(run, "running", lambda *args: contextlib.nullcontext(plain))
    monkeypatch.setattr(run, "calibrate", lambda mock, *args: (mock, args[-1]))
    told = Scenario.from_json({**scenario.to_json(), "tls": tls})
    assert run._card(SimpleNamespace(fast=True), racing, told, []) == (plain if tls else racing, server)
