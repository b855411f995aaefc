"""Looking at strategies before they race: guests of every kind, each in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import harness
from harness import probe, spawn
from harness.probe import Finding, look
from harness.source import source_of
from strategies.strategy import Declares

DECLARING = "from strategies import Declares\ndef guest(limits, decode): ...\nguest.declares = Declares({})"
GUESTS = {
    "honest": "def guest(limits, decode): ...",
    "one": DECLARING.format("in_flight=1"),
    "capped": DECLARING.format("max_in_flight=4"),
    "raises": "raise RuntimeError('no\\nluck')",
    "syntax": "def guest(:",
    "exits": "raise SystemExit(7)",
    "dies": "import os; os._exit(9)",
    "prints": "print('{}' * 10000)\nimport sys; print('x' * 100000, file=sys.stderr)\ndef guest(limits, decode): ...",
    "number": "guest = 7",
    "none": "guest = None",
    "zero": DECLARING.format("in_flight=0"),
    "text": DECLARING.format("in_flight='many'"),
    "half": DECLARING.format("in_flight=2.5"),
    "library": "import no_such_library_at_all",
    "reads": "import sys; assert sys.stdin.read() == ''\ndef guest(limits, decode): ...",
}


def finding_of(tmp_path, kind):
    """What ``main`` finds of a guest, without a process."""
    file = tmp_path / "guest.py"
    file.write_text(GUESTS[kind])
    name, answer = f"{file}:guest", tmp_path / "answer.json"
    probe.main([str(answer), "20", name])
    (entry,) = json.loads(answer.read_text())
    assert entry["name"] == name
    return Finding(**{**entry, "declared_in_flight": tuple(entry["declared_in_flight"])})


@pytest.mark.parametrize(("kind", "declared"), [("honest", 20), ("one", 1), ("capped", 4)])
def test_a_guest_that_loads_declares_what_it_will_have_in_flight(tmp_path, kind, declared):
    found = finding_of(tmp_path, kind)
    assert (found.problem, found.message, found.declared_in_flight) == (None, "", (declared,))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("raises", "failed at import: RuntimeError: no luck"),
        ("syntax", "failed at import: SyntaxError"),
        ("number", "is a int, expected a function that opens"),
        ("none", "has no 'guest'"),
        ("zero", "expected it to declare at least one request in flight"),
        ("text", "expected it to declare at least one request in flight"),
        ("half", "expected it to declare at least one request in flight"),
        ("library", "failed at import: ModuleNotFoundError"),
    ],
)
def test_a_guest_that_cannot_race_is_broken_and_told_why_in_one_line(tmp_path, kind, said):
    found = finding_of(tmp_path, kind)
    assert found.problem == "broken"
    assert said in found.message
    assert "\n" not in found.message


def test_a_name_that_nobody_has_is_unknown(tmp_path):
    probe.main([str(tmp_path / "a.json"), "20", "thread"])
    (entry,) = json.loads((tmp_path / "a.json").read_text())
    assert entry["problem"] == "unknown"
    assert "did you mean threads?" in entry["message"]


@pytest.mark.parametrize(("kind", "code"), [("exits", 7), ("dies", 9)])
def test_a_guest_that_ends_its_process_takes_nobody_with_it(tmp_path, kind, code):
    (tmp_path / "guest.py").write_text(GUESTS[kind])
    (found,) = look([f"{tmp_path}/guest.py:guest"], [20])
    assert found.problem == "broken"
    assert f"ended the process at import (exit {code}" in found.message


@pytest.mark.parametrize("kind", ["prints", "reads"])
def test_a_guest_that_prints_or_reads_at_import_disturbs_nobody(tmp_path, capfd, kind):
    (tmp_path / "guest.py").write_text(GUESTS[kind])
    (found,) = look([f"{tmp_path}/guest.py:guest"], [20])
    assert (found.problem, found.declared_in_flight) == (None, (20,))
    assert capfd.readouterr() == ("", "")


def test_a_guest_that_never_finishes_importing_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "guest.py").write_text("import threading; threading.Event().wait()")
    monkeypatch.setattr(probe, "_LIMIT_S", 0.05)
    (found,) = look([f"{tmp_path}/guest.py:guest"], [20])
    assert found.problem == "broken"
    assert "did not finish importing in" in found.message


@pytest.fixture
def held(tmp_path):
    """A guest that never finishes importing, with a child: both hold a pipe. (its name, the pipe to read from);
    the guest's child writes a byte when it is there."""
    (tmp_path / "guest.py").write_text(
        "import os, subprocess, sys, threading\n"
        f"held = os.open({str(tmp_path / 'held')!r}, os.O_WRONLY)\n"
        "code = f'import os, threading; os.write({held}, b\"x\"); threading.Event().wait()'\n"
        "subprocess.Popen([sys.executable, '-c', code], pass_fds=(held,))\n"
        "threading.Event().wait()\n"
    )
    os.mkfifo(tmp_path / "held")
    pipe = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(pipe, True)
    writer = os.open(tmp_path / "held", os.O_WRONLY)  # until the guest is there, reading would find the end of file
    yield f"{tmp_path}/guest.py:guest", pipe, lambda: os.close(writer)
    os.close(pipe)


