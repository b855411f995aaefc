"""Ended in the middle: what was finished is kept, nothing stays behind.

Nobody waits for a fixed time here: a run is ended when its folder shows that a block is finished.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def racing(results: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run of many blocks that has finished at least one."""
    command = [
        sys.executable, "-m", "harness", "-s", "asyncio-aiohttp,processes", "--blocks", "50", "--results-dir",
        str(results), *arguments,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("block 1 of"):
                break
        yield process
    finally:
        process.kill()
        process.communicate()


def below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process], within_s: float = 2.0) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=within_s)[1]


def kept(results: Path) -> dict:
    return json.loads((results / "latest" / "run.json").read_text())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_within_two_seconds_and_keeps_the_finished_blocks(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with racing(tmp_path) as process:
        children = below(process)
        began = time.monotonic()
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
        took = time.monotonic() - began
    assert process.returncode == code
    assert took < 2.0
    assert gone(children) == []
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert "; kept: " in last
    assert f" of 50 blocks, in {tmp_path}" in last
    assert "; to go on: python -m harness run --resume " in last
    assert kept(tmp_path)["state"] == "interrupted"
    assert kept(tmp_path)["scenarios"][0]["finished_blocks"] >= 1


def test_killing_the_parent_leaves_no_process_behind(tmp_path: Path) -> None:
    with racing(tmp_path) as process:
        children = below(process)
        assert children
        process.kill()
        process.wait()
        assert gone(children) == []
    assert kept(tmp_path)["scenarios"][0]["finished_blocks"] >= 1


def test_an_interrupted_run_can_be_reported(tmp_path: Path) -> None:
    with racing(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    command = [sys.executable, "-m", "harness", "report", str(tmp_path / "latest")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "interrupted" in (tmp_path / "latest" / "report.html").read_text(encoding="utf-8")


def test_a_mock_server_that_dies_ends_the_run_with_a_sentence(tmp_path: Path) -> None:
    with racing(tmp_path) as process:
        (mock,) = [child for child in below(process) if "mock_server" in child.cmdline()]
        os.kill(mock.pid, signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    last = said.strip().splitlines()[-1]
    assert process.returncode == 3
    assert "mock server ended" in last
    assert " of 50 blocks, in " in last
    assert "Traceback" not in said
    assert kept(tmp_path)["state"] == "partial"


def test_two_runs_at_once_keep_their_files_apart(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "harness", "-s", "asyncio-aiohttp", "--blocks", "1", "--results-dir", str(tmp_path),
    ]  # fmt: skip
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
    codes = [process.wait(60) for process in both]
    for process in both:
        process.communicate()
    runs = [json.loads(file.read_text()) for file in tmp_path.glob("2*/run.json")]
    assert codes == [0, 0]
    assert [run["state"] for run in runs] == ["complete", "complete"]
    assert len({run["id"] for run in runs}) == 2
