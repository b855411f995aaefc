import hashlib
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

import psutil
import pytest

import exchanges
from exchanges.wire import Response
from mock_server.__main__ import main
from mock_server.loadgen import measure
from mock_server.log import COLUMNS
from mock_server.market import Market
from mock_server.motion import Motion
from mock_server.process import Control, MockFailed, running
from mock_server.sockets import Listening, PortBusy
from mock_server.workers import merged, seats_for

ROOT = Path(__file__).parents[2]
BINANCE = exchanges.load("binance")
PAIR = BINANCE.instruments[0].pair
TARGET = BINANCE.request_for(PAIR).target
REQUESTS = 40
"""Each on a connection of its own: that the kernel gives all of them to one of two workers happens once in 2 ** 39."""


@pytest.fixture(scope="module")
def pair_of_workers():
    with running(["binance"], "uniform:0ms,3ms", 7, ["--workers", "2"]) as mock, Control(mock) as control:
        yield mock, control


def command(*arguments):
    """``python -m mock_server`` with two workers, as a user types it, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mock_server", "-x", "binance", "--workers", "2", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def asked(origin, indices, context=None):
    """{index: Response}, with a new connection for each request."""
    found = {}
    for index in indices:
        place = urlsplit(origin)
        kind = http.client.HTTPConnection if context is None else http.client.HTTPSConnection
        more = {} if context is None else {"context": context}
        connection = kind(place.hostname, place.port, timeout=10, **more)
        connection.request("GET", TARGET, headers={"X-Fetchrace-Request": str(index)})
        answer = connection.getresponse()
        found[index] = Response(answer.status, answer.read())
        connection.close()
    return found


def rows_of(log):
    return {row[0]: dict(zip(log["columns"], row, strict=True)) for row in log["rows"]}


def row(replied, arrived=0.0):
    values = dict.fromkeys(COLUMNS, 0) | {"arrived": arrived, "replied": replied}
    return tuple(values[name] for name in COLUMNS)


def log(*rows, **counters):
    names = (
        "peak_in_flight",
        "accepted",
        "cpu_s",
        "wall_s",
        "loop_lag_p99_s",
        "loop_lag_max_s",
        "unfinished",
        "truncated",
        "turned_away",
        "began",
    )
    return {"batch": dict.fromkeys(names, 0) | {"accepted_by": {}} | counters, "columns": COLUMNS, "rows": list(rows)}


def left_of(processes):
    """Those that still run after ten seconds. (One that has ended may wait to be reaped for longer.)"""
    left = []
    for process in processes:
        try:
            # A pidfd becomes readable when its process ends.
            watched = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([watched], [], [], 10)
        os.close(watched)
        left += [] if ended else [process]
    return left


def test_merged_rows_are_in_the_order_in_which_they_were_answered():
    assert merged([log(row(1.0), row(4.0)), log(row(2.0), row(3.0))])["rows"] == [
        row(1.0),
        row(2.0),
        row(3.0),
        row(4.0),
    ]


def test_merged_counters_add_up_and_times_are_the_largest():
    batch = merged([
        log(accepted=3, accepted_by={"kraken": 3}, cpu_s=0.2, wall_s=1.0,
            loop_lag_p99_s=0.1, loop_lag_max_s=0.3, unfinished=1, truncated=2, turned_away=5, began=17.5),
        log(accepted=4, accepted_by={"kraken": 1, "binance": 3}, cpu_s=0.3, wall_s=0.9,
            loop_lag_p99_s=0.2, loop_lag_max_s=0.2, unfinished=0, truncated=1, turned_away=2, began=17.5),
    ])["batch"]  # fmt: skip
    assert batch == {
        "accepted": 7, "accepted_by": {"kraken": 4, "binance": 3}, "cpu_s": 0.5, "wall_s": 1.0,
        "loop_lag_p99_s": 0.2, "loop_lag_max_s": 0.3, "unfinished": 1, "truncated": 3, "turned_away": 7,
        "peak_in_flight": 0, "workers": 2, "busiest_cpu_s": 0.3, "began": 17.5,
    }  # fmt: skip


def test_where_one_worker_does_not_know_who_was_turned_away_nobody_does():
    assert merged([log(turned_away=5), log(turned_away=None)])["batch"]["turned_away"] is None


def test_the_merged_peak_counts_what_overlaps_across_workers():
    one, other = log(row(2.0, arrived=1.0), peak_in_flight=1), log(row(2.5, arrived=1.5), peak_in_flight=1)
    later = log(row(9.0, arrived=8.0), peak_in_flight=1)
    assert merged([one, other])["batch"]["peak_in_flight"] == 2
    assert merged([one, later])["batch"]["peak_in_flight"] == 1


def test_every_worker_has_a_socket_of_its_own_on_every_port():
    seats = seats_for(3, {"a": 0, "b": 0}, 0)
    try:
        for name in ("a", "b"):
            assert len({seat.exchanges[name].port for seat in seats}) == 1
            assert len({seat.exchanges[name].socket.fileno() for seat in seats}) == 3
        assert len({seat.control.port for seat in seats}) == 3
    finally:
        for seat in seats:
            seat.close()


def test_a_port_that_another_server_shares_among_its_workers_is_busy_all_the_same():
    theirs = Listening.on(0, shared=True)
    try:
        with pytest.raises(PortBusy, match=f"port {theirs.port} .* in use"):
            seats_for(2, {"a": theirs.port}, 0)
    finally:
        theirs.socket.close()


@pytest.mark.parametrize("flags", [["--limits"], ["--one-at-a-time", "1ms"]], ids=" ".join)
def test_what_counts_in_one_process_is_refused_for_more(capsys, flags):
    assert main(["--workers", "2", *flags]) == 2
    err = capsys.readouterr().err
    assert f"{flags[0]} counts in one process, found --workers 2; try --workers 1" in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_two_workers_draw_the_delays_that_one_draws(pair_of_workers):
    _, control = pair_of_workers
    delays = []
    with running(["binance"], "uniform:0ms,3ms", 7) as single, Control(single) as alone:
        for mock, its in ((single, alone), (pair_of_workers[0], control)):
            its.begin(seed=7, block=2, batch=5)
            asked(mock.origins["binance"], range(REQUESTS))
            delays.append({index: found["asked"] for index, found in rows_of(its.end()).items()})
    assert len(delays[0]) == REQUESTS
    assert delays[0] == delays[1]


@pytest.mark.slow
def test_both_workers_serve_and_their_one_log_is_complete(pair_of_workers):
    mock, control = pair_of_workers
    control.begin(seed=7)
    asked(mock.origins["binance"], range(REQUESTS))
    found = control.end()
    assert sorted(rows_of(found)) == list(range(REQUESTS))
    numbers = [found["connection"] for found in rows_of(found).values()]
    assert found["batch"]["accepted"] == REQUESTS == len(set(numbers))
    assert {number % 2 for number in numbers} == {0, 1}
    assert found["batch"]["workers"] == 2


@pytest.mark.slow
def test_what_is_sealed_is_the_one_log_of_all_workers(pair_of_workers):
    mock, control = pair_of_workers

    class Witness:
        control, token = mock.control, mock.witness

    with Control(Witness) as witness:
        witness.seals()
        control.begin(seed=7, batch=4)
        asked(mock.origins["binance"], range(REQUESTS))
        found = control.end()
        digest = hashlib.sha256(json.dumps(found).encode()).hexdigest()
        assert len(found["rows"]) == REQUESTS
        assert witness.seals() == [{"begin": {"seed": 7, "block": 0, "batch": 4}, "sha256": digest}]


@pytest.mark.slow
def test_the_token_opens_no_control_port_but_the_one_that_is_announced(pair_of_workers):
    mock, control = pair_of_workers
    other = psutil.Process(mock.pid).children()[0]
    doors = {place.laddr.port for place in other.net_connections() if place.status == "LISTEN"}
    doors -= {urlsplit(place).port for place in (*mock.origins.values(), mock.control)}
    assert len(doors) == 1
    control.begin(seed=7)

    class Door:
        control, token = f"http://127.0.0.1:{doors.pop()}", mock.token

    with Control(Door) as within, pytest.raises(MockFailed, match="with the token"):
        within.end()
    assert control.end()["batch"]["workers"] == 2


@pytest.mark.slow
def test_every_worker_s_prices_are_the_market_s_at_the_time_the_log_tells(pair_of_workers):
    mock, control = pair_of_workers
    control.begin(seed=7, block=1, batch=3)
    answers = asked(mock.origins["binance"], range(REQUESTS))
    rows, market = rows_of(control.end()), Market(7, 1, 3)
    assert len({rows[index]["priced_at"] for index in rows}) > 1
    for index, answer in answers.items():
        assert BINANCE.quote_from(PAIR, answer) == market.quote(BINANCE, PAIR, rows[index]["priced_at"])
    # They were asked one after the other, so a clock that lags behind the others would step back.
    priced = [rows[index]["priced_at"] for index in range(REQUESTS)]
    assert priced == sorted(priced)


@pytest.mark.slow
def test_the_market_moves_alike_in_every_worker_and_stands_where_it_is_held(pair_of_workers):
    mock, control = pair_of_workers
    for motion in ("linear:100bp/s", "waves"):
        control.begin(seed=7, block=1, batch=3, motion=motion, hold=3.2)
        answers = asked(mock.origins["binance"], range(REQUESTS))
        assert {row["priced_at"] for row in rows_of(control.end()).values()} == {3.2}
        quote = Market(7, 1, 3, motion=Motion.parse(motion)).quote(BINANCE, PAIR, 3.2)
        assert {BINANCE.quote_from(PAIR, answer) for answer in answers.values()} == {quote}


@pytest.mark.slow
def test_a_server_may_be_started_in_a_market_that_stands():
    with running(["binance"], "0", 7, ["--motion=still", "--hold=3.2s", "--epoch=2026-01-01T00:00:00Z"]) as mock:
        found = {BINANCE.quote_from(PAIR, answer) for answer in asked(mock.origins["binance"], range(5)).values()}
    assert found == {Market(7, motion=Motion.parse("still")).quote(BINANCE, PAIR, 3.2)}


@pytest.mark.slow
def test_new_conditions_hold_in_every_worker(pair_of_workers):
    mock, control = pair_of_workers
    control.begin(seed=7, latency="0", faults="503", refuse={})
    struck = asked(mock.origins["binance"], range(REQUESTS))
    control.begin(seed=7, faults="", refuse={"binance": "blocked"})
    refused = asked(mock.origins["binance"], range(REQUESTS))
    control.begin(seed=7, latency="uniform:0ms,3ms", refuse={})
    sound = asked(mock.origins["binance"], range(REQUESTS))
    assert [len({answer.status for answer in answers.values()}) for answers in (struck, refused, sound)] == [1, 1, 1]
    assert (struck[0].status, sound[0].status) == (503, 200)
    assert refused[0].status not in (200, 503)


@pytest.mark.slow
def test_status_counts_what_all_workers_hold(pair_of_workers):
    mock, control = pair_of_workers
    control.begin(seed=7, latency="1h")
    place = urlsplit(mock.origins["binance"])
    held = [socket.create_connection((place.hostname, place.port), timeout=10) for _ in range(REQUESTS)]
    for connection in held:
        connection.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    in_flight = 0
    while in_flight < REQUESTS:
        in_flight = control.status()["in_flight"]
    for connection in held:
        connection.close()
    assert in_flight == REQUESTS
    control.begin(seed=7, latency="uniform:0ms,3ms")


@pytest.mark.slow
def test_delays_grow_alike_in_every_worker():
    levers = ["--ramp", "100%/1us", "--late", "1ms"]
    with running(["binance"], "2ms", 7, ["--workers", "2", *levers]) as mock, Control(mock) as control:
        control.begin(seed=7)
        asked(mock.origins["binance"], range(REQUESTS))
        found = rows_of(control.end()).values()
    assert {row["connection"] % 2 for row in found} == {0, 1}
    assert {row["asked"] for row in found} == {0.002}
    assert all(row["held"] >= 2 * 0.002 + 0.001 for row in found)


@pytest.mark.slow
def test_one_at_a_time_is_refused_where_there_are_several(pair_of_workers):
    with pytest.raises(MockFailed, match="start it with --workers 1"):
        pair_of_workers[1].begin(seed=7, one_at_a_time="1ms")


@pytest.mark.slow
def test_the_log_file_holds_whole_lines_of_every_worker(tmp_path):
    path = tmp_path / "log"
    with running(["binance"], "0", 7, ["--workers", "2", "--log", str(path)]) as mock:
        measure(mock.origins["binance"], TARGET, in_flight=REQUESTS, requests=50 * REQUESTS)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(line["index"] for line in lines) == list(range(50 * REQUESTS))
    assert {line["connection"] % 2 for line in lines} == {0, 1}


@pytest.mark.slow
def test_one_authority_is_trusted_at_every_worker():
    pytest.importorskip("trustme")
    with running(["binance"], "0", 7, ["--workers", "2", "--tls"]) as mock, Control(mock) as control:
        control.begin(seed=7)
        asked(mock.origins["binance"], range(REQUESTS), ssl.create_default_context(cafile=mock.ca_file))
        numbers = {found["connection"] % 2 for found in rows_of(control.end()).values()}
    assert numbers == {0, 1}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
@pytest.mark.parametrize("to_all", [False, True], ids=["the first", "all of them"])
def test_a_signal_ends_all_workers_cleanly_although_requests_are_held(number, to_all):
    process = command("--latency", "1h")
    place = urlsplit(json.loads(process.stdout.readline())["origins"]["binance"])
    others = psutil.Process(process.pid).children()
    assert len(others) == 1
    held = [socket.create_connection((place.hostname, place.port), timeout=10) for _ in range(10)]
    for connection in held:
        connection.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    (os.killpg if to_all else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
    assert not left_of(others)
    for connection in held:
        connection.close()


@pytest.mark.slow
def test_killing_the_first_worker_leaves_no_process():
    process = command()
    process.stdout.readline()
    others = psutil.Process(process.pid).children()
    process.kill()
    process.communicate(timeout=10)
    assert not left_of(others)


@pytest.mark.slow
def test_a_worker_that_dies_takes_the_server_with_it_and_the_first_says_so():
    process = command()
    process.stdout.readline()
    other = psutil.Process(process.pid).children()[0]
    other.kill()
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (3, "")
    assert err.startswith(f"mock_server: worker 1 (process {other.pid}) was killed by signal 9")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_all_workers_die_with_a_parent_that_is_killed():
    code = """if True:
        import time
        from mock_server.process import running
        with running(["binance"], arguments=["--workers", "2"]) as mock:
            print(mock.pid, flush=True)
            time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    first = psutil.Process(int(parent.stdout.readline()))
    workers = [first, *first.children()]
    parent.kill()
    parent.communicate(timeout=10)
    assert len(workers) == 2
    assert not left_of(workers)


@pytest.mark.slow
def test_the_announcement_counts_the_workers_and_is_one_line():
    process = command()
    said = json.loads(process.stdout.readline())
    process.terminate()
    assert process.communicate(timeout=10) == ("", "")
    assert said["workers"] == 2
