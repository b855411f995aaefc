"""``new-strategy``: what it writes works at once, what it may not write it refuses, and nothing is written over."""

import ast
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from harness import cli
from harness.commands.new_strategy import identifier_from
from harness.exits import UsageError
from strategies.conformance import check


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_and_its_test_are_written_and_what_to_do_next_is_said(here, capsys):
    assert cli.main(["new-strategy", "my-client"]) == 0
    assert sorted(path.name for path in here.iterdir()) == ["my_client.py", "test_my_client.py"]
    out, err = capsys.readouterr()
    assert err == ""
    for command in (
        "python -m harness -s all,./my_client.py:my_client",
        "python -m strategies.conformance ./my_client.py:my_client",
        "python -m pytest test_my_client.py",
        "python -m harness parity -s ./my_client.py:my_client",
        'my-client = "my_client:my_client"',
    ):
        assert command in out
    for path in here.iterdir():
        assert "NAME" not in path.read_text()
        ast.parse(path.read_text())


def test_what_was_written_fetches_keeps_headers_and_order_and_declares_what_was_asked(here):
    assert cli.main(["new-strategy", "mine"]) == 0
    written = strategies.load("mine.py:mine")
    assert check(written, [1, 2, 3]) == []


@pytest.mark.slow
def test_what_was_written_keeps_all_seven_promises_by_its_own_test(here):
    assert cli.main(["new-strategy", "mine"]) == 0
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"], capture_output=True, text=True
    )
    assert "7 passed" in ran.stdout, ran.stdout


def test_it_goes_where_it_is_told_to(here, capsys):
    (here / "some where").mkdir()
    assert cli.main(["new-strategy", "mine", "--folder", "some where"]) == 0
    assert (here / "some where" / "test_mine.py").exists()
    assert "-s all,'./some where/mine.py':mine" in capsys.readouterr().out


@pytest.mark.parametrize("taken", ["mine.py", "test_mine.py"])
def test_nothing_is_written_over_and_nothing_else_written_either(here, capsys, taken):
    (here / taken).write_text("precious")
    assert cli.main(["new-strategy", "mine"]) == 2
    assert "is there already, and nothing is written over" in capsys.readouterr().err
    assert {path.name: path.read_text() for path in here.iterdir()} == {taken: "precious"}


def test_a_link_that_leads_nowhere_is_not_written_through(here, capsys):
    (here / "mine.py").symlink_to(here / "elsewhere.py")
    assert cli.main(["new-strategy", "mine"]) == 2
    assert not (here / "elsewhere.py").exists()


def test_a_folder_that_is_not_there_is_an_environment_gap_in_a_sentence(here, capsys):
    assert cli.main(["new-strategy", "mine", "--folder", "nowhere"]) == 3
    assert "expected a folder that can be written to" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../x", "expected a name of letters"), ("a/b", "expected a name"), ("a\0b", "expected a name"),
        ("x" * 300, "expected a name"), ("", "expected a name"), ("é", "expected a name"), ("class", "expected a name"),
        ("threads", "there is a strategy 'threads' already; try another name, such as my-threads"),
        ("asyncio_aiohttp", "there is a strategy 'asyncio_aiohttp' already"),
        ("json", "json.py would hide the module 'json'"), ("requests", "would hide the module 'requests'"),
        ("test_x", "begins as private things or tests do"), ("_x", "begins as private"),
    ],
)  # fmt: skip
def test_a_name_that_is_none_or_is_taken_is_refused_and_nothing_is_written(here, capsys, name, said):
    assert cli.main(["new-strategy", name]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert list(here.iterdir()) == []


@given(st.text(max_size=60))
def test_whatever_the_name_it_is_a_plain_identifier_or_refused(text):
    try:
        name = identifier_from(text)
    except UsageError:
        return
    assert name.isascii()
    assert name.isidentifier()
    assert len(name) <= 40
