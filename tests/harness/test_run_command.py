"""``run`` and its options: what cannot be raced is refused in one sentence before anything is measured."""

import argparse
import json
import os
import re
import resource
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from harness import cli, entries, gate, heat, influences, options, scenario_options
from harness.arm import Arm
from harness.commands import run
from harness.doctor.descriptors import allow_files_for
from harness.entries import Entries
from harness.exits import EnvironmentGap, OutOfTime, UsageError
from mock_server.process import MockFailed

REAL_RACE = run._race
"""What ``told`` replaces."""


@pytest.fixture(autouse=True)
def nothing_may_be_measured(monkeypatch, tmp_path):
    """A mock server that would be started is a failure, and so is a file that is written."""
    monkeypatch.chdir(tmp_path)

    def started(*args, **kwargs):
        raise AssertionError("the mock server was started")

    monkeypatch.setattr(run, "serving", started)
    yield
    assert not (tmp_path / "results").exists()


@pytest.fixture
def two_arms(monkeypatch):
    """Probing finds two strategies, without looking."""

    def entries_for(text, in_flight, plans):
        arms = (Arm("sequential", "sequential"), Arm("threads", "threads"), Arm("threads (twin)", "threads", "threads"))
        return Entries(
            arms, {arm.name: {n: 1 if arm.name == "sequential" else n for n in in_flight} for arm in arms}, {}, {}
        )

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
    (["--real", "--latency", "50ms"], "--latency is the mock server's, and with --real or --base-url none is started"),
    (["--real", "--sabotage", "late=5ms"], "--sabotage is the mock server's"),
    (["--real", "--scenario", "trading"], "--scenario trading has a --latency, which is the mock server's"),
    (
        ["--real", "--requests", "60", "-s", "threads"],
        "try --requests 22 or fewer, or leave coinbase out (--exchange); nothing was asked",
    ),
    (["--base-url", "kraken=https://api.kraken.com"], "nothing leaves it without --real"),
    (["--base-url", "kraken=http://127.0.0.1:1", "-x", "kraken,okx"], "nothing is said of okx"),
    (["--real", "--base-url", "kraken=https://169.254.169.254"], "link-local, where clouds keep their secrets"),
    (["--allow-private"], "--allow-private is about servers that --base-url names"),
    (["--plan", "bach"], "--plan: expected single or batch, found 'bach'; did you mean batch?"),
    (["--plan", "batch", "--workload", "books", "-s", "threads"], "expected --workload tickers, found books"),
    (["-s", "threads+bach"], "unknown strategy 'threads+bach'; did you mean threads"),
    (["-s", "threads+batch", "--baseline", "threads+batch"], "--baseline 'threads+batch' is not in the race"),
    (["--workload", "trades"], "--workload: expected tickers, books, markets, found 'trades'"),
    (["--faults", "429@"], "--faults: expected a probability from 0 to 1"),
    (["--fast", "--rigorous"], "--fast and --rigorous exclude each other"),
    (["--budget", "60s", "--blocks", "5"], "--budget and --blocks exclude each other"),
    (["--budget", "soon"], "--budget: expected a duration such as 20ms, 1.5s or 500us, found 'soon'"),
    (["--resume", "results/x"], "no run at 'results/x'"),
    (["--resume", "results/x", "-c", "20"], "expected no option that says otherwise, found --concurrency"),
    (["--resume", "x", "--budget=9s", "--seed", "7", "--tls"], "found --budget, --seed, --tls"),
    (["--sabotage", "everything"], "--sabotage: expected one-at-a-time=10ms, refuse=EXCHANGE=KIND, "),
    (["--fail-on", "threads.time_s<1"], "--fail-on: time_s is an absolute measure"),
    (["--fail-on", "threads.speeed<1"], "unknown field 'speeed'; did you mean speedup?"),
    (["--fail-on", "thread.speedup<1", "-s", "threads"], "'thread' is not in the race; did you mean threads?"),
    (["--blocks", ""], "--blocks: expected a whole number, found ''"),
    (["--warm", ""], "--warm: expected a whole number, found ''"),
    (["--budget", ""], "--budget: expected a duration"),
    (["--results-dir", ""], "--results-dir: expected a folder, found ''"),
    (["--resume", ""], "--resume: expected a folder, found ''"),
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
    allow_files_for(80)
    assert asked == [(224, 4096)]
    allow_files_for(-20)  # 24 needed, 40 there
    assert len(asked) == 1


