"""A budget as a user gives it: as many blocks as fit, and all of them in the files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_a_budget_is_spent_on_as_many_blocks_as_run_json_says(tmp_path: Path) -> None:
    options = ("-s", "asyncio-aiohttp", "--requests", "6", "--latency", "1ms", "--fast", "--budget", "14s")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", *options, "--results-dir", str(tmp_path)],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    run = json.loads((tmp_path / "latest" / "run.json").read_text())
    (scenario,) = run["scenarios"]
    if done.returncode == 124:  # a machine so busy that five blocks took twice the budget: then it says so
        assert (run["state"], scenario["finished_blocks"] < 5) == ("partial", True), done.stderr
        return
    assert (done.returncode, run["state"], run["budget_s"]) == (0, "complete", 14.0), done.stderr
    assert scenario["blocks"] >= 5
    assert scenario["finished_blocks"] == len(scenario["order"]) == scenario["blocks"]
    assert [row["blocks"] for row in scenario["strategies"]] == [scenario["blocks"]]
    assert set(scenario["surroundings"]) == {str(block) for block in range(scenario["blocks"])}
    assert all(sorted(block) == ["asyncio-aiohttp", "asyncio-aiohttp (twin)"] for block in scenario["order"])
