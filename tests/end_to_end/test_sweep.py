"""A sweep as a user runs it: two lists, one run, and every file knows which scenario it speaks of."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

NAMES = [
    "latency=1ms workload=tickers", "latency=1ms workload=books",
    "latency=uniform:1ms,3ms workload=tickers", "latency=uniform:1ms,3ms workload=books",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four scenarios and one arm with its twin."""
    results = tmp_path_factory.mktemp("sweep")
    lists = ("--latency", "1ms,uniform:1ms,3ms", "--workload", "tickers,books", "--levels", "5")
    options = ("-s", "asyncio-aiohttp", "--requests", "6", "--blocks", "2", "--warm", "1")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", *lists, *options, "--results-dir", str(results)],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return results / "latest"


def test_each_combination_is_a_scenario_and_a_curve_for_each_axis_and_choice_of_the_other(folder: Path) -> None:
    run = json.loads((folder / "run.json").read_text())
    assert [scenario["name"] for scenario in run["scenarios"]] == NAMES
    assert [scenario["finished_blocks"] for scenario in run["scenarios"]] == [2] * 4
    assert [(curve["axis"], curve["held"]) for curve in run["curves"]] == [
        ("latency", ["workload=tickers"]), ("latency", ["workload=books"]),
        ("workload", ["latency=1ms"]), ("workload", ["latency=uniform:1ms,3ms"]),
    ]  # fmt: skip
    # On a busy machine a scenario may have no ranking; then that is said in place of its point.
    assert all(
        sum(len(arm["points"]) for arm in curve["arms"]) + len(curve["left_out"]) == 2 for curve in run["curves"]
    )


def test_the_scenarios_take_turns_block_by_block(folder: Path) -> None:
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    played = [(entry["block"], entry["scenario"]) for entry in log if entry["event"] == "block"]
    assert sorted(played[:4]) == sorted((0, name) for name in NAMES)
    assert sorted(played[4:]) == sorted((1, name) for name in NAMES)


def test_a_pyperf_file_has_a_benchmark_for_each_scenario_and_requests_and_quotes_name_theirs(folder: Path) -> None:
    benchmarks = json.loads((folder / "pyperf" / "asyncio-aiohttp.json").read_text())["benchmarks"]
    assert sorted(benchmark["metadata"]["name"] for benchmark in benchmarks) == sorted(NAMES)
    for name in ("requests.csv", "quotes.csv"):
        with (folder / name).open(newline="") as file:
            assert {row["scenario"] for row in csv.DictReader(file)} == set(NAMES)


def test_the_page_and_the_summary_have_a_part_for_each_scenario(folder: Path) -> None:
    page, summary = ((folder / name).read_text() for name in ("report.html", "summary.md"))
    assert [name for name in NAMES if name not in page or name not in summary] == []
