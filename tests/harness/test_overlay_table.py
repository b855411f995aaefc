"""An overlay on the terminal: readable at 100 and 80 columns, by someone who has never seen one."""

import pytest
from rich.cells import cell_len

from harness.overlay import overlay
from harness.overlay_table import print_overlay
from harness.report.entries import RunEntry

LONG = "asyncio-aiohttp@3.13"


@pytest.fixture
def show(run_of, capsys, monkeypatch):
    """Print two runs, of which the second is given."""

    def make(columns=100, **second):
        monkeypatch.setenv("COLUMNS", str(columns))
        arms = {LONG: (0.50, 0.52, 0.51), "slow": (0.80, 0.83, 0.81), "sequential": (1.00, 1.05, 1.02)}
        twice = {**arms, "slow": (1.60, 1.66, 1.62)}
        runs = [RunEntry(run_of(arms=arms)), RunEntry(run_of("second", **{"arms": twice, **second}))]
        print_overlay(overlay(runs), runs)
        out = capsys.readouterr().out
        assert max(cell_len(line) for line in out.splitlines()) <= columns
        return out

    return make


def under(out, name):
    """The lines of an arm, without its name."""
    lines = out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.strip() == name)
    return [line.split() for line in lines[start + 1 : start + 3]]


def test_each_arm_has_a_line_for_each_run_with_what_changed(show):
    out = show()
    before, after = under(out, "slow")
    assert before[:2] == ["A", "1.26×"]
    assert after[:2] == ["B", "0.63×"]
    assert after[-1] == "worse"
    assert "-50%" in after
    assert out.count("no difference told") == 1
    assert under(out, "sequential")[1][-1] == "baseline"


def test_the_runs_and_the_conditions_are_named(show):
    out = show()
    assert "A  20260101T000000Z-aaaa  2026-01-01T00:00:00+00:00  VALID" in out
    assert "quick: 6 requests, 2 in flight, 100ms; speedup over sequential" in out
    assert "Times of different runs are not compared." in " ".join(out.split())


@pytest.mark.parametrize("columns", [80, 100])
def test_an_arm_of_the_batch_plan_is_told_against_itself_and_without_a_claim(run_of, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    raw = [run_of(), run_of("second")]
    for run, ratio in zip(raw, (2.5, 2.0), strict=True):
        run["scenarios"][0]["strategies"].append(
            {
                "name": "fast+batch", "plan": "batch", "status": "unranked", "reason": "another plan: fewer requests",
                "over_single": ratio, "over_single_low": ratio - 0.1, "over_single_high": ratio + 0.1,
            }
        )  # fmt: skip
    found = overlay([RunEntry(run) for run in raw])
    print_overlay(found, [RunEntry(run) for run in raw])
    out = capsys.readouterr().out
    assert [" ".join(line) for line in under(out, "fast+batch")] == [
        "A 2.50× 2.40 to 2.60 over single",
        "B 2.00× 1.90 to 2.10 over single",
    ]
    assert "over single: over the same strategy with a request a market" in " ".join(out.split())
    assert "is unranked in" not in out
    (laid,) = found.compared
    assert laid.to_json()["strategies"][-1]["runs"][1]["over_single"] == 2.0


def test_at_80_columns_the_claim_stays_and_the_limit_goes(show):
    out = show(80)
    assert under(out, "slow")[1][-1] == "worse"
    assert " ".join(under(out, "sequential")[0]) == "A 1.00× baseline"
    assert "not told" in out


def test_findings_of_a_noisy_run_carry_a_question_mark(show):
    out = show(twin_off=1.5)
    assert under(out, "slow")[1][-1] == "worse?"
    assert "provisional (?): B could not rank firmly (NOISY)" in out


@pytest.mark.parametrize("columns", [80, 100])
def test_a_long_name_is_folded_and_never_cut(show, columns):
    out = show(columns)
    assert LONG in "".join(out.split())


def test_warnings_and_arms_that_are_out_are_said(show):
    out = show(
        breaches={LONG: ["it fetched half"]},
        facts={"versions": {"aiohttp": "9"}, "state": "partial"},
    )
    assert "aiohttp 3.14.5 in A and 9 in B" in out
    assert "B is partial" in out
    assert f"{LONG} is disqualified in B: it fetched half" in " ".join(out.split())


def test_arms_that_only_one_run_has_are_named_in_one_line(show):
    out = show(arms={"slow": (0.8, 0.8, 0.8), "sequential": (1.0, 1.1, 1.0), "new": (0.1, 0.1, 0.1)})
    assert f"not in B: {LONG}" in out
    assert "not in A: new" in out
    assert under(out, "new")[0] == ["A", "-", "-", "-", "absent"]


def test_a_scenario_that_is_not_compared_is_said(run_of, capsys):
    one, other = run_of(), run_of("second")
    one["scenarios"].append({**one["scenarios"][0], "name": "eight", "concurrency": 8})
    runs = [RunEntry(one), RunEntry(other)]
    print_overlay(overlay(runs), runs)
    assert "not compared: eight: not in B" in capsys.readouterr().out


def test_nothing_that_a_stranger_wrote_moves_the_cursor(run_of, capsys):
    other = run_of("\x1b[2J", facts={"versions": {"\x1b[2Jx": "\x1b[2J"}})
    for row in other["scenarios"][0]["strategies"]:
        row["name"] = row["name"].replace("fast", "\x1b[2Jfast")
    other["scenarios"][0]["verdict"]["reasons"] = ["\x1b[2J"]
    runs = [RunEntry(run_of()), RunEntry(other)]
    print_overlay(overlay(runs), runs)
    assert "\x1b" not in capsys.readouterr().out
