"""An arm is one program, run where and as the system lets all arms run, or it is out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]

WRAPPED = """
import os
from contextlib import contextmanager
from pathlib import Path

import strategies


@contextmanager
def guest(limits, decode):
    {before}
    with strategies.load("{original}")(limits, decode) as fetch:
        {inside}
        yield fetch
"""
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """A race of an honest guest, of one whose file is another in each block, and of two that leave their place: one
    with its worker, one with the processes below it alone."""
    folder = tmp_path_factory.mktemp("guests")
    for name, original, before, inside in (
        ("honest", "threads", "pass", "pass"),
        ("edited", "threads", "Path(__file__).write_text(Path(__file__).read_text() + '# and again')", "pass"),
        ("steps_back", "threads", "os.nice(1)", "pass"),
        ("moves_out", "processes", f"os.sched_setaffinity(0, {{{min(CORES)}}})", f"os.sched_setaffinity(0, {CORES})"),
    ):
        if name == "moves_out" and len(CORES) == 1:
            continue  # there is nowhere to go
        (folder / f"{name}.py").write_text(WRAPPED.format(before=before, inside=inside, original=original))
    arms = ",".join(["threads", *(str(file) + ":guest" for file in sorted(folder.iterdir()))])
    done = subprocess.run(
        [
            sys.executable, "-m", "harness", "-s", arms, "--requests", "6", "-c", "3", "--blocks", "2", "--warm", "1",
            "--results-dir", str(folder / "results"), "--json",
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def rows(run: dict) -> dict[str, dict]:
    return {row["name"]: row for row in run["scenarios"][0]["strategies"]}


def test_whose_file_is_edited_between_the_blocks_is_out(rows: dict[str, dict]) -> None:
    row = rows["edited.py:guest"]
    assert (row["status"], row["reason"]) == ("disqualified", "its source changed in the middle of the race")


@pytest.mark.parametrize("name", ["steps_back", "moves_out"])
def test_who_leaves_its_place_in_the_machine_is_out(rows: dict[str, dict], name: str) -> None:
    if f"{name}.py:guest" not in rows:
        pytest.skip("this machine has one core")
    row = rows[f"{name}.py:guest"]
    assert row["status"] == "disqualified"
    assert "its workers were started on cores " in row["reason"]


@pytest.mark.parametrize("name", ["threads", "honest.py:guest"])
def test_who_stays_what_and_where_it_is_is_ranked(rows: dict[str, dict], name: str) -> None:
    row = rows[name]
    assert row["status"] in ("ranked", "tied", "unranked"), row["reason"]
    assert len({one["terms"]["source"] for one in row["measurements"]}) == 1
