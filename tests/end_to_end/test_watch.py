"""Prices watched as a user watches them: piped and on a terminal, ended by Ctrl-C and by kill -9; what was seen is in
the history."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
WATCH = ["prices", "-x", "kraken,okx", "--pairs", "1", "--latency", "1ms", "--watch", "200ms"]


@pytest.fixture
def surroundings(tmp_path: Path) -> Mapping[str, str]:
    return {**os.environ, "XDG_DATA_HOME": str(tmp_path), "TERM": "xterm-256color", "NO_COLOR": "1"}


def harness(*words: str) -> list[str]:
    return [sys.executable, "-m", "harness", *words]


def done(surroundings: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        harness(*words), cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=60, check=False
    )


def widest(seen: bytes) -> int:
    """The widest line of the last picture that is whole; 0 where there is none."""
    whole = seen.decode(errors="ignore").split("\x1b[H")[1:-1]
    return max((len(line) for line in whole[-1].replace("\x1b[J", "").split("\x1b[K\r")), default=0) if whole else 0


def test_readings_come_until_there_were_enough_and_are_in_the_history_as_they_were_sent(
    surroundings: Mapping[str, str], tmp_path: Path
) -> None:
    watched = done(surroundings, *WATCH, "--json", "--count", "4")
    assert watched.returncode in (0, 1), watched.stderr  # 1: on a busy machine somebody may be late
    readings = [json.loads(line) for line in watched.stdout.splitlines()]
    assert len(readings) == 4
    shown = {(row["exchange"], row["bid"], row["ask"], row["bid_size"]) for one in readings for row in one["quotes"]}
    history = json.loads(done(surroundings, "prices", "--history", "--json").stdout)
    kept = {(row["exchange"], row["bid"], row["ask"], row["bid_size"]) for row in history["quotes"]}
    assert shown
    assert shown <= kept
    assert (tmp_path / "fetchrace" / "history.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_kill_in_the_middle_leaves_a_history_that_is_whole(surroundings: Mapping[str, str], tmp_path: Path) -> None:
    process = subprocess.Popen(
        harness(*WATCH, "--json"), cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for _ in range(4):
            assert process.stdout.readline()
    finally:
        process.kill()
        process.communicate()
    connection = sqlite3.connect(tmp_path / "fetchrace" / "history.sqlite3")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    after = done(surroundings, "prices", "--history", "--csv")
    assert after.returncode == 0
    assert len(after.stdout.splitlines()) > 2


def test_on_a_terminal_it_is_redrawn_at_every_size_and_ctrl_c_ends_it_at_once(
    surroundings: Mapping[str, str],
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        harness(*WATCH), cwd=ROOT, env=surroundings, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
        start_new_session=True, text=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        seen = b""
        for columns, least in ((100, 51), (50, 1)):
            fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
            while not least <= widest(seen) <= columns:  # a picture of that width comes, or the test's time is out
                seen += os.read(ours, 65536)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            while chunk := os.read(ours, 65536):
                seen += chunk
        except OSError:  # nobody is at its other end any more
            pass
        said = process.communicate(timeout=30)[1]
        took = time.monotonic() - began
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
    assert process.returncode == 130, said
    assert took < 5
    assert said.startswith("fetchrace: interrupted; ")
    assert "Traceback" not in said
    text = seen.decode()
    assert text.startswith("\x1b[?1049h")
    assert "BTC/USD" in text.split("\x1b[?1049l")[1]  # the last picture stays
