"""Mixed faults at a steady rate, shortened: nothing in the server grows, and everything is given back."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mock_server.faults import Faults, catalogue
from mock_server.heap import heap_bytes
from mock_server.soak import ALLOWED, RETURNED, Sample, default_faults, faults_found, grown

ROOT = Path(__file__).resolve().parents[2]
QUIET = Sample(rss=40 * 1024**2, fds=24, connections=1, tasks=4, timers=0, blocks=200_000, heap=9_000_000)
LOADED = Sample(rss=48 * 1024**2, fds=80, connections=60, tasks=60, timers=20, blocks=250_000, heap=9_500_000)


def soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mock_server.soak", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_mixed_faults_for_a_while_leave_nothing_behind():
    done = soak("--minutes", "0.2", "--rate", "500")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FLAT: nothing grew, and everything was given back" in done.stdout
    counts = {told: int(count) for count, told in re.findall(r"(\d+) (whole|odd|late|skipped)", done.stdout)}
    assert counts["whole"] > 1000
    assert counts["odd"] > 100


@pytest.mark.slow
def test_a_specification_that_is_none_is_a_usage_error():
    done = soak("--minutes", "0.1", "--faults", "no-such-fault")
    assert done.returncode == 2
    assert "unknown fault 'no-such-fault'" in done.stderr


@pytest.mark.slow
def test_by_default_every_fault_but_the_certificates_is_there_with_the_share_that_was_wanted():
    faults = Faults.parse(default_faults(0.3), ["binance"])
    assert {entry.fault.name for entry in faults.entries} == {f.name for f in catalogue.values() if f.tls is None}
    struck = sum(bool(faults.struck("binance", 7, 0, 0, n)) for n in range(2000))
    assert 500 < struck < 700


def test_what_stands_still_is_flat():
    assert faults_found([LOADED] * 9, QUIET, QUIET) == []


@pytest.mark.parametrize("name", ALLOWED)
def test_what_grows_from_the_middle_third_to_the_last_is_told(name: str):
    step = ALLOWED[name] // 2
    samples = [LOADED] * 3 + [replace(LOADED, **{name: getattr(LOADED, name) + step * k}) for k in range(6)]
    assert grown(samples)[name] == (getattr(LOADED, name) + step, getattr(LOADED, name) + 4 * step)
    (sentence,) = faults_found(samples, QUIET, QUIET)
    assert sentence.startswith(f"{name} grew from")


@pytest.mark.parametrize("name", RETURNED)
def test_what_is_not_given_back_is_told(name: str):
    before = getattr(QUIET, name)
    enough, more = before + RETURNED[name], before + RETURNED[name] + 1
    assert faults_found([LOADED] * 9, QUIET, replace(QUIET, **{name: enough})) == []
    (sentence,) = faults_found([LOADED] * 9, QUIET, replace(QUIET, **{name: more}))
    assert sentence == f"{name} was {before} before, and is {more} after everybody has gone"


def test_the_heap_counts_what_is_allocated_below_python():
    before = heap_bytes()
    if not before:
        pytest.skip("this C library has no mallinfo2")
    held = ctypes.create_string_buffer(8_000_000)
    assert heap_bytes() - before > 7_900_000
    del held
