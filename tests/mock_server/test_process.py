import http.client
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mock_server.__main__ import main
from mock_server.process import Control, MockFailed, running

# Every test starts a server in a process of its own.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TARGET = "/api/v3/ticker/24hr?symbol=BTCUSDT"


def command(*arguments, **options):
    """``python -m mock_server`` as a user types it."""
    return subprocess.Popen(
        [sys.executable, "-m", "mock_server", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def port_of(origin):
    return urlsplit(origin).port


def holding(origin):
    """A connection with a request that is held."""
    connection = socket.create_connection(("127.0.0.1", port_of(origin)), timeout=10)
    connection.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_signal_ends_it_cleanly_although_requests_are_held_and_frees_the_ports(number):
    process = command("--latency", "1h", "-x", "binance")
    said = json.loads(process.stdout.readline())
    assert said["pid"] == process.pid
    held = [holding(said["origins"]["binance"]) for _ in range(3)]
    control = http.client.HTTPConnection(urlsplit(said["control"]).netloc, timeout=10)
    in_flight = 0
    while in_flight < 3:
        control.request("GET", "/status")
        in_flight = json.loads(control.getresponse().read())["in_flight"]
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
    for connection in held:
        assert connection.recv(1000) == b""
        connection.close()
    control.close()
    for origin in (said["origins"]["binance"], said["control"]):
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port_of(origin)))


def test_it_says_nothing_but_one_line_of_json(tmp_path):
    process = command("-x", "kraken", "--log", str(tmp_path / "log"), "--seed", "3")
    said = json.loads(process.stdout.readline())
    assert set(said) == {"origins", "control", "token", "witness", "pid", "ca_file", "loop", "workers"}
    client = http.client.HTTPConnection(urlsplit(said["origins"]["kraken"]).netloc, timeout=10)
    client.request("GET", "/0/public/Ticker?pair=XBTUSD")
    assert client.getresponse().status == 200
    client.close()
    process.terminate()
    assert process.communicate(timeout=10) == ("", "")
    line = json.loads((tmp_path / "log").read_text())
    assert (line["seed"], line["exchange"], line["pair"], line["index"]) == (3, "kraken", "BTC/USD", None)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--colour"], 2, "unrecognized arguments: --colour"),
        (["--seed", "x"], 2, "invalid int value: 'x'"),
        (["--control-port", "-1"], 2, "--control-port"),
        (["-x", "binanse"], 2, "did you mean binance?"),
        (["-x", "kraken", "-x", "kraken"], 2, "expected each exchange once"),
        (["--latency", "20"], 2, "expected a duration such as 20ms"),
        (["--latency", "lognormal:20ms,10ms"], 2, "p99 above the median"),
        (["--motion", "wave"], 2, "did you mean waves?"),
        (["--motion", "linear:10"], 2, "expected waves, waves:5, still or linear:10bp/s"),
        (["--hold", "3"], 2, "expected a duration such as 20ms"),
        (["--hold", "25h"], 2, "expected seconds from 0 to 86,400"),
        (["--port", "krakn=0"], 2, "did you mean kraken?"),
        (["--port", "99999"], 2, "from 0 to 65535"),
        (["--one-at-a-time", ""], 2, "expected a duration"),
        (["--late=-1ms"], 2, "the server never answers early"),
        (["--ramp", "10%"], 2, "such as 10%/20s"),
        (["--backlog", "0"], 2, "expected a backlog of 1 to 1024 connections"),
        (["--refuse", "kraken"], 2, "expected EXCHANGE=KIND"),
        (["--refuse", "kraken=sever"], 2, "did you mean server?"),
        (["--faults", "stal-body"], 2, "did you mean stall-body?"),
        (["--faults", "tls-expired"], 2, "start it with --tls"),
        (["--time-scale", "0"], 2, "expected a time scale above 0"),
        (["--time-scale", "1e300"], 2, "up to a million"),
        (["--port", "65535"], 2, "consecutive ports up to 65535"),
        (["--bind", "0.0.0.0"], 2, "add --allow-remote"),
        (["--bind", "here", "--allow-remote"], 2, "expected an IP address"),
        (["--loop", "trio"], 2, "invalid choice: 'trio'"),
        (["--workers", "0"], 2, "expected 1 to 64 workers"),
        (["--listed", "-1"], 2, "expected 0 to 20000 markets"),
        (["--lifeline", "77"], 2, "expected an open file descriptor"),
        (["--log", "/no/such/folder/log"], 3, "cannot write the log"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_a_user_can_get_wrong_is_one_sentence(capsys, arguments, code, words):
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["-x", "kraken"], ["--help"]], ids=["serving", "help"])
@pytest.mark.parametrize("out", [">&-", ">/dev/full"])
def test_a_stdout_that_takes_nothing_is_one_sentence_and_the_environment_s_fault(out, arguments):
    shell = f'exec "$0" -m mock_server "$@" {out}'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable, *arguments],
        cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith("mock_server: cannot write to stdout (")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_loop_is_the_one_that_was_asked_for(loop):
    if loop == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    process = command("-x", "kraken", "--loop", loop)
    said = json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=10)
    assert (said["loop"], process.returncode) == (loop, 0)


