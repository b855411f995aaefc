"""``python -m harness``: our packages are ours, or nothing runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness import __main__ as program

REPO = str(Path(harness.__file__).parent.parent)


def in_folder(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments], cwd=folder, env={**os.environ, "PYTHONPATH": REPO}, text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def test_in_its_own_repository_nothing_is_strange():
    assert program.strangers() == []


@pytest.mark.parametrize("name", ["strategies", "exchanges", "mock_server"])
def test_a_package_of_the_working_folder_under_one_of_our_names_stops_the_program(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')\n")
    done = in_folder(tmp_path, "--help")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"the name {name!r} leads to {tmp_path.resolve() / name}" in done.stderr
    assert done.stderr.endswith("run it from another folder\n")


def test_a_module_of_the_working_folder_under_one_of_our_names_stops_the_program(tmp_path):
    (tmp_path / "strategies.py").write_text("raise RuntimeError('imported')\n")
    done = in_folder(tmp_path, "--help")
    assert done.returncode == 3
    assert "strategies.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plain_folder_under_one_of_our_names_is_harmless(tmp_path):
    (tmp_path / "strategies").mkdir()
    assert in_folder(tmp_path, "--help").returncode == 0


def test_a_name_that_leads_nowhere_is_told(monkeypatch):
    monkeypatch.setattr(program.importlib.util, "find_spec", lambda name: None)
    assert program.strangers()[0].startswith("the name 'exchanges' leads to nowhere, expected the one beside ")


def test_a_stranger_is_exit_code_3_and_its_code_never_runs(monkeypatch, capsys):
    monkeypatch.setattr(program, "strangers", lambda: ["the name 'x' leads to y", "another"])
    assert program.main() == 3
    assert capsys.readouterr() == ("", "fetchrace: the name 'x' leads to y; run it from another folder\n")


def test_ctrl_c_while_the_program_is_imported_is_one_sentence(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "strangers", interrupted)
    assert program.main() == 130
    assert capsys.readouterr() == ("", "fetchrace: interrupted; nothing was begun, or all was done\n")
