"""Folders that are gone afterwards, and those of killed programs, which the next one removes."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.scratch import scratch

HOLDS = """
import sys
from harness.scratch import scratch
with scratch() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_its_owners_alone_and_gone_when_the_block_is_left(place):
    with scratch() as folder:
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        Path(folder, "said").write_text("x")
    assert list(place.iterdir()) == []


def test_what_nobody_holds_is_swept_and_what_somebody_holds_is_not(place):
    left = place / "fetchrace-s-left"
    left.mkdir()
    (left / "said").write_text("x")
    with scratch() as mine:
        assert not left.exists()
        with scratch():
            assert Path(mine).is_dir()


def test_a_link_a_file_and_a_stranger_s_folder_stay(place):
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("x")
    (place / "fetchrace-s-link").symlink_to(elsewhere)
    (place / "fetchrace-s-file").write_text("x")
    (place / "fetchrace-notes").mkdir()
    with scratch():
        pass
    assert (elsewhere / "kept").read_text() == "x"
    assert len(list(place.iterdir())) == 4


@pytest.mark.slow
def test_another_program_s_stays_until_that_is_killed(place, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(place))
    other = subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        theirs = Path(other.stdout.readline().strip())
        with scratch():
            assert theirs.is_dir()
    finally:
        other.kill()
        other.communicate()
    assert theirs.is_dir()
    with scratch():
        assert not theirs.exists()
