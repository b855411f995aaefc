"""The one door: verbs, exit codes, one sentence on stderr, and never a traceback."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from exchanges.plugins import BrokenPlugin, MissingLibrary, UnknownName
from harness import cli
from harness.commands import report
from harness.exits import Ended, EnvironmentGap, Stop, UsageError

REPO = str(Path(harness.__file__).parent.parent)
HEAVY = {"pandas", "matplotlib", "numpy", "aiohttp", "httpx", "trio", "rich", "requests", "jinja2", "urllib3"}
VERBS = [verb for verb in cli.VERBS if verb != "mock"]


def fetchrace(*arguments, cwd=None, python=(), **options):
    """Run the program as a user would."""
    environment = {**os.environ, "PYTHONPATH": REPO, **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, *python, "-m", "harness", *arguments], cwd=cwd, env=environment, text=True, check=False,
        stdin=subprocess.DEVNULL, **{"capture_output": True, **options},
    )  # fmt: skip


@pytest.fixture
def leave(monkeypatch, capsys):
    """Run ``report`` with a command that raises: (exit code, stderr)."""

    def raising(error):
        def run(args, argv):
            raise error

        monkeypatch.setattr(report, "run", run)
        return cli.main(["report", "x"]), capsys.readouterr().err

    return raising


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_answers_at_once_without_a_heavy_import(option, tmp_path):
    done = fetchrace(option, python=["-X", "importtime"], cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m harness")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "harness" in imported
    assert not HEAVY & imported
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []


HELP_OF_EACH = """
import contextlib, io, json, sys
from harness.__main__ import main
helped = {}
for verb in sys.argv[1:]:
    sys.argv[1:] = [verb, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            code = main()
        except SystemExit as error:
            code = error.code
    helped[verb] = [code, out.getvalue(), sorted({name.partition(".")[0] for name in sys.modules})]
print(json.dumps(helped))
"""


@pytest.mark.slow
def test_help_of_every_command_answers_without_a_heavy_import(tmp_path):
    # All in one process: what one of them imported, the ones after it have as well.
    done = subprocess.run(
        [sys.executable, "-c", HELP_OF_EACH, *VERBS], cwd=tmp_path, env={**os.environ, "PYTHONPATH": REPO},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    helped = json.loads(done.stdout)
    assert list(helped) == VERBS
    for verb, (code, said, imported) in helped.items():
        assert code in (0, None), verb
        assert said.startswith(f"usage: python -m harness {verb}"), verb
        assert "harness" in imported
        assert not HEAVY & set(imported), verb
        assert "\x1b" not in said, verb
    assert list(tmp_path.iterdir()) == []


def test_help_lists_every_command(capsys):
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {verb} " in text for verb in cli.VERBS)


def test_every_command_but_mock_has_its_module():
    for verb in VERBS:
        assert (Path(REPO) / "harness" / "commands" / f"{verb.replace('-', '_')}.py").exists()


def test_the_version_is_told_even_in_a_checkout_that_is_not_installed(capsys, monkeypatch):
    import importlib.metadata

    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("fetchrace ")

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == "fetchrace (a checkout that is not installed)\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["rnu"], "unknown command 'rnu'; did you mean run?"),
        ([""], "unknown command ''"),
        (["../x"], "unknown command '../x'"),
        (["__init__"], "unknown command '__init__'"),
        (["\x1b[2J"], "unknown command '\\x1b[2J'"),
        (["--blokcs", "3"], "unknown argument '--blokcs'; did you mean --blocks?"),
        (["run", "--blokcs=3"], "unknown argument '--blokcs=3'; did you mean --blocks?"),
        (["--bloc", "3"], "unknown argument '--bloc'; did you mean --blocks?"),
        (["run", "extra"], "unknown argument 'extra'"),
        (["run", ""], "unknown argument ''"),
        (["run", " "], "unknown argument ''"),
        (["--blocks"], "argument --blocks: expected one argument"),
        (["--order", "random"], "argument --order: invalid choice: 'random' (choose from "),
        (["report"], "the following arguments are required: RUN"),
        (["prices", "--json", "--csv"], "argument --csv: not allowed with argument --json"),
    ],
)
def test_a_slip_is_one_sentence_with_exit_code_2(capsys, argv, said):
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"fetchrace: {said}")  # Pythons differ in how they quote a list of choices
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Stop("why"), 1),
        (UsageError("why"), 2),
        (EnvironmentGap("why"), 3),
        (UnknownName("x", "why"), 2),
        (MissingLibrary("x", "why"), 3),
        (BrokenPlugin("x", "why"), 3),
        (OSError("why"), 3),
        (Ended(130), 130),
        (Ended(143), 143),
        (BrokenPipeError(), 1),
    ],
)
def test_each_error_has_its_exit_code_and_one_line(leave, error, code):
    found, said = leave(error)
    assert found == code
    assert said.startswith("fetchrace: ")
    assert said.count("\n") == 1


def test_an_error_of_the_system_names_its_file(leave):
    assert leave(FileNotFoundError(2, "No such file or directory", "a.json")) == (
        3, "fetchrace: a.json: No such file or directory\n",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["two\nlines", "\x1b]0;owned\x07", "\u202egnol", "x" * 5000, "\r"])
def test_what_is_said_is_one_printable_line_of_a_readable_length(leave, text):
    _, said = leave(UsageError(text))
    assert said.removesuffix("\n").isprintable()
    assert len(said) < 1520


def test_a_bug_still_raises(leave):
    with pytest.raises(ZeroDivisionError):
        leave(ZeroDivisionError())


@pytest.mark.parametrize("code", [0, None, 7])
def test_a_plugin_that_exits_does_not_end_the_program_silently(leave, code):
    assert leave(SystemExit(code)) == (1, f"fetchrace: a plugin ended the program: sys.exit({code})\n")


def test_what_a_terminal_cannot_show_becomes_a_question_mark(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(report, "run", lambda args, argv: print("17.1× faster") or 0)
    assert cli.main(["report", "x"]) == 0
    assert terminal.buffer.getvalue() == b"17.1? faster\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_in_good_order_and_handlers_are_put_back(monkeypatch, capsys, number, code):
    tidied = []

    def run(args, argv):
        try:
            signal.raise_signal(number)
        finally:
            tidied.append(True)

    monkeypatch.setattr(report, "run", run)
    before = signal.getsignal(number)
    assert cli.main(["report", "x"]) == code
    assert tidied == [True]
    assert signal.getsignal(number) is before
    assert capsys.readouterr().err.startswith("fetchrace: ")


def test_a_second_signal_ends_the_program_at_once_and_says_so(monkeypatch, capfd):
    class Gone(BaseException):
        pass

    def leave_at_once(code):
        raise Gone(code)

    def run(args, argv):
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)

    times = iter([5.0, 5.2])
    monkeypatch.setattr(cli.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(report, "run", run)
    monkeypatch.setattr(cli.os, "_exit", leave_at_once)
    with pytest.raises(Gone, match="130"):
        cli.main(["report", "x"])
    assert capfd.readouterr().err == "fetchrace: told twice to end, so ended at once\n"


def test_a_signal_that_was_sent_to_the_process_and_to_its_group_is_one(monkeypatch, capfd):
    tidied = []

    def run(args, argv):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            tidied.append(True)

    monkeypatch.setattr(cli.time, "monotonic", lambda: 5.0)
    monkeypatch.setattr(report, "run", run)
    assert cli.main(["report", "x"]) == 143
    assert tidied == [True]
    assert capfd.readouterr().err.startswith("fetchrace: terminated; ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"]])
def test_a_full_disk_behind_stdout_is_no_traceback(arguments):
    with open("/dev/full", "w") as full:
        done = fetchrace(*arguments, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 3
    assert done.stderr == "fetchrace: No space left on device\n"


def test_a_closed_pipe_behind_stdout_is_no_traceback():
    ours, theirs = os.pipe()
    os.close(ours)
    done = fetchrace("--help", stdout=theirs, stderr=subprocess.PIPE, capture_output=False)
    os.close(theirs)
    assert done.returncode == 1
    assert done.stderr.startswith("fetchrace: nobody reads the output any more")
    assert done.stderr.count("\n") == 1
