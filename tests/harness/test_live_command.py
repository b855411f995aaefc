"""``live`` as a user has it: what it refuses, what it prints, what it serves, and how it ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from harness import cli
from harness.scratch import scratch

REPO = str(Path(__file__).resolve().parents[2])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--port", "x"], 2, "--port: expected a whole number"),
        (["--port", "70000"], 2, "--port: expected a whole number from 1 to 65,535"),
        (["--beat", "0"], 2, "--beat: expected more than nothing"),
        (["--beat", "1ms"], 2, "--beat: expected a beat of 50.0 ms"),
        (["--beat", "0.5s", "--real"], 2, "--beat: expected at least 1.00 s with --real, found 0.5s"),
        (["--ttl", "soon"], 2, "--ttl"),
        (["--alert", "much"], 2, "--alert: expected basis points"),
        (["--faults", "nonsense"], 2, "--faults: unknown fault 'nonsense'"),
        (["--levels", "-1"], 2, "--levels"),
        (["-x", "krakenn"], 2, "did you mean kraken?"),
        (["--pairs", "BTC/XXX"], 2, "no chosen exchange lists BTC/XXX"),
        (["--portfolio", ""], 2, "--portfolio: expected a file"),
        (["--export", ""], 2, "--export: expected a file"),
        (["--export", "a.html", "--port", "80", "--open"], 2, "leave out --port, --open"),
        (["--export", "/nobody/has/this/a.html"], 3, "there is no folder '/nobody/has/this'"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_started(capsys, words, code, said):
    assert cli.main(["live", *words]) == code
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""


@pytest.mark.parametrize("words", [["live", "--export"], ["profile", "--real", "--out"]])
def test_a_device_a_pipe_or_a_link_is_not_replaced_by_a_page_or_a_profile_and_nobody_is_asked(capsys, tmp_path, words):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert cli.main([*words, str(pipe)]) == 2
    assert "expected a plain file, or nothing yet, found a pipe" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [pipe]


class Live:
    """A page in a process of its own."""

    def __init__(self, *words, **more):
        command = [sys.executable, "-P", "-m", "harness", "live", "--json", "--db", "off", *words]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": REPO},
            text=True,
            **more,
        )
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.said = json.loads(line)
        self.url, _, self.token = self.said["url"].partition("#token=")

    def state(self):
        with urllib.request.urlopen(self.url + "state.json", timeout=10) as answer:
            return json.load(answer)

    def post(self, path, **body):
        headers = {"Content-Type": "application/json", "X-Fetchrace-Token": self.token}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def until(self, is_so, timeout_s=30):
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if is_so(state := self.state()):
                return state
            time.sleep(0.05)
        raise AssertionError(f"it did not come to be so: {json.dumps(state)[:3000]}")

    def end(self, number):
        """The exit code, what was on stderr, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err, time.monotonic() - began


@pytest.fixture
def live():
    started = []

    def start(*words, **more):
        started.append(Live(*words, **more))
        return started[-1]

    yield start
    for one in started:
        # Not killed, or what it wrote into a temporary folder would stay.
        with contextlib.suppress(ProcessLookupError):
            one.process.terminate()
        one.process.communicate()


SMALL = ("-x", "binance,kraken", "--pairs", "BTC/USDT,BTC/USD", "--beat", "200ms")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_says_where_it_is_and_ends_at_once_with_clients_connected_and_children_gone(live, number, code):
    page = live(*SMALL)
    assert set(page.said) == {"url", "token", "pid"}
    assert page.said["pid"] == page.process.pid
    streams = [urllib.request.urlopen(page.url + "events", timeout=10) for _ in range(5)]
    for stream in streams:
        stream.readline()
    children = psutil.Process(page.process.pid).children(recursive=True)
    assert children
    ended, err, took_s = page.end(number)
    assert (ended, err.count("\n")) == (code, 1)
    assert "the page has ended" in err
    assert took_s < 1.5  # of which a busy machine may take most
    for stream in streams:
        assert b"event: bye" in stream.read()
        stream.close()
    assert not psutil.wait_procs(children, 5)[1]


