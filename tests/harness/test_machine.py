"""Where a run took place: enough to judge its numbers, nothing that names a person or a host."""

import getpass
import json
import os
import platform
import pwd
from pathlib import Path

import pytest

from harness.machine import machine, shown_command, versions


def test_the_machine_is_described_by_kind_in_plain_json():
    found = json.loads(json.dumps(machine(), allow_nan=False))
    assert {"system", "kernel", "architecture", "cpu", "cores", "affinity", "memory_bytes", "python", "gil"} <= set(
        found
    )
    assert found["cores"] >= 1
    assert found["memory_bytes"] > 2**20
    assert found["python"].count(".") == 2


def test_nothing_in_the_description_names_the_host_the_user_or_a_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/secretuser")
    monkeypatch.setenv("API_KEY", "SECRETVAL")
    found = machine()
    texts = [str(value) for value in found.values()]
    assert platform.node() not in texts
    assert getpass.getuser() not in texts
    assert "secretuser" not in json.dumps(found)
    assert "SECRETVAL" not in json.dumps(found)
    assert os.getcwd() not in json.dumps(found)


def test_a_machine_without_cpuinfo_still_has_a_processor(monkeypatch):
    def missing(self, *args, **kwargs):
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_text", missing)
    assert machine()["cpu"]


def test_versions_are_of_what_is_installed():
    found = versions()
    assert {"aiohttp", "httpx", "requests", "pyperf", "trio", "urllib3"} <= set(found)
    assert {"h11", "httpcore", "multidict", "yarl", "idna", "certifi"} <= set(found)
    assert all(isinstance(number, str) and number[0].isdigit() for number in found.values())


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ([], "python -m harness"),
        (["run", "-s", "all,-sequential", "--fast"], "python -m harness run -s all,-sequential --fast"),
        (["--pairs", "BTC/USD,ETH/USDT"], "python -m harness --pairs BTC/USD,ETH/USDT"),
        (["--pairs=BTC/USD"], "python -m harness --pairs=BTC/USD"),
        (["--latency", "lognormal:20ms,200ms"], "python -m harness --latency lognormal:20ms,200ms"),
        (["--latency", "profile:/home/bob/here.json"], "python -m harness --latency profile:here.json"),
        (
            ["--latency=20ms;kraken=profile:/home/bob/a.json;binance=profile:b.json"],
            "python -m harness '--latency=20ms;kraken=profile:a.json;binance=profile:b.json'",
        ),
        (["--faults", "kraken:429@0.1,bom"], "python -m harness --faults kraken:429@0.1,bom"),
        (["-s", "/home/bob/mine.py:honest"], "python -m harness -s mine.py:honest"),
        (["-s", "threads,/home/bob/a.py:x,./b.py:y"], "python -m harness -s threads,a.py:x,b.py:y"),
        (["--scheduler", "tcp://bobs-pc.example:8786"], "python -m harness --scheduler tcp://HOST:8786"),
        (["--scheduler=tcp://127.0.0.1:8786"], "python -m harness --scheduler=tcp://127.0.0.1:8786"),
        (["--results-dir", "/home/bob/somewhere"], "python -m harness --results-dir somewhere"),
        (["--results-dir=/home/bob/somewhere/"], "python -m harness --results-dir=somewhere"),
        (["--base-url", "kraken=http://127.0.0.1:9/x"], "python -m harness --base-url kraken=http://127.0.0.1:9/x"),
        (["--baseline", "it's $HOME"], "python -m harness --baseline 'it'\"'\"'s $HOME'"),
        ([""], "python -m harness ''"),
        (["-s/home/bob/mine.py:honest"], "python -m harness -smine.py:honest"),
        (["-s=/home/bob/mine.py:honest"], "python -m harness -s=mine.py:honest"),
        (["-sthreads,/home/bob/a.py:x", "-c8"], "python -m harness -sthreads,a.py:x -c8"),
        (["-s", "my file.py:x"], "python -m harness -s 'my file.py:x'"),
    ],
)
def test_the_command_repeats_the_run_without_the_folders_of_this_machine(argv, shown):
    assert shown_command(argv) == shown


def test_where_nobody_knows_a_home_folder_the_command_is_shown_all_the_same(monkeypatch):
    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert shown_command(["-s", "/home/bob/mine.py:x"]) == "python -m harness -s mine.py:x"


@pytest.mark.parametrize(
    "path", ["/home/secretuser", "/home/secretuser/", "/home/secretuser/x", "/home/secretuser/y.py:z"]
)
@pytest.mark.parametrize("flag", ["--results-dir {}", "--results-dir={}"])
def test_the_home_folders_name_is_not_in_the_command(monkeypatch, flag, path):
    monkeypatch.setenv("HOME", "/home/secretuser")
    assert "secretuser" not in shown_command(flag.format(path).split())
