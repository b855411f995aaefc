"""A wall clock that follows a file, while the other clock goes on as it was."""

import time

import pytest

from harness.selftest import stepped


@pytest.fixture
def clock(tmp_path, monkeypatch):
    """time.time stands still at 1,000,000 s; the file says by how much it is off."""
    monkeypatch.setattr(time, "time", lambda: 1e6)
    monkeypatch.setattr(time, "time_ns", lambda: 10**15)
    file = tmp_path / "clock.txt"
    file.write_text("+0\n")
    stepped.follow(file)
    return file


def test_the_clock_steps_when_the_file_says_so(clock):
    assert (time.time(), time.time_ns()) == (1e6, 10**15)
    clock.write_text("-3600\n")
    assert (time.time(), time.time_ns()) == (1e6 - 3600, 10**15 - 3600 * 10**9)


def test_a_file_that_is_being_rewritten_steps_nothing(clock):
    clock.write_text("")
    assert time.time() == 1e6


def test_the_other_clock_is_never_touched(tmp_path, monkeypatch):
    for name in ("time", "time_ns"):
        monkeypatch.setattr(time, name, getattr(time, name))
    before = time.monotonic, time.perf_counter
    stepped.follow(tmp_path / "clock.txt")
    assert (time.monotonic, time.perf_counter) == before


@pytest.mark.parametrize(
    ("libraries", "by"),
    [([], "time.time of the run's process replaced"), (["libfaketime.so.1"], "libfaketime in all of its processes")],
)
def test_the_clock_steps_once_the_first_block_has_left_its_requests(tmp_path, monkeypatch, libraries, by):
    monkeypatch.setattr(stepped, "_libraries", lambda: libraries)
    monkeypatch.setattr(stepped, "_works", lambda library: True)
    with stepped.clock_step(tmp_path) as beside:
        assert beside.by == by
        file = tmp_path / "clock.txt"
        assert str(file) in [*beside.arguments, beside.variables.get("FAKETIME_TIMESTAMP_FILE")]
        beside.meanwhile()
        assert file.read_text() == "+0\n"
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "requests.csv").write_text("")
        beside.meanwhile()
        assert file.read_text() == "-3600\n"


def test_a_library_that_python_cannot_live_with_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(stepped, "_libraries", lambda: ["libfaketime.so.1"])
    monkeypatch.setattr(stepped, "_works", lambda library: False)
    with stepped.clock_step(tmp_path) as beside:
        assert beside.variables == {}


@pytest.mark.slow
def test_a_library_that_is_not_there_does_not_work(tmp_path):
    assert not stepped._works(tmp_path / "libfaketime.so.1")
