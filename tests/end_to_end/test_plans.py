"""The batch plan as a user races it: beside the others, held to the same contract by its own requests."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

GUESTS = Path(__file__).with_name("guests.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All exchanges; an honest strategy in both plans, and liars in both."""
    results = tmp_path_factory.mktemp("plans")
    names = ",".join(["threads", *(f"{GUESTS}:{name}+batch" for name in ("cached", "altered", "picks_its_delay"))])
    options = ("-x", "all", "--pairs", "3", "--requests", "40", "--latency", "20ms", "--blocks", "2", "--warm", "1")
    subprocess.run(
        [sys.executable, "-m", "harness", "-s", f"{names},threads+batch", *options, "--results-dir", str(results)],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    return results / "latest"


def rows_of(folder: Path) -> dict[str, dict]:
    run = json.loads((folder / "run.json").read_text())
    return {row["name"]: row for row in run["scenarios"][0]["strategies"]}


def test_an_honest_arm_of_the_batch_plan_is_unranked_with_fewer_requests_for_as_many_quotes(folder: Path) -> None:
    row, (scenario,) = rows_of(folder)["threads+batch"], json.loads((folder / "run.json").read_text())["scenarios"]
    assert (row["status"], row["reason"]) == ("unranked", "another plan: fewer requests"), row["reason"]
    plans = scenario["plans"]
    assert plans["batch"]["quotes"] == plans["single"]["quotes"] == plans["single"]["requests"] == 40
    assert row["requests"] == 2 * 2 * plans["batch"]["requests"] < 2 * 2 * 40
    assert row["time_s"] >= row["held_bound_s"]


def test_both_plans_bring_the_same_markets_as_often(folder: Path) -> None:
    brought: dict[str, Counter[tuple[str, str]]] = {"threads": Counter(), "threads+batch": Counter()}
    with (folder / "quotes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["arm"] in brought:
                brought[row["arm"]][row["exchange"], row["pair"]] += 1
    assert brought["threads"] == brought["threads+batch"]
    assert brought["threads"].total() == 2 * 40


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("cached", "the server saw 0 of"), ("altered", "prices are not what the server sent"),
        ("picks_its_delay", "as attempt 3"),
    ],
)  # fmt: skip
def test_a_liar_is_out_in_either_plan_with_the_evidence(folder: Path, name: str, evidence: str) -> None:
    for arm in (f"guests.py:{name}", f"guests.py:{name}+batch"):
        row = rows_of(folder)[arm]
        assert row["status"] == "disqualified"
        assert evidence in row["reason"]


def test_context_switches_and_multiples_of_cpu_time_are_counted(folder: Path) -> None:
    row = rows_of(folder)["threads"]
    assert row["voluntary_switches_per_request"] > 0
    assert row["involuntary_switches_per_request"] >= 0
    assert (row["cpu_of"], row["cpu_multiple"]) == ("threads", 1.0)
