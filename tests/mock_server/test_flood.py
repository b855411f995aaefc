import stat

import pytest

import exchanges
from mock_server.flood import flood, raced, wrk_path
from mock_server.loadgen_answer import LoadFailed

EXCHANGE = exchanges.load("binance")
TARGET = EXCHANGE.request_for(EXCHANGE.instruments[0].pair).target

WRK = """Running 1s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   519.31us  277.80us   4.49ms   88.95%
  112735 requests in 1.10s, 61.50MB read
Requests/sec: 102404.44
"""


@pytest.fixture
def fake_wrk(tmp_path):
    """A program that prints what wrk would."""

    def made(text, code=0):
        path = tmp_path / "wrk"
        path.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return made


def test_our_own_flood_counts_what_the_server_answered(mock, control):
    poured = flood(mock.origins["binance"], TARGET, connections=4, seconds=0.1)
    log = control.end()
    answered = [row for row in log["rows"] if row[log["columns"].index("status")] == 200]
    # What was on its way when the time was over is in the log alone.
    assert poured.requests <= len(answered) <= poured.requests + 4
    assert log["batch"]["accepted"] == 4
    assert poured.per_s == poured.requests / poured.wall_s
    assert poured.cpu_s > 0


def test_a_flood_as_raced_asks_for_every_market_by_turns_and_with_an_index_of_its_own(mock, control):
    targets = [EXCHANGE.request_for(each.pair).target for each in EXCHANGE.instruments[:3]]
    poured = raced(mock.origins["binance"], targets, connections=4, seconds=0.05)
    log = control.end()
    found = [dict(zip(log["columns"], row, strict=True)) for row in log["rows"]]
    assert {row["index"] for row in found[: poured.requests]} >= set(range(min(poured.requests, 100) - 8))
    names = [str(each.pair) for each in EXCHANGE.instruments[:3]]
    assert {row["pair"] for row in found if row["index"] % 3 == 1} == {names[1]}


def test_an_answer_that_is_not_a_200_ends_the_flood(mock, control):
    with pytest.raises(LoadFailed, match=r"expected HTTP/1\.1 200"):
        flood(mock.origins["binance"], "/no/such/path", connections=2, seconds=5)


def test_a_server_that_says_nothing_ends_the_flood(mock, control, monkeypatch):
    monkeypatch.setattr("mock_server.flood._SILENT_S", 0.05)
    control.begin(seed=7, latency="1h")
    with pytest.raises(LoadFailed, match=r"answered nothing for 0\.05 s"):
        flood(mock.origins["binance"], TARGET, connections=2, seconds=5)


def test_the_count_of_wrk_is_read_with_its_time(fake_wrk):
    poured = flood("http://127.0.0.1:1", "/", 64, 1.0, fake_wrk(WRK))
    assert (poured.requests, poured.wall_s) == (112735, 1.1)


def test_minutes_of_wrk_are_minutes(fake_wrk):
    poured = flood("http://127.0.0.1:1", "/", 64, 1.0, fake_wrk(WRK.replace("in 1.10s", "in 2.00m")))
    assert poured.wall_s == 120


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("unable to connect to 127.0.0.1:1 Connection refused", 1, "Connection refused"),
        (WRK + "  Non-2xx or 3xx responses: 5", 0, "Non-2xx or 3xx responses: 5"),
        (WRK + "  Socket errors: connect 0, read 3, write 0, timeout 0", 0, "Socket errors: connect 0, read 3"),
        ("", 0, "expected a count of requests from wrk"),
    ],
)
def test_what_wrk_complains_of_is_no_measurement(fake_wrk, text, code, words):
    with pytest.raises(LoadFailed, match=words):
        flood("http://127.0.0.1:1", "/", 64, 1.0, fake_wrk(text, code))


@pytest.mark.slow
@pytest.mark.skipif(wrk_path() is None, reason="wrk is not installed")
def test_the_real_wrk_counts_what_the_server_answered(mock, control):
    poured = flood(mock.origins["binance"], TARGET, connections=4, seconds=1, wrk=wrk_path())
    log = control.end()
    answered = [row for row in log["rows"] if row[log["columns"].index("status")] == 200]
    assert poured.requests <= len(answered) <= poured.requests + 4
    assert poured.cpu_s > 0
