"""What slowness costs in decisions, for real: in markets where it is known what must come out, to the last signal."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parents[2]
ARMS = ("sequential", "asyncio-aiohttp")
SLOPE = 100


def raced(results: Path, *arguments: str) -> tuple[dict, dict, subprocess.CompletedProcess[str]]:
    """The arms' rows, when each price was made (by arm, block, batch and pair), and how it ended."""
    command = [sys.executable, "-m", "harness", "run", "-s", ",".join(ARMS), "--results-dir", str(results)]
    done = subprocess.run([*command, *arguments], cwd=ROOT, env={**os.environ}, capture_output=True, text=True,
                          timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder, priced = results / "latest", defaultdict(list)
    scenario = json.loads((folder / "run.json").read_text())["scenarios"][0]
    with (folder / "requests.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            priced[row["arm"], int(row["block"]), int(row["batch"]), row["pair"]].append(float(row["priced_at"]))
    return {row["name"]: row for row in scenario["strategies"]}, priced, done


SLOWLY = (
    "-x", "coinbase,kraken", "--pairs", "BTC/USD,ETH/USD,SOL/USD", "--requests", "all", "-c", "6",
    "--latency", "lognormal:60ms,200ms", "--blocks", "2", "--warm", "2",
)  # fmt: skip


def test_in_a_market_that_stands_still_nobody_has_a_phantom_or_misses_anything(tmp_path):
    rows, _, _ = raced(tmp_path, *SLOWLY, "--motion", "still")
    for name in ARMS:
        row = rows[name]
        assert (row["phantom"], row["missed"], row["gap_bps"]) == (0, 0, 0)
        assert row["skew_s"] > 0.02
        assert row["age_p95_s"] >= row["age_s"] > 0
    assert rows["sequential"]["skew_s"] > rows["asyncio-aiohttp"]["skew_s"]


def test_along_a_line_the_gap_is_the_slope_times_the_skew_for_one_by_one_and_for_all_at_once(tmp_path):
    rows, priced, _ = raced(tmp_path, *SLOWLY, "--motion", f"linear:{SLOPE}bp/s")
    checked = 0
    for name in ARMS:
        for measured in rows[name]["measurements"]:
            for number, batch in list(enumerate(measured["batches"]))[1:]:
                skews = [
                    max(times) - min(times)
                    for (arm, block, its_batch, _), times in priced.items()
                    if (arm, block, its_batch) == (name, measured["block"], number)
                ]
                assert len(skews) == 3
                # The coarsest grid of the three pairs is 0.7 basis points of its price.
                assert batch["gap_bps"] == pytest.approx(SLOPE * max(skews), rel=0.02, abs=1.0)
                checked += 1
        assert rows[name]["gap_bps"] > 0
    assert checked >= 4


def test_with_real_stakes_the_slow_lose_more_and_it_is_told_in_the_console_the_report_and_the_summary(tmp_path):
    rows, _, done = raced(tmp_path, "--scenario", "trading", "--blocks", "2", "--warm", "2")
    quick, slow = rows["asyncio-aiohttp"], rows["sequential"]
    for row in (quick, slow):
        assert 0 <= row["phantom"] <= row["signalled"]
        assert 0 <= row["missed"] <= row["present"]
    assert quick["present"] > 0 < slow["signalled"]
    assert slow["phantom_share"]["estimate"] > quick["phantom_share"]["estimate"]
    assert "what it costs in decisions" in done.stdout
    told = f"{quick['missed']} of {quick['present']}"
    folder = tmp_path / "latest"
    assert told in done.stdout
    assert told in (folder / "summary.md").read_text()
    assert "What does slowness cost in decisions?" in (folder / "report.html").read_text()
    assert (folder / "charts" / "decisions.svg").stat().st_size > 5000