def test_without_any_strategy_left_nothing_is_measured(capsys, monkeypatch):
    broken = Entries((), {}, {}, {"bad.py:x": "strategy bad.py:x failed at import: KeyError: 'a'"})
    monkeypatch.setattr(entries, "entries_for", lambda text, in_flight, plans: broken)
    assert cli.main(["-s", "bad.py:x"]) == 1
    assert capsys.readouterr().err == (
        "fetchrace: strategy bad.py:x failed at import: KeyError: 'a'\n"
        "fetchrace: no strategy is left to race; nothing was measured\n"
    )


def one(scenarios):
    (found,) = scenarios
    return found


@pytest.fixture
def args():
    """The options of ``run``, parsed."""

    def parse(*argv):
        parser = argparse.ArgumentParser()
        run.add_arguments(parser)
        return parser.parse_args(argv)

    return parse


def parser_of_run():
    parser = argparse.ArgumentParser(prog="python -m harness run", description="Race.", allow_abbrev=False)
    run.add_arguments(parser)
    return parser


def test_the_options_stand_in_groups_and_in_eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = parser_of_run().format_help()
    assert max(map(len, told.splitlines())) <= 80
    # Without a group of its own an option would stand beside --help.
    groups = dict(zip(*[iter(re.split(r"\n\n([a-z ,]+):\n", told)[1:])] * 2, strict=True))
    assert re.findall("--[a-z-]+", groups.pop("options")) == ["--help"]
    assert "--sabotage" in groups["for testing fetchrace itself"]
    assert [name for name, text in groups.items() if "  -" in text] == [
        "what is raced", "under which conditions", "against whom, the mock server or others",
        "how long, and in which order", "what comes out", "for testing fetchrace itself",
    ]  # fmt: skip


def test_the_examples_in_the_help_are_commands_that_run_takes():
    parser = parser_of_run()
    begin = f"  {parser.prog} "
    examples = [line.removeprefix(begin) for line in parser.epilog.splitlines() if line.startswith(begin)]
    assert len(examples) == 4
    for example in examples:
        args = parser.parse_args(shlex.split(example))
        assert run._scenarios(args)
        assert [gate.Gate.parse(text) for text in args.fail_on] or "--fail-on" not in example


def test_the_help_says_who_runs_one_warm_batch_only():
    (warm,) = [action for action in parser_of_run()._actions if "--warm" in action.option_strings]
    assert warm.help.endswith("(3; an arm with one request in flight runs one)")


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
    scenario = one(run._scenarios(args(*options)))
    assert (scenario.blocks, scenario.warm) == (blocks, warm)


def test_the_default_scenario_is_the_one_of_the_documents(args):
    scenario = one(run._scenarios(args()))
    assert (scenario.name, scenario.requests, scenario.concurrency, scenario.latency) == ("quick", 40, 20, "20ms")
    assert (scenario.deadline_s, scenario.max_body, scenario.seed) == (10.0, 4 * 2**20, 7)
    assert scenario.exchanges == ("binance", "coinbase", "kraken")


def test_the_default_race_of_the_core_takes_at_most_a_minute(args):
    in_flight = {
        name: 1 if name == "sequential" else 20 for name in ("sequential", "a", "b", "c", "d", "e", "f", "twin")
    }
    assert heat.estimate_s(one(run._scenarios(args())), in_flight) < 60