def test_an_address_that_others_reach_is_served_with_a_warning():
    process = command("-x", "kraken", "--bind", "0.0.0.0", "--allow-remote")
    said = json.loads(process.stdout.readline())
    process.terminate()
    _, err = process.communicate(timeout=10)
    assert said["control"].startswith("http://127.0.0.1:")
    assert err.startswith("mock_server: warning: ")


def test_https_can_be_trusted_by_the_file_that_the_first_line_names():
    pytest.importorskip("trustme", reason="the extra tls is not installed")
    with running(["kraken"], "0", arguments=["--tls"]) as mock:
        netloc = urlsplit(mock.origins["kraken"]).netloc
        context = ssl.create_default_context(cafile=mock.ca_file)
        client = http.client.HTTPSConnection(netloc, timeout=10, context=context)
        client.request("GET", "/0/public/Ticker?pair=XBTUSD")
        assert client.getresponse().status == 200
        client.close()
        stranger = http.client.HTTPSConnection(netloc, timeout=10)
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/")
        stranger.close()


def test_more_markets_are_listed_where_they_are_wanted():
    with running(["binance"], "0", arguments=["--listed", "500"]) as mock:
        client = http.client.HTTPConnection(urlsplit(mock.origins["binance"]).netloc, timeout=10)
        client.request("GET", "/api/v3/exchangeInfo")
        assert len(json.loads(client.getresponse().read())["symbols"]) >= 500
        client.close()


def test_two_at_once_have_ports_of_their_own_and_one_log_may_hold_both(tmp_path):
    arguments = ["--log", str(tmp_path / "log")]
    with running(["kraken"], "0", 1, arguments) as first, running(["kraken"], "0", 2, arguments) as second:
        assert first.origins["kraken"] != second.origins["kraken"]
        for origin in (first.origins["kraken"], second.origins["kraken"]) * 3:
            client = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)
            client.request("GET", "/0/public/Ticker?pair=XBTUSD")
            client.getresponse().read()
            client.close()
    assert [json.loads(line)["seed"] for line in (tmp_path / "log").read_text().splitlines()] == [1, 2] * 3


def test_a_busy_port_is_named_with_the_way_out_and_is_the_environment_s_fault():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        busy = pytest.raises(MockFailed, match=f"port {port} .* in use .*--port 0")
        with busy as caught, running(["kraken"], arguments=["--port", str(port)]):
            pass
    assert caught.value.code == 3


def test_the_server_s_own_sentence_is_what_the_caller_hears():
    with pytest.raises(MockFailed, match="cannot answer early") as caught, running(latency="-1ms"):
        pass
    assert caught.value.code == 2


def test_leaving_the_block_ends_the_server_and_leaves_no_file_descriptor():
    before = os.listdir("/proc/self/fd")
    with running(["kraken"]) as mock, Control(mock) as control:
        assert control.status()["origins"] == mock.origins
    assert mock.process.returncode == 0
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.slow
def test_a_server_that_does_not_listen_to_sigterm_is_killed():
    with running(["kraken"]) as mock:
        mock.process.send_signal(signal.SIGSTOP)
    assert mock.process.returncode == -signal.SIGKILL


def test_a_server_that_is_gone_is_a_sentence():
    with running(["kraken"]) as mock, Control(mock) as control:
        control.status()
        mock.process.kill()
        mock.process.wait()
        with pytest.raises(MockFailed, match="does not answer /status"):
            control.status()


def test_it_dies_with_a_parent_that_is_killed():
    code = """if True:
        import time
        from mock_server.process import running
        with running(["kraken"], latency="1h") as mock:
            print(mock.pid, flush=True)
            time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    watched = os.pidfd_open(int(parent.stdout.readline()))
    try:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        # A pidfd becomes readable when its process ends.
        ended, _, _ = select.select([watched], [], [], 10)
    finally:
        os.close(watched)
    assert ended


def test_help_is_quick_because_it_imports_neither_aiohttp_nor_an_exchange():
    code = """if True:
        import contextlib, sys
        import mock_server.__main__ as command
        with contextlib.suppress(SystemExit):
            command.main(["--help"])
        sys.exit(sorted({"aiohttp", "exchanges.binance"} & set(sys.modules)) or 0)
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--latency" in done.stdout


def test_who_measures_need_not_import_aiohttp():
    code = "import sys, mock_server.process, mock_server.market; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
