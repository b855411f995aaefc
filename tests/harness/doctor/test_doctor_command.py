"""``doctor`` as a user runs it: what it prints, and its exit code."""

import json
import sys

import pytest

from harness import cli
from harness.calibration import Card, Line
from harness.doctor import Examination, Finding, examination


@pytest.fixture
def examined(monkeypatch):
    """Let the examination have these findings."""

    def let(*findings, card=None):
        monkeypatch.setattr("harness.doctor.examine", lambda: Examination(findings, card))

    return let


FINE = Finding("clock", "fine", "monotonic from tsc")
DOUBTFUL = Finding("load", "doubtful", "1.90 over the last minute on 2 cores", "end what else is running")
BAD = Finding("mock server", "bad", "it did not start\x1b[2J", "nothing can be raced without it")
CARD = Card(0.05, (Line.of(1, [0.0001], [0.0005]), Line.of(1000, [0.004] * 100, [0.01])))


def test_where_all_is_well_it_says_so_and_exits_0(examined, capsys):
    examined(FINE)
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("All is well: go ahead.")


def test_what_is_doubtful_comes_with_what_to_do_and_exits_0(examined, capsys):
    examined(FINE, DOUBTFUL)
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "doubtful  load   1.90 over the last minute" in out
    assert "end what else is running" in out
    assert "Measuring is possible; 1 of 2 findings will cost precision." in out


def test_what_makes_measuring_impossible_exits_3(examined, capsys):
    examined(FINE, BAD)
    assert cli.main(["doctor"]) == 3
    out = capsys.readouterr().out
    assert "Measuring is impossible here until what is bad is mended." in out
    assert "\x1b[2J" not in out


def test_the_card_is_a_table_of_asked_held_and_seen(examined, capsys):
    examined(FINE, card=CARD)
    cli.main(["doctor"])
    out = capsys.readouterr().out
    assert "replies to be held for 50.0 ms" in out
    (line,) = [line for line in out.splitlines() if line.startswith("1,000")]
    assert line.split()[1:] == ["100", *["4.00", "ms"] * 3, "2.50", "ms", "15.0", "ms", *["10.0", "ms"] * 2]


def test_json_is_one_document(examined, capsys):
    examined(FINE, DOUBTFUL, card=CARD)
    assert cli.main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["possible"] is True
    assert [finding["state"] for finding in found["findings"]] == ["fine", "doubtful"]
    assert [line["in_flight"] for line in found["calibration"]["lines"]] == [1, 1000]


def test_a_mock_server_that_does_not_start_is_a_finding_and_no_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    card, found = examination._card()
    assert card is None
    assert (found.topic, found.state) == ("mock server", "bad")


@pytest.mark.slow
def test_an_examination_of_this_machine_has_every_topic_and_a_card_at_every_load(capsys):
    assert cli.main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [finding["topic"] for finding in found["findings"]] == [
        "processors", "load", "steal", "interpreter", "clock", "timers", "loopback", "file descriptors", "kernel",
        "libraries", "shadowed packages", "uvloop", "proxies", "mock server",
    ]  # fmt: skip
    lines = found["calibration"]["lines"]
    assert [line["in_flight"] for line in lines if not line["repeated"]] == [1, 20, 100, 1000]
    assert all(line["held"]["least"] >= 0 for line in found["calibration"]["lines"])
