"""The verb selftest: which code it ends with, and what it prints."""

import json

import pytest

from harness.cli import main
from harness.selftest import bench
from harness.selftest.bench import Part
from harness.selftest.row import Row

CAUGHT = Row("a liar", "disqualified", "disqualified", "the server saw 0 of 40 requests", True)
MISSED = Row("nothing: an honest race", "VALID", "NOISY", "other programs kept 0.9 of a core busy", False)


@pytest.fixture
def rows(monkeypatch):
    """What the selftest finds, instead of what it would find by racing."""
    found: list[Row] = []
    monkeypatch.setattr(bench, "lies", lambda quick: [Part("one", "a lie", lambda folder, say: list(found))])
    return found


def test_all_as_expected_is_exit_0(rows, capsys):
    rows.append(CAUGHT)
    assert main(["selftest"]) == 0
    told = capsys.readouterr()
    assert "the server saw 0 of 40" in told.out
    assert "1 of 1 row as expected" in told.out
    assert told.err == "1 of 1: a lie\n  ok      a liar: disqualified\n"


def test_one_miss_is_exit_1_and_says_what_to_try(rows, capsys):
    rows.extend((CAUGHT, MISSED))
    assert main(["selftest", "--quick"]) == 1
    told = capsys.readouterr()
    assert "MISSED" in told.out
    last = told.err.splitlines()[-1]
    assert last.startswith("fetchrace: nothing: an honest race: expected VALID, found NOISY; try an idle machine")
    assert last.endswith("keep the races with --results-dir DIR")


def test_json_is_one_document_on_stdout(rows, capsys):
    rows.extend((CAUGHT, MISSED))
    assert main(["selftest", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["caught"] is False
    assert document["rows"] == [CAUGHT.to_json(), MISSED.to_json()]


@pytest.mark.parametrize("columns", ["80", "100"])
def test_the_table_fits_the_terminal(rows, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    rows.extend((CAUGHT, MISSED))
    main(["selftest"])
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= int(columns)
    assert "NOISY" in told


def test_where_the_races_are_kept_is_said(rows, capsys, tmp_path):
    rows.append(MISSED)
    assert main(["selftest", "--results-dir", str(tmp_path)]) == 1
    (kept,) = tmp_path.iterdir()
    assert f"the races are kept in {kept}" in capsys.readouterr().err


def test_the_table_of_what_is_expected_is_printed_and_nothing_is_raced(rows, capsys):
    assert main(["selftest", "--markdown"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("| lie | expected | what tells |\n")
    assert told.err == ""


@pytest.mark.parametrize("others", [("--quick", "--long"), ("--quick", "--markdown"), ("--json", "--markdown")])
def test_options_that_exclude_each_other_are_a_usage_error(others):
    assert main(["selftest", *others]) == 2
