"""A race as a user runs it: one command, and what it leaves on the screen and in the folder."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

import strategies

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

LIARS = {
    "cached": "the server saw 0 of 40 requests",
    "half": "the server saw 20 of 40 requests",
    "altered": "prices are not what the server sent",
    "greedy": "requests in flight, 20 allowed",
    "picks_its_delay": "as attempt 3",
    "reports_no_latency": "while the server had it from",
    "opens_each_time": "new connections",
    "short": "39 outcomes for 40 requests",
    "forges": "another log than the server's",
    "begins_for_itself": 'with latency "0ms" where the plan has "20ms"',
}
GUESTS = Path(__file__).with_name("guests.py")
ROOT = Path(__file__).resolve().parents[2]


def harness(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@dataclass
class Raced:
    done: subprocess.CompletedProcess[str]
    folder: Path
    run: dict

    def arm(self, name: str) -> dict:
        (row,) = [row for row in self.run["scenarios"][0]["strategies"] if row["name"] == name]
        return row


def race(results: Path, *arguments: str) -> Raced:
    done = harness("run", "--results-dir", str(results), *arguments)
    folder = results / "latest"
    return Raced(done, folder, json.loads((folder / "run.json").read_text()))


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """All arms that are here, two blocks; delays long enough for 20 processes to be busy at once on any machine."""
    options = ("--strategy", "all", "--blocks", "2", "--latency", "50ms", "--json")
    return race(tmp_path_factory.mktemp("core"), *options)


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """One honest guest, and every liar."""
    names = ["honest", "raises", "dies", *LIARS]
    arms = ",".join(["threads", *(f"{GUESTS}:{name}" for name in names)])
    return race(tmp_path_factory.mktemp("guests"), "-s", arms, "--blocks", "2")


def test_every_arm_of_the_core_is_measured_in_every_block(core: Raced) -> None:
    rows = core.run["scenarios"][0]["strategies"]
    assert core.done.returncode == 0, core.done.stderr
    assert {row["name"] for row in rows} == set(strategies.names())
    measured = [row for row in rows if row["status"] != "skipped"]
    assert len(measured) >= 10  # what needs no extra
    assert all(row["status"] in ("ranked", "tied") and row["blocks"] == 2 and row["failed"] == 0 for row in measured)


def test_json_prints_one_document_which_is_run_json(core: Raced) -> None:
    assert json.loads(core.done.stdout) == core.run


def test_no_arm_beats_the_bound_or_exceeds_its_declared_concurrency(core: Raced) -> None:
    scenario = core.run["scenarios"][0]
    assert scenario["bound_s"] == pytest.approx(0.100)
    for row in scenario["strategies"]:
        if row["status"] == "skipped":
            continue
        assert row["reached_in_flight"] <= row["declared_in_flight"]
        assert row["efficiency"] == pytest.approx(scenario["bound_s"] / row["time_s"])
        assert row["efficiency"] < 1


def test_concurrent_arms_reach_the_concurrency_that_they_declare(core: Raced) -> None:
    for name in ("threads", "threads-httpx", "asyncio-aiohttp", "asyncio-httpx", "trio-httpx", "processes"):
        assert core.arm(name)["reached_in_flight"] == 20, name
    assert core.arm("sequential")["reached_in_flight"] == 1


def test_requests_csv_has_a_row_for_every_request_of_every_arm(core: Raced) -> None:
    with (core.folder / "requests.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    sequential = [row for row in rows if row["arm"] == "sequential"]
    assert len(sequential) == 2 * 2 * 40  # two blocks of a cold and a warm batch
    assert len([row for row in rows if row["arm"] == "threads"]) == 2 * 4 * 40
    assert all(float(row["held"]) >= float(row["asked"]) for row in rows)


def test_pyperf_reads_the_files_of_a_run(core: Raced) -> None:
    files = [str(core.folder / "pyperf" / f"{name}.json") for name in ("sequential", "asyncio-aiohttp")]
    command = [sys.executable, "-m", "pyperf", "compare_to", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "faster" in done.stdout


def test_the_report_asks_for_nothing_from_outside(core: Raced) -> None:
    page = (core.folder / "report.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page
    assert "http://" not in page
    assert "https://" not in page
    links: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value or "" for name, value in attrs if name in ("src", "href", "xlink:href"))

    Links().feed(page)
    assert all(link.startswith(("#", "data:")) for link in links)


def test_report_draws_the_same_page_again_from_the_files_alone(core: Raced) -> None:
    before = (core.folder / "report.html").read_bytes()
    done = harness("report", str(core.folder))
    assert done.returncode == 0
    assert done.stdout.strip().endswith("report.html")
    assert (core.folder / "report.html").read_bytes() == before


def test_no_file_of_a_run_names_the_host_the_user_or_the_home_folder(core: Raced) -> None:
    import getpass
    import platform

    private = [platform.node(), str(Path.home()), str(ROOT), sys.executable, f'"{getpass.getuser()}"']
    for file in core.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes().decode("utf-8", "replace")
            assert not [word for word in private if len(word) > 3 and word in content], file


def test_an_honest_guest_is_ranked_among_the_built_ins(guests: Raced) -> None:
    assert guests.arm("guests.py:honest")["status"] in ("ranked", "tied")
    assert guests.arm("threads")["status"] in ("ranked", "tied")


@pytest.mark.parametrize(("name", "evidence"), LIARS.items())
def test_a_guest_that_breaks_the_contract_is_disqualified_with_the_evidence(
    guests: Raced, name: str, evidence: str
) -> None:
    row = guests.arm(f"guests.py:{name}")
    assert row["status"] == "disqualified"
    assert row["rank"] is None
    assert evidence in row["reason"]


@pytest.mark.parametrize(("name", "evidence"), [("raises", "the guest broke down"), ("dies", "code 7")])
def test_a_guest_that_breaks_down_is_out_and_the_others_go_on(guests: Raced, name: str, evidence: str) -> None:
    row = guests.arm(f"guests.py:{name}")
    assert row["status"] == "failed"
    assert evidence in row["reason"]


def test_a_run_with_disqualified_arms_exits_1_and_says_what_is_kept(guests: Raced) -> None:
    assert guests.done.returncode == 1
    last = guests.done.stderr.strip().splitlines()[-1]
    assert "guests.py:cached disqualified" in last
    assert "kept: 2 of 2 blocks, in" in last


def test_the_names_of_guests_are_in_the_report(guests: Raced) -> None:
    page = (guests.folder / "report.html").read_text(encoding="utf-8")
    assert "guests.py:honest" in page
    assert "guests.py:cached" in page


def test_a_server_that_handles_one_request_at_a_time_is_found_out_and_nothing_is_ranked(tmp_path: Path) -> None:
    raced = race(tmp_path, "-s", "asyncio-aiohttp", "--blocks", "2", "--sabotage", "one-at-a-time=10ms", "--strict")
    assert raced.run["verdict"]["state"] == "SERVER-BOUND"
    assert raced.arm("asyncio-aiohttp")["rank"] is None
    assert raced.done.returncode == 5


def test_fast_failures_do_not_win(tmp_path: Path) -> None:
    raced = race(tmp_path, "-s", "threads,asyncio-aiohttp", "--blocks", "1", "--sabotage", "refuse=kraken=rate_limited")
    for name in ("threads", "asyncio-aiohttp"):
        assert raced.arm(name)["status"] == "disqualified"
        assert "rate_limited" in raced.arm(name)["reason"]
    assert raced.done.returncode == 1
