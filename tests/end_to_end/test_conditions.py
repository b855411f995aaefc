"""Races under other conditions than the default: faults, TLS, books, whole markets, a server that cannot keep up."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Raced:
    done: subprocess.CompletedProcess[str]
    folder: Path
    run: dict

    @property
    def scenario(self) -> dict:
        return self.run["scenarios"][0]

    @property
    def rows(self) -> dict[str, dict]:
        return {row["name"]: row for row in self.scenario["strategies"]}

    def requests(self) -> list[dict[str, str]]:
        with (self.folder / "requests.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def race(results: Path, *arguments: str) -> Raced:
    command = [sys.executable, "-m", "harness", "run", "-s", "threads,asyncio-aiohttp", "--blocks", "1", "--warm", "1"]
    done = subprocess.run(
        [*command, "--results-dir", str(results), *arguments],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    folder = results / "latest"
    return Raced(done, folder, json.loads((folder / "run.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """A fifth of Kraken's answers never end, a fifth of Binance's are refusals, a fifth of Coinbase's break off."""
    faults = "kraken:stall-body@0.2,binance:429@0.2,coinbase:reset-body@0.2"
    options = ("--faults", faults, "--deadline", "2s", "--requests", "30", "-s", "threads,asyncio-aiohttp,trio-httpx")
    return race(tmp_path_factory.mktemp("faulty"), *options)


def test_planned_faults_disqualify_nobody(faulty: Raced) -> None:
    assert {row["status"] for row in faulty.rows.values()} <= {"ranked", "tied"}, faulty.done.stderr


def test_every_arm_meets_the_same_faults_and_calls_them_by_the_same_names(faulty: Raced) -> None:
    (failures,) = {json.dumps(row["failures"], sort_keys=True) for row in faulty.rows.values()}
    assert set(json.loads(failures)) == {"deadline", "rate_limited", "truncated"}
    (struck,) = {row["struck"] for row in faulty.rows.values()}
    assert struck == sum(json.loads(failures).values())


def test_what_struck_a_request_is_beside_how_it_failed(faulty: Raced) -> None:
    kinds = {"stall-body": "deadline", "429": "rate_limited", "reset-body": "truncated", "": ""}
    rows = faulty.requests()
    assert {row["fault"] for row in rows} == set(kinds)
    assert all(row["kind"] == kinds[row["fault"]] for row in rows)


def test_failures_beyond_the_rate_that_is_allowed_are_exit_code_1(faulty: Raced) -> None:
    assert faulty.done.returncode == 1
    last = faulty.done.stderr.splitlines()[-1]
    assert "requests of threads failed" in last
    assert "--max-error-rate is 0" in last


def test_failures_within_the_rate_that_is_allowed_are_exit_code_0(tmp_path: Path) -> None:
    raced = race(tmp_path, "--faults", "500@0.2", "--max-error-rate", "0.5")
    assert raced.done.returncode == 0, raced.done.stderr
    assert "failed by plan" in raced.done.stdout


def test_over_tls_every_arm_trusts_the_mocks_own_authority_and_a_bad_certificate_fails_as_planned(
    tmp_path: Path,
) -> None:
    raced = race(tmp_path, "--tls", "--faults", "kraken:tls-expired", "--max-error-rate", "0.5")
    assert raced.done.returncode == 0, raced.done.stderr
    for row in raced.rows.values():
        assert set(row["failures"]) == {"tls_expired"}
        assert row["failed"] == row["struck"] > 0
    assert {row["exchange"] for row in raced.requests() if not row["kind"]} == {"binance", "coinbase"}


def test_books_of_every_arm_are_those_that_were_sent(tmp_path: Path) -> None:
    raced = race(tmp_path, "--workload", "books", "--levels", "50", "--requests", "20")
    assert raced.done.returncode == 0, raced.done.stderr
    assert {row["status"] for row in raced.rows.values()} <= {"ranked", "tied", "unranked"}
    assert raced.scenario["levels"] == 50
    assert all(int(row["bytes"]) > 2000 for row in raced.requests())


def test_whole_markets_of_every_arm_are_those_that_were_sent(tmp_path: Path) -> None:
    raced = race(tmp_path, "-x", "binance", "--workload", "markets", "--listed", "3000", "--requests", "4", "-c", "2")
    assert raced.done.returncode == 0, raced.done.stderr
    assert {row["status"] for row in raced.rows.values()} <= {"ranked", "tied", "unranked"}
    assert all(int(row["bytes"]) > 1_000_000 and row["pair"] == "*" for row in raced.requests())


def test_a_server_that_handles_one_request_at_a_time_is_found_out_and_nothing_is_ranked(tmp_path: Path) -> None:
    raced = race(tmp_path, "--sabotage", "one-at-a-time=10ms", "-c", "10", "--strict")
    assert raced.done.returncode == 5
    assert raced.done.stdout.lstrip().startswith("SERVER-BOUND  No ranking")
    assert {row["status"] for row in raced.rows.values()} == {"unranked"}
    assert {row["rank"] for row in raced.rows.values()} == {None}
    assert any("the calibration card" in reason for reason in raced.run["verdict"]["reasons"])


def test_each_exchange_holds_its_own_latency(tmp_path: Path) -> None:
    raced = race(tmp_path, "--latency", "5ms;kraken=30ms", "--requests", "12")
    asked = {(row["exchange"], float(row["asked"])) for row in raced.requests()}
    assert asked == {("binance", 0.005), ("coinbase", 0.005), ("kraken", 0.03)}


def test_every_run_has_a_calibration_card_at_its_own_load(tmp_path: Path) -> None:
    raced = race(tmp_path, "-c", "8", "--requests", "8")
    lines = raced.run["calibration"]["lines"]
    assert [line["in_flight"] for line in lines] == [1, 8, 100]
    assert all(line["held"]["least"] >= 0 for line in lines)
    assert "How true was the ruler?" in (raced.folder / "report.html").read_text(encoding="utf-8")
