"""``run`` against servers that somebody else started: end to end, over TLS with a private authority."""

import json
import shutil
import signal
import subprocess
import sys

import pytest

from harness.store import read_run
from mock_server.process import running

pytestmark = pytest.mark.slow

NAMES = ("binance", "kraken")
ARMS = ("-s", "threads,asyncio-aiohttp", "--requests", "6", "-c", "3", "--warm", "1")


def harness(*words, cwd, **more):
    command = [sys.executable, "-m", "harness", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240, check=False, **more)


def told_of(mock):
    """The options that name a server which was started by hand."""
    named = [word for name, origin in mock.origins.items() for word in ("--base-url", f"{name}={origin}")]
    return [*named, "--ca-file", mock.ca_file]


@pytest.fixture(scope="module")
def mock():
    with running(NAMES, "2ms", 7, ["--tls"]) as found:
        yield found


@pytest.fixture(scope="module")
def raced(mock, tmp_path_factory):
    """A race of two blocks, drawn: what was printed, and its folder."""
    place = tmp_path_factory.mktemp("elsewhere")
    done = harness("run", *ARMS, "--blocks", "2", "--strict", *told_of(mock), cwd=place)
    return done, place / "results" / "latest"


@pytest.fixture(scope="module")
def run(raced):
    return read_run(raced[1])


def test_its_verdict_is_unverified_and_its_ranking_provisional_and_strict_leaves_with_5(raced, run):
    done, _ = raced
    assert done.returncode == 5, done.stderr
    assert "the verdict is UNVERIFIED, and --strict asks for VALID" in done.stderr
    assert "Traceback" not in done.stderr
    assert run["verdict"]["state"] == "UNVERIFIED"
    assert run["verdict"]["causes"][0] == "unlogged"
    arms = {row["name"]: row for row in run["scenarios"][0]["strategies"]}
    assert {row["status"] for row in arms.values()} <= {"ranked", "tied"}
    assert all(row["rank"] and row["low_s"] for row in arms.values())


def test_what_only_a_log_can_tell_is_null(run):
    (scenario,) = run["scenarios"]
    assert (run["calibration"], scenario["bound_s"]) == (None, None)
    for row in scenario["strategies"]:
        unknown = (
            "efficiency", "held_bound_s", "connections", "reuse", "server_overshoot_s", "parts_s", "cold_parts_s",
            "limited_by", "skew_s", "age_s", "age_p95_s", "signalled", "phantom", "present", "missed", "gap_bps",
        )  # fmt: skip
        assert {name: row[name] for name in unknown} == dict.fromkeys(unknown)
        assert (row["failed"], row["requests"]) == (0, 24)
        assert 1 <= row["reached_in_flight"] <= 3


def test_every_telling_of_it_says_where_when_how_much_and_that_it_says_no_more(raced, run, mock):
    done, folder = raced
    said = run["scope"]["sentence"]
    assert said.endswith("6 requests with 3 in flight: it says nothing about other places, times or loads.")
    assert f"{mock.origins['kraken'].removeprefix('https://')} for kraken over TLS, on 20" in said
    assert run["verdict"]["sentence"].endswith(said)
    assert said in " ".join(done.stdout.split())
    for name in ("summary.md", "report.html"):
        text = (folder / name).read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ").replace("\\", "")
        assert "it says nothing about other places, times or loads" in text


def test_the_report_draws_it_and_leaves_out_what_it_cannot_know(raced):
    _, folder = raced
    assert harness("report", folder, cwd=folder.parent.parent).returncode == 0
    drawn = {file.stem for file in (folder / "charts").glob("*.svg")}
    assert {"speedup", "latency", "twin"} <= drawn
    assert not drawn & {"parts", "waterfall", "decisions"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "There is no log of these servers" in page
    assert "same local server" not in page
    assert "invented" not in page


def test_no_file_has_the_place_of_the_authority(raced, mock):
    _, folder = raced
    for file in folder.rglob("*"):
        if file.suffix in (".json", ".jsonl", ".csv", ".html", ".md", ".svg"):
            assert mock.ca_file.rpartition("/")[0] not in file.read_text(encoding="utf-8")


def test_two_such_runs_are_not_compared(raced):
    _, folder = raced
    other = folder.parent / "20270101T000000Z-0abc"
    shutil.copytree(folder, other)
    later = {**read_run(other), "id": other.name, "started": "2027-01-01T00:00:00+00:00"}
    (other / "run.json").write_text(json.dumps(later), encoding="utf-8")
    done = harness("compare", folder, other, cwd=folder.parent)
    assert done.returncode == 2
    assert "without blocks that are pairs there is no ratio across runs" in done.stderr


def test_where_nobody_answers_every_arm_is_out_with_a_sentence(tmp_path):
    done = harness("run", *ARMS, "--blocks", "1", "--base-url", "kraken=https://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("6 of 6 requests failed (6 refused)") == 2
    assert "Traceback" not in done.stdout + done.stderr


def test_a_server_that_is_not_trusted_is_not_asked(mock, tmp_path):
    done = harness("run", *ARMS, "--blocks", "1", *told_of(mock)[:-2], cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("6 of 6 requests failed (6 tls_untrusted)") == 2


def test_an_exchange_that_wants_to_be_left_alone_for_long_ends_the_race(tmp_path):
    with running(["kraken"], "1ms", 7, ["--tls", "--faults=retry-after-huge"]) as angry:
        done = harness("run", *ARMS, "--blocks", "2", *told_of(angry), cwd=tmp_path)
    assert done.returncode == 3
    assert "kraken refused us (rate_limited" in done.stderr
    assert "more than the 120 s that a race waits" in done.stderr
    assert "kept: 0 of 2 blocks, in results/" in done.stderr
    assert read_run(tmp_path / "results" / "latest")["state"] == "partial"


def test_the_real_ones_are_rehearsed_within_their_limits(tmp_path):
    """Bitstamp grants 10,000 in 600 s: six requests are paid off in 0.72 s. The mock enforces it."""
    with running(["bitstamp"], "1ms", 7, ["--tls", "--limits"]) as strict:
        done = harness("run", *ARMS, "--blocks", "1", "--real", "-x", "bitstamp", *told_of(strict), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "a rest of 0.72 s between two batches, for the sake of bitstamp" in done.stderr
    run = read_run(tmp_path / "results" / "latest")
    assert run["scenarios"][0]["real"] is True
    # Three workers with two batches each: five rests at least.
    assert sum(block["span_s"] for block in run["scenarios"][0]["surroundings"].values()) > 5 * 0.72


def test_one_that_was_stopped_goes_on_where_it_was(mock, tmp_path):
    words = ["run", *ARMS, "--blocks", "3", *told_of(mock)]
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *words], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    latest = tmp_path / "results" / "latest"
    next(line for line in process.stderr if line.startswith("block 1 of 3 done"))
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert f"--ca-file {mock.ca_file}" in said
    without = harness("run", "--resume", latest, cwd=tmp_path)
    assert without.returncode == 2
    assert "the run trusted a --ca-file" in without.stderr
    done = harness("run", "--resume", latest, "--ca-file", mock.ca_file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = read_run(latest)
    assert (run["state"], run["scenarios"][0]["finished_blocks"]) == ("complete", 3)
    assert dict(run["scenarios"][0]["origins"]) == mock.origins
