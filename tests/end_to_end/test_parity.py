"""The parity matrix as a user runs it, and the table of it in METHOD.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import exchanges
import strategies
from exchanges.decode import decode_quotes
from harness.commands.parity import every_case, markdown
from mock_server.process import running
from strategies.strategy import Failed, Limits

ROOT = Path(__file__).resolve().parents[2]
HANDFUL = "truncated,html,crossed,length-list,banner-ssh,head-blank-first,answer-twice,early-hints,port-closed"
ON_A_CLUSTER = "truncated,html,crossed,head-blank-first,answer-twice,429,gzip-bomb,stall-body"
LIAR = '''
import contextlib
from dataclasses import replace
import strategies
from strategies import Failed

@contextlib.contextmanager
def careless(limits, decode):
    """Calls a cut body a reset, and lets everything fail that comes with it."""
    with strategies.load("threads")(limits, decode) as fetch:
        def wrong(requests):
            outcomes = fetch(requests)
            cut = [o for o in outcomes if isinstance(o, Failed) and o.kind == "truncated"]
            if not cut:
                return outcomes
            return [replace(o, kind="reset") if o in cut else replace(cut[0], kind="reset") for o in outcomes]
        yield wrong
'''
BOMBED = """
import glob, json, sys
import exchanges, strategies
from exchanges.decode import decode_quotes
from mock_server.process import Control, running
from strategies.strategy import Failed, Limits

def peak():
    import psutil
    me = psutil.Process()
    files = [f"/proc/{p.pid}/status" for p in (me, *me.children(recursive=True))]
    return sum(int(line.split()[1]) for f in files for line in open(f) if line.startswith("VmHWM")) * 1024

if __name__ == "__main__":
    exchange = exchanges.load("kraken")
    with running(["kraken"], "0ms") as mock, Control(mock) as control:
        request = exchange.request_for(exchange.instruments[0].pair).at(mock.origins["kraken"])
        with strategies.load(sys.argv[1])(Limits(1, 5.0, 1024**2), decode_quotes) as fetch:
            fetch([request] * 3)
            before = peak()
            kinds = []
            for fault in ("gzip-bomb", "body-giant", "body-endless"):
                control.begin(1, faults=fault)
                kinds += [outcome.kind for outcome in fetch([request] * 2)]
            print(json.dumps({"kinds": kinds, "grown": peak() - before}))
"""


def parity(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", "parity", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_strategy_tells_every_fault_by_the_same_name_in_time_and_harms_no_other_request():
    done = parity("--json")
    document = json.loads(done.stdout)
    wrong = {
        f"{fault['name']}, {name}": made["problems"]
        for fault in document["faults"]
        for name, made in fault["strategies"].items()
        if made["problems"]
    }
    assert wrong == {}
    assert done.returncode == 0
    assert document["strategies"] == strategies.names()
    assert [fault["name"] for fault in document["faults"]] == [case.name for case in every_case()]


@pytest.mark.slow
def test_a_handful_of_faults_is_told_by_one_name():
    done = parity("-s", "sequential,asyncio-aiohttp", "--faults", HANDFUL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 faults, 2 ways of fetching: all as expected" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("inner", ["asyncio-aiohttp", "asyncio-pyreqwest"])
def test_on_a_cluster_a_strategy_says_of_faults_what_it_says_alone(inner: str):
    pytest.importorskip("distributed")
    if inner == "asyncio-pyreqwest":
        pytest.importorskip("pyreqwest")
    done = parity("-s", f"{inner},dask+{inner}", "--faults", ON_A_CLUSTER, "--json")
    document = json.loads(done.stdout)
    kinds = [
        {fault["name"]: fault["strategies"][name]["kind"] for fault in document["faults"]}
        for name in (inner, f"dask+{inner}")
    ]
    assert kinds[0] == kinds[1]
    assert len(kinds[0]) == 8
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_plugin_that_errs_is_told_so_with_the_fault_and_the_harm(tmp_path: Path):
    file = tmp_path / "guest.py"
    file.write_text(LIAR)
    done = parity("-s", f"{file}:careless", "--faults", "truncated,html")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "reset instead of truncated" in done.stdout
    assert "beside it: reset instead of a value" in done.stdout
    assert "2 of 2 are not as expected" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", strategies.names())
def test_no_bomb_and_no_endless_body_takes_more_than_16_mib(name: str, tmp_path: Path):
    script = tmp_path / "bombed.py"
    script.write_text(BOMBED)
    done = subprocess.run(
        [sys.executable, str(script), name],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kinds"] == ["too_large"] * 6
    assert found["grown"] <= 16 * 1024**2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--faults", "truncatd"), "unknown fault 'truncatd'; did you mean truncated?"),
        (("--faults", ","), "--faults: expected names such as"),
        (("-s", "nobody"), "unknown strategy 'nobody'"),
    ],
)
def test_what_is_no_fault_or_strategy_is_a_usage_error(arguments: tuple[str, ...], sentence: str):
    done = parity(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


BLOCKING = ("sequential", "threads", "threads-urllib3", "threads-httpx", "processes")


@pytest.mark.slow
@pytest.mark.parametrize("name", strategies.names())
def test_inside_tls_a_reset_is_an_end_to_blocking_clients_alone(name: str):
    """The one difference that TLS makes; failure.py lists it."""
    binance = exchanges.load("binance")
    with running(["binance"], "1ms", 3, ["--tls", "--faults", "reset-before"]) as mock:
        request = binance.request_for(binance.instruments[0].pair).at(mock.origins["binance"])
        with strategies.load(name)(Limits(1, 5.0, ca_file=mock.ca_file), decode_quotes) as fetch:
            (outcome,) = fetch([request])
    assert isinstance(outcome, Failed)
    assert outcome.kind == ("disconnected" if name in BLOCKING else "reset")


def test_method_md_has_the_table_of_all_faults():
    text = (ROOT / "METHOD.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- parity -->\n")[2].partition("\n<!-- /parity -->")[0]
    assert shown == markdown(every_case()), "renew it with `python -m harness parity --markdown`"
