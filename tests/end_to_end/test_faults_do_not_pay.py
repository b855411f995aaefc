"""Guests that try to win by faults: failing sooner, failing unasked, taking what is spoilt, asking for more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parents[2]
GUESTS = Path(__file__).with_name("guests.py")

RACES = {
    "kraken:stall-last@0.2,binance:close-body@0.5": {
        "impatient": "requests deadline, the first after 1",
        "learner": "requests before the answer that it calls truncated",
        "lenient": "spoilt answers for prices; the first: stall-last is deadline, not a value",
    },
    "early-hints,bom": {
        "greedy": "requests in flight, 20 allowed",
        "churner": "opened 40 new connections for 40 warm requests",
    },
    "kraken:tls-expired": {"skipper": "requests to kraken failed, where the server saw 0 connections"},
}


@pytest.mark.parametrize(("faults", "liars"), RACES.items(), ids=["breaking", "harmless", "certificate"])
def test_a_guest_that_takes_a_fault_for_a_shorter_way_is_disqualified_with_the_evidence(
    tmp_path: Path, faults: str, liars: dict[str, str]
) -> None:
    arms = ["threads", *(f"{GUESTS}:{name}" for name in liars)]
    command = [
        sys.executable, "-m", "harness", "run", "-s", ",".join(arms), "--faults", faults, "--deadline", "1s",
        "--latency", "50ms", "--seed", "7", "--blocks", "1", "--warm", "1", "--results-dir", str(tmp_path),
        *(["--tls"] if "tls" in faults else []),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False
    )
    run = json.loads((tmp_path / "latest" / "run.json").read_text(encoding="utf-8"))
    rows = {row["name"].rpartition(":")[2]: row for row in run["scenarios"][0]["strategies"]}
    assert rows["threads"]["status"] in ("ranked", "tied", "unranked"), (rows["threads"], done.stderr)
    for name, evidence in liars.items():
        assert rows[name]["status"] == "disqualified", name
        assert evidence in rows[name]["reason"]
