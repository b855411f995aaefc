"""``run`` and its options: what cannot be raced is refused in one sentence before anything is measured."""

import resource
from pathlib import Path

import pytest

from harness import cli, entries, race
from harness.arm import Arm
from harness.commands import run
from harness.entries import Entries
from harness.exits import EnvironmentGap
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
    (["--pairs", "$x_$/USD"], "--pairs: expected a pair such as BTC/USD"),
    (["-x", "binance", "--pairs", "BTC/USD"], "no chosen exchange lists BTC/USD"),
    (["-s", "thread"], "unknown strategy 'thread'; did you mean threads?"),
    (["-s", "threads,threads"], "the strategy 'threads' is named twice"),
    (["-s", "nowhere.py:x"], "no file 'nowhere.py'"),
    (["--fast", "--rigorous"], "--fast and --rigorous exclude each other"),
    (["--sabotage", "everything"], "--sabotage: expected one-at-a-time=10ms or refuse=EXCHANGE=KIND"),
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
    assert run._with_baseline(scenario, asked, names).baseline == baseline


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (None, []),
        ("one-at-a-time=10ms", ["--one-at-a-time", "10ms"]),
        ("refuse=kraken=rate_limited", ["--refuse", "kraken=rate_limited"]),
    ],
)
def test_sabotage_is_handed_to_the_mock(text, options):
    assert run._sabotage(text) == options


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
