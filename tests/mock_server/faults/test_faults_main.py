"""``python -m mock_server.faults``: the catalogue, printed."""

import json
import subprocess
import sys

import pytest

from mock_server.faults import catalogue
from mock_server.faults.__main__ import main


def test_the_table_has_a_line_for_each_fault_under_its_heading(capsys):
    assert main([]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["fault", "kind", "check", "what", "happens"]
    assert [line.split()[0] for line in lines] == list(catalogue)
    assert all(line.endswith(catalogue[line.split()[0]].says) for line in lines)


def test_json_is_one_document_in_which_a_sound_value_has_no_kind(capsys):
    assert main(["--json"]) == 0
    faults = {fault["name"]: fault for fault in json.loads(capsys.readouterr().out)["faults"]}
    assert list(faults) == list(catalogue)
    assert faults["bom"]["kind"] is None
    assert faults["429"] == {
        "name": "429", "kind": "rate_limited", "check": "B17", "says": "HTTP 429 with Retry-After: 1"
    }  # fmt: skip


def test_markdown_is_a_table_of_four_columns(capsys):
    assert main(["--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["| fault | kind | check | what happens |", "| --- | --- | --- | --- |"]
    assert len(lines) == 2 + len(catalogue)
    assert {line.count("|") for line in lines} == {5}


def test_two_forms_at_once_are_a_usage_error(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--json", "--markdown"])
    assert "not allowed with" in capsys.readouterr().err


def test_a_full_disk_is_a_sentence_and_no_traceback():
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "mock_server.faults"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert run.returncode == 3
    assert run.stderr == "the list of faults could not be written: No space left on device\n"
