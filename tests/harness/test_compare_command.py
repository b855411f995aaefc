"""``compare`` at the one door: files in, a table or one JSON document out, and an exit code that CI can stand on."""

import json

import pytest

from harness import cli

SLOWER = {"fast": (1.0, 1.04, 1.02), "slow": (0.8, 0.83, 0.81), "sequential": (1.0, 1.05, 1.02)}


@pytest.fixture
def runs(run_of, tmp_path, monkeypatch):
    """Three runs in folders ``before``, ``after`` (in which ``fast`` is half as fast) and ``elsewhere``."""
    monkeypatch.chdir(tmp_path)
    for name, run in {
        "before": run_of("before"),
        "after": run_of("after", arms=SLOWER),
        "elsewhere": run_of("elsewhere", concurrency=3),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(run))
    (tmp_path / "latest").symlink_to("after")
    return tmp_path


def compare(capsys, *arguments):
    code = cli.main(["compare", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("last", ["after", "after/run.json", "latest"])
def test_runs_are_folders_or_files_or_links(runs, capsys, last):
    code, out, err = compare(capsys, "before", last)
    assert (code, err) == (0, "")
    assert "worse" in out


def test_json_is_one_document(runs, capsys):
    code, out, err = compare(capsys, "before", "after", "--json", "--fail-on", "slow.speedup<1")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert [(run["run"], run["id"], run["verdict"]) for run in document["runs"]] == [
        ("A", "before", "VALID"),
        ("B", "after", "VALID"),
    ]
    findings = {
        arm["name"]: arm["runs"][1]["change"] and arm["runs"][1]["change"]["finding"]
        for arm in document["scenarios"][0]["strategies"]
    }
    assert findings == {"fast": "worse", "slow": "no difference told", "sequential": None}
    assert (document["comparisons"], document["not_compared"], document["warnings"]) == (2, [], [])
    (gate,) = document["gates"]
    assert (gate["gate"], gate["outcome"]) == ("slow.speedup<1", "passed")
    assert gate["value"] == pytest.approx(1.26, abs=0.01)


def test_the_scenarios_of_two_sweeps_are_matched_by_their_conditions_and_not_by_name_or_place(runs, run_of, capsys):
    def sweep(name, **arms):
        scenarios = [{**run_of(concurrency=c)["scenarios"][0], "name": f"{name} {c}"} for c in (1, 2, 3)]
        return {**run_of(name, **arms), "scenarios": scenarios}

    one, other = sweep("one"), sweep("other")
    other["scenarios"] = [*other["scenarios"][:0:-1], run_of(concurrency=3, arms=SLOWER, requests=12)["scenarios"][0]]
    other["scenarios"][0] = run_of(concurrency=3, arms=SLOWER)["scenarios"][0]
    for run in (one, other):
        (runs / run["id"]).mkdir()
        (runs / run["id"] / "run.json").write_text(json.dumps(run))
    code, out, _ = compare(capsys, "one", "other", "--json")
    document = json.loads(out)
    assert code == 0
    assert [laid["conditions"].split(", ")[1] for laid in document["scenarios"]] == ["2 in flight", "3 in flight"]
    findings = [laid["strategies"][0]["runs"][1]["change"]["finding"] for laid in document["scenarios"]]
    assert findings == ["no difference told", "worse"]
    assert document["not_compared"] == [
        "one 1: not the same race: concurrency 1 in A and 3 in B",
        "quick: only in B",
    ]


def test_a_gate_is_on_the_last_run_and_its_failure_is_exit_code_4(runs, capsys):
    gate = ["--fail-on", "fast.speedup<1.5"]
    assert compare(capsys, "after", "before", *gate)[0] == 0
    code, out, err = compare(capsys, "before", "after", *gate, "--fail-on", "slow.speedup<1")
    assert code == 4
    assert out.count("failed") == 1
    assert out.count("passed") == 1
    assert err.startswith("fetchrace: 1 of 2 gates failed: fast.speedup<1.5 (1.0")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["before"], "expected two to 26 runs to compare, found 1"),
        (["before", "before"], "A and B are the same run, before"),
        (["after", "latest"], "A and B are the same run, after"),
        (
            ["before", "elsewhere"],
            "these runs cannot be compared: quick: not the same race: concurrency 2 in A and 3 in B",
        ),
        (["before", "nowhere"], "no run at 'nowhere'"),
        (["before", "after", "--fail-on", "quick.speedup<1"], "'quick' is not in the race"),
        (["before", "after", "--fail-on", "fsat.speedup<1"], "'fsat' is not in the race; did you mean fast?"),
        (["before", "after", "--fail-on", "fast.time_s>1"], "belongs to one machine and one day"),
        (["before", "after", "--fail-in", "x"], "unknown argument '--fail-in'; did you mean --fail-on?"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence_with_exit_code_2(runs, capsys, arguments, said):
    code, out, err = compare(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"schema": 2}', "a newer fetchrace wrote it"),
        ("{}", "does not have schema 1"),
        ("not JSON", "is not a run"),
        ('{"schema": 1, "x": NaN}', "NaN is not JSON"),
        ('{"schema": 1}', "B has no scenario"),
        ('{"schema": 1, "scenarios": [{"name": "quick"}]}', "not the same race"),
    ],
)
def test_a_file_that_is_no_run_is_a_sentence(runs, capsys, content, said):
    (runs / "run.json").write_text(content)
    code, out, err = compare(capsys, "before", "run.json")
    assert (code, out) == (2, "")
    assert said in err


def test_a_run_that_could_not_rank_is_refused(runs, capsys, run_of):
    run = run_of("bound")
    run["scenarios"][0]["verdict"]["state"] = "SERVER-BOUND"
    (runs / "run.json").write_text(json.dumps(run))
    code, _, err = compare(capsys, "before", "run.json", "--fail-on", "fast.speedup<0.1")
    assert code == 2
    assert "quick: B: its verdict is SERVER-BOUND, which allows no ranking" in err


def test_the_committed_reference_run_can_be_compared(runs, capsys, pytestconfig):
    reference = pytestconfig.rootpath / "results" / "reference" / "run.json"
    run = json.loads(reference.read_text(encoding="utf-8"))
    (runs / "run.json").write_text(json.dumps({**run, "id": "again"}))
    code, out, _ = compare(capsys, str(reference), "run.json", "--fail-on", "asyncio-aiohttp.efficiency<0.5")
    assert code == 0
    ranked = [row for row in run["scenarios"][0]["strategies"] if row["status"] in ("ranked", "tied")]
    assert out.count("no difference told") == len(ranked) - 1  # all but the baseline
    assert "passed" in out