def is_a_sprint(process):
    with contextlib.suppress(psutil.Error):  # it has ended meanwhile
        return "harness.live.sprint" in process.cmdline()
    return False


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [[signal.SIGKILL], [signal.SIGTERM] * 2], ids=["killed", "told twice"])
def test_ended_at_once_in_the_middle_of_a_race_it_leaves_no_process_and_no_folder_that_is_not_swept(
    live, tmp_path, monkeypatch, numbers
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    page = live(*SMALL, "-s", "processes", "-c", "4")
    assert page.post("race") == {"ok": True}
    itself = psutil.Process(page.process.pid)
    # What is raced is known once every strategy has been looked at.
    until = time.monotonic() + 60
    while not any(is_a_sprint(one) for one in itself.children()):
        assert time.monotonic() < until
        time.sleep(0.01)
    family = itself.children(recursive=True)
    for number in numbers:
        page.process.send_signal(number)
    _, err = page.process.communicate(timeout=10)
    assert page.process.returncode in (-signal.SIGKILL, 143)
    assert err.count("\n") == len(numbers) - 1
    assert not psutil.wait_procs(family, 5)[1]
    with scratch():
        pass
    assert list(tmp_path.glob("fetchrace-s-*")) == []


@pytest.mark.slow
def test_it_listens_on_loopback_alone(live):
    page = live(*SMALL)
    family = [psutil.Process(page.process.pid), *psutil.Process(page.process.pid).children(recursive=True)]
    listening = [
        one.laddr.ip for each in family for one in each.net_connections("tcp") if one.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 4
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.slow
def test_a_port_that_is_taken_is_one_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert cli.main(["live", "--port", str(taken.getsockname()[1])]) == 3
    assert "is in use by another program" in capsys.readouterr().err


@pytest.mark.slow
def test_prices_move_and_its_controls_change_what_is_seen(live):
    page = live(*SMALL, "--alert", "5")
    first = page.until(lambda state: state["reading"]["answered"] == 2 and state["markets"][0]["bid"])
    assert first["source"] == {"real": False, "sentence": "the mock server on this machine: invented prices"}
    page.until(lambda state: state["markets"][0]["bid"] != first["markets"][0]["bid"])
    assert first["alerts"]["at_bps"] == "5"

    assert page.post("mock", latency="150ms") == {"ok": True}
    page.until(lambda state: max(one["p95_s"] or 0 for one in state["engine"]["exchanges"]) > 0.15)
    assert page.post("mock", faults="kraken:reset-before", latency="10ms") == {"ok": True}
    state = page.until(lambda state: state["reading"]["late"] == ["kraken"])
    assert state["controls"]["faults"] == "kraken:reset-before"
    assert any(one["error"] for one in state["markets"] if one["exchange"] == "kraken")
    assert not any(one["error"] for one in state["markets"] if one["exchange"] == "binance")

    assert page.post("mock", faults="") == {"ok": True}
    page.until(lambda state: "threads" in state["controls"]["strategies"])
    assert page.post("strategy", name="threads") == {"ok": True}
    assert page.until(lambda state: state["engine"]["strategy"] == "threads")
    assert page.post("alerts", at_bps="") == {"ok": True}
    assert page.post("refresh") == {"ok": True}
    page.until(lambda state: state["alerts"]["at_bps"] is None and state["reading"]["answered"] == 2)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        page.post("strategy", name="os.system")


@pytest.mark.slow
def test_real_exchanges_that_are_played_on_this_machine_have_no_dials_and_no_race(live):
    from mock_server.process import running

    with running(["binance"], latency="1ms", seed=7) as mock:
        page = live("-x", "binance", "--real", "--base-url", f"binance={mock.origins['binance']}")
        state = page.until(lambda state: state["markets"][0]["bid"])
        assert (state["controls"]["latency"], state["controls"]["faults"]) == (None, None)
        for path in ("mock", "race"):
            with pytest.raises(urllib.error.HTTPError, match="409"):
                page.post(path, **({"latency": "1ms"} if path == "mock" else {}))


@pytest.mark.slow
def test_an_export_is_one_page_with_one_reading_and_nothing_is_served(capsys, tmp_path):
    file = tmp_path / "prices.html"
    assert cli.main(["live", *SMALL, "--beat", "1s", "--export", str(file)]) == 0
    output = capsys.readouterr()
    assert output.out == f"{file}\n"
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "BTC/USDT" in text
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
def test_an_export_without_an_exchange_that_does_not_answer_says_so_and_is_written(capsys, tmp_path):
    file = tmp_path / "prices.html"
    words = ["live", *SMALL, "--beat", "1s", "--export", str(file), "--faults", "kraken:reset-before"]
    assert cli.main(words) == 1
    assert "kraken" in capsys.readouterr().err
    assert "BTC/USDT" in file.read_text(encoding="utf-8")
