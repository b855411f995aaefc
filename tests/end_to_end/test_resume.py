"""A run that is killed in the middle goes on where it was."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

GUESTS = Path(__file__).with_name("guests.py")
ROOT = Path(__file__).resolve().parents[2]
BLOCKS = 2


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "harness", "run", *arguments]


def killed_after_a_block(results: Path) -> Path:
    """The folder of a run that was killed when its first block was done, and another had begun."""
    arms = f"threads,{GUESTS}:honest"
    racing = subprocess.Popen(
        command(
            "-s", arms, "--requests", "6", "-c", "3", "--blocks", str(BLOCKS), "--warm", "1", "--results-dir",
            str(results),
        ),
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert racing.stderr is not None
    with racing.stderr:
        assert any(line.startswith(f"block 1 of {BLOCKS}") for line in racing.stderr)
        racing.kill()
        assert racing.wait() == -signal.SIGKILL
    return results / "latest"


def resume(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("--resume", str(folder), *arguments), cwd=ROOT, capture_output=True, text=True, timeout=200,
        check=False, env={**os.environ, "http_proxy": "http://127.0.0.1:1"},
    )  # fmt: skip


def test_a_run_that_was_killed_is_resumed_and_only_its_unfinished_blocks_are_played(tmp_path: Path) -> None:
    folder = killed_after_a_block(tmp_path)
    before = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (before["state"], before["scenarios"][0]["finished_blocks"]) == ("interrupted", 1)

    refused = resume(folder)
    assert refused.returncode == 2
    assert "give --strategy again, with the path of guests.py:honest" in refused.stderr

    done = resume(folder, "--strategy", f"{GUESTS}:honest", "--json")
    assert done.returncode == 0, done.stderr
    after = json.loads(done.stdout)
    (was,), (now,) = before["scenarios"], after["scenarios"]
    assert (after["state"], after["id"], now["finished_blocks"]) == ("complete", before["id"], BLOCKS)
    assert now["order"] == was["order"]
    assert after["resumed"][0]["finished_blocks"] == [1]
    for row in was["strategies"]:
        (same,) = [one for one in now["strategies"] if one["name"] == row["name"]]
        assert same["measurements"][0] == row["measurements"][0]
        assert len(same["measurements"]) == BLOCKS

    with (folder / "requests.csv").open(newline="", encoding="utf-8") as file:
        rows = Counter((row["arm"], row["block"], row["batch"], row["index"]) for row in csv.DictReader(file))
    assert set(rows.values()) == {1}
    assert len(rows) == 3 * BLOCKS * 2 * 6  # three arms, the twin one of them; a cold and a warm batch

    again = resume(folder)
    assert again.returncode == 2
    assert "is complete: there is nothing to resume" in again.stderr