@pytest.mark.parametrize(
    ("asked", "names", "baseline"),
    [
        (None, ["threads", "sequential"], "sequential"),
        (None, ["threads", "trio-httpx"], "threads"),
        ("trio-httpx", ["threads", "trio-httpx"], "trio-httpx"),
        ("./some/mine.py:fast", ["threads", "mine.py:fast"], "mine.py:fast"),
        ("mine.py:fast", ["threads", "mine.py:fast"], "mine.py:fast"),
    ],
)
def test_the_baseline_is_the_one_asked_for_or_sequential_or_the_first(scenario, asked, names, baseline):
    assert scenario_options.with_baseline(scenario, asked, names).baseline == baseline


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MockFailed("the mock server did not start: port 80 is taken", 3), 3),
        (MockFailed("the mock server did not start: unknown kind", 2), 2),
        (EnvironmentGap("the mock server ended in the middle of the run"), 3),
        (OutOfTime("out of time"), 124),
        (OSError(28, "No space left on device", "requests.csv"), 3),
    ],
)
def test_when_the_race_breaks_off_the_last_line_says_what_was_kept_and_where(
    capsys, monkeypatch, two_arms, tmp_path, error, code
):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr(run, "serving", broken)
    assert cli.main(["--results-dir", "kept", "--fast"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("fetchrace: ")
    assert "kept: 0 of 3 blocks, in kept/" in last
    (folder,) = [path for path in Path("kept").iterdir() if not path.is_symlink()]
    assert (folder / "run.json").exists()


def test_a_plugin_that_exits_in_the_middle_of_a_race_is_told_with_what_was_kept(capsys, monkeypatch, two_arms):
    def leaving(*args, **kwargs):
        raise SystemExit(0)

    monkeypatch.setattr(run, "serving", leaving)
    assert cli.main(["--results-dir", "kept", "--fast"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("fetchrace: a plugin ended the program: sys.exit(0); kept: 0 of 3 blocks, in kept/")


def test_with_a_budget_too_small_nothing_is_measured(capsys, two_arms):
    assert cli.main(["--budget", "3s"]) == 2
    err = capsys.readouterr().err
    assert "--budget: 5 blocks of 2 arms and a twin take about " in err
    assert "found 3.00 s; try --budget " in err
    assert err.count("\n") == 1


@pytest.fixture
def told(monkeypatch, two_arms):
    """What a race is given, and what it is called with; nothing is raced."""
    found = []

    def race(entered):
        found.append(entered)
        entered.session.state = "complete"

    monkeypatch.setattr(run, "_race", race)
    monkeypatch.setattr(run, "tell", lambda *arguments: 0)
    return found


@pytest.mark.parametrize(
    ("options", "warm"), [([], 3), (["--fast"], 2), (["--rigorous"], 5), (["--warm", "4", "--fast"], 4)]
)
def test_a_budget_decides_the_blocks_and_the_other_options_the_warm_batches(told, options, warm):
    assert cli.main(["--budget", "600s", "--results-dir", "kept", *options]) == 0
    (entered,) = told
    (raced,) = entered.session.heats
    assert (raced.scenario.warm, entered.budget.total_s) == (warm, 600.0)
    assert 5 < raced.scenario.blocks <= 100
    assert len(raced.order) == raced.scenario.blocks == entered.session.result["scenarios"][0]["blocks"]
    assert entered.session.result["budget_s"] == 600.0


def test_what_is_broken_on_purpose_is_given_to_the_server_and_noted(told):
    assert cli.main(["--sabotage", "late=30ms", "--results-dir", "kept"]) == 0
    (entered,) = told
    assert list(entered.levers) == ["--late=30ms"]
    assert entered.session.result["sabotage"] == "late=30ms"


def test_a_run_that_ended_before_its_time_is_partial_and_one_that_is_complete_says_so(monkeypatch, told, capsys):
    assert cli.main(["--results-dir", "kept"]) == 0
    assert json.loads((told[0].session.folder.path / "run.json").read_text())["state"] == "complete"

    def race(entered):
        entered.session.journal._kept = replace(entered.session.journal._kept, blocks={"quick": 1})
        raise OutOfTime("out of time: the budget was spent")

    monkeypatch.setattr(run, "_race", race)
    assert cli.main(["--results-dir", "late"]) == 124
    last = capsys.readouterr().err.splitlines()[-1]
    assert "the budget was spent; kept: 1 of 5 blocks, in late/" in last
    assert "--resume" not in last
    assert json.loads((Path("late", "latest", "run.json")).read_text())["state"] == "partial"


def test_resuming_takes_what_was_broken_and_how_it_is_told_and_judged(monkeypatch, capsys, told):
    assert cli.main(["--sabotage", "late=30ms", "--results-dir", "kept"]) == 0
    (entered,) = told
    asked = []

    def reopened(folder, argv, gates):
        asked.append((folder, [gate.text for gate in gates]))
        return entered.session, entered.session.entered

    monkeypatch.setattr(run, "reopened", reopened)
    monkeypatch.setattr(entered.session, "end", lambda: None)
    gate = "threads.speedup<2"
    assert cli.main(["--resume", "kept/latest", "-s", "all", "--json", "--strict", "--fail-on", gate]) == 0
    assert asked == [(Path("kept/latest"), [gate])]
    assert list(told[1].levers) == ["--late=30ms"]
    assert told[1].budget is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("argv", "given"),
    [
        ([], set()),
        (["--resume", "x"], {"resume"}),
        (["-c20"], {"concurrency"}),
        (["--concurrency=20", "--tls", "--fail-on", "a.b<1"], {"concurrency", "tls", "fail_on"}),
        (["--results-dir", "results"], {"results_dir"}),
        (["--affinity", "free"], {"affinity"}),
    ],
)
def test_an_option_is_given_even_where_its_value_is_the_one_that_it_would_have_anyway(argv, given):
    assert options.given(run.add_arguments, argv) == given


def test_cores_that_are_not_there_are_told_before_anything_is_measured(monkeypatch, capsys):
    def none(mode):
        raise EnvironmentGap("--affinity split needs two cores")

    monkeypatch.setattr("harness.affinity.cores_for", none)
    assert cli.main(["--affinity", "split"]) == 3
    assert capsys.readouterr().err == "fetchrace: --affinity split needs two cores\n"


def test_a_run_that_goes_on_without_its_budget_says_so_first(monkeypatch, capsys, told):
    def refuse(*arguments):
        raise UsageError("enough")

    assert cli.main(["--budget", "600s", "--results-dir", "kept"]) == 0
    monkeypatch.setattr(run, "serving", refuse)
    for entered, is_over in ((told[0], False), (replace(told[0], budget=None), True)):
        with pytest.raises(UsageError, match="enough"):
            REAL_RACE(entered)
        assert capsys.readouterr().err.endswith("; the --budget of 600 s no longer holds\n") is is_over


def test_the_command_that_goes_on_is_judged_as_this_one(told, capsys):
    assert (
        cli.main(["--strict", "--max-error-rate", "0.10", "--fail-on", "threads.speedup<2", "--results-dir", "k"]) == 0
    )
    session = told[0].session
    assert session.resume_command() == (
        f"python -m harness run --resume {session.folder.path} --fail-on 'threads.speedup<2' --strict "
        "--max-error-rate 0.1"
    )


def test_what_is_withheld_from_workers_is_told_once_before_the_race(monkeypatch, capsys, two_arms):
    def refuse(*arguments):
        raise UsageError("enough")

    monkeypatch.setattr(run, "serving", refuse)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert cli.main(["--results-dir", "kept"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert "HTTP_PROXY" in lines[0]
    assert lines[0] == influences.told(os.environ)
    assert lines[1].startswith("2 arms and a twin, 40 requests, 20 in flight, 20ms, 5 blocks: about ")