def test_a_guest_that_is_given_up_is_ended_with_all_that_it_started(held, monkeypatch):
    name, pipe, let_go = held
    real = spawn.exit_code_of

    def once_it_is_there(process, until):
        assert os.read(pipe, 1) == b"x"
        let_go()
        return real(process, time.monotonic())

    monkeypatch.setattr(spawn, "exit_code_of", once_it_is_there)
    (found,) = look([name], [20])
    assert "did not finish importing in" in found.message
    assert os.read(pipe, 1) == b""  # end of file: nobody holds the other end


@pytest.mark.slow
def test_a_probe_and_its_guest_end_when_the_program_is_killed(held):
    name, pipe, let_go = held
    code = f"from harness.probe import look; look([{name!r}], [20])"
    environment = {**os.environ, "PYTHONPATH": str(Path(harness.__file__).parent.parent)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as program:
        assert os.read(pipe, 1) == b"x"
        let_go()
        os.kill(program.pid, signal.SIGKILL)
    assert os.read(pipe, 1) == b""


def test_findings_come_in_the_order_of_the_names_and_built_ins_share_a_process(monkeypatch):
    asked = []

    def probed(names, in_flight, started):
        asked.append(names)
        return [Finding(name, None, "", tuple(in_flight)) for name in names]

    monkeypatch.setattr(probe, "_probe", probed)
    names = ["a.py:x", "threads", "b.py:y", "sequential"]
    assert [finding.name for finding in look(names, [3])] == names
    assert asked == [["threads", "sequential"], ["a.py:x"], ["b.py:y"]]


def test_looking_at_nothing_starts_nothing(monkeypatch):
    monkeypatch.setattr(probe, "_probe", None)
    assert look([], [3]) == []


def test_a_guest_is_asked_about_every_number_in_flight_in_their_order(tmp_path):
    (tmp_path / "guest.py").write_text(GUESTS["capped"])
    probe.main([str(tmp_path / "answer.json"), "32,1,8", f"{tmp_path}/guest.py:guest"])
    (entry,) = json.loads((tmp_path / "answer.json").read_text())
    assert entry["declared_in_flight"] == [4, 1, 4]


def test_the_source_of_what_was_loaded_is_found(tmp_path):
    found = finding_of(tmp_path, "honest")
    assert found.source == source_of(f"{tmp_path}/guest.py:guest")
    assert found.source is not None


def test_a_declaration_that_is_no_declaration_counts_as_none():
    def guest(limits, decode): ...

    guest.declares = {"in_flight": 1}
    assert not isinstance(guest.declares, Declares)
    assert probe.declared_in_flight(guest, probe.Limits(20)) == 20


def test_a_strategy_that_lacks_something_besides_libraries_says_what(tmp_path, monkeypatch):
    monkeypatch.setitem(GUESTS, "lacking", GUESTS["honest"] + "\nguest.lacking = lambda: 'no scheduler at home'")
    found = finding_of(tmp_path, "lacking")
    assert (found.problem, found.message) == ("missing", "no scheduler at home")


def test_a_strategy_that_is_asked_and_lacks_nothing_can_race(tmp_path, monkeypatch):
    monkeypatch.setitem(GUESTS, "content", GUESTS["honest"] + "\nguest.lacking = lambda: None")
    assert finding_of(tmp_path, "content").problem is None
