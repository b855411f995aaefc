"""What libcurl does not do by itself: ends told apart, and nothing sent twice."""

import socket
import struct
from pathlib import Path

import pytest

from exchanges.wire import Request
from strategies import Failed, Fetched, Limits
from strategies.gate_server import GateServer
from strategies.terms import Trust

pytest.importorskip("pycurl", reason="the extra pycurl is not installed")
from strategies import multi_pycurl


def body_of(request, response):
    return response.body


@pytest.fixture
def server():
    with GateServer() as server:
        yield server


def asked(server, *targets, **more):
    return [Request("test", server.origins[0], target, **more) for target in targets]


def reset(arrival):
    arrival.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    arrival.connection.close()


@pytest.mark.parametrize(("end", "kind"), [(reset, "reset"), (lambda arrival: None, "disconnected")])
def test_a_re_used_connection_that_ends_is_told_by_its_end_and_the_request_not_repeated(server, end, kind):
    server.answer = lambda arrival: end(arrival) if arrival.target == "/end" else arrival.reply(b"ok")
    with multi_pycurl.multi_pycurl(Limits(2), body_of) as fetch:
        assert isinstance(fetch(asked(server, "/"))[0], Fetched)
        (outcome,) = fetch(asked(server, "/end"))
        assert (outcome.kind, outcome.status) == (kind, None)
        assert isinstance(fetch(asked(server, "/"))[0], Fetched)
    assert [arrival.target for arrival in server.arrivals] == ["/", "/end", "/"]


def test_a_head_that_was_cut_ends_its_connection_within_the_batch(server):
    def cut(arrival):
        if arrival.target == "/cut":
            arrival.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")
        else:
            arrival.reply(b"ok")

    server.answer = cut
    with multi_pycurl.multi_pycurl(Limits(1), body_of) as fetch:
        outcomes = fetch(asked(server, "/cut", "/", "/cut", "/"))
    assert [getattr(outcome, "kind", None) for outcome in outcomes] == ["disconnected", None, "disconnected", None]
    assert [arrival.target for arrival in server.arrivals] == ["/cut", "/", "/cut", "/"]


@pytest.fixture(params=["in memory", "on disk"])
def kept(request, monkeypatch):
    """Where the authorities are kept; on systems without files in memory it is on disk."""
    monkeypatch.setattr(multi_pycurl, "authorities_of", lambda trust: [b"an authority"])
    if request.param == "on disk":
        monkeypatch.delattr("os.memfd_create", raising=False)


@pytest.mark.usefixtures("kept")
def test_the_authorities_are_in_a_file_for_as_long_as_the_strategy_is_open():
    with multi_pycurl._file_of(Trust(None)) as path:
        assert Path(path).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert not Path(path).exists()


def test_an_origin_that_is_none_is_a_bug_and_raised():
    with multi_pycurl.multi_pycurl(Limits(1), body_of) as fetch:
        with pytest.raises(ValueError, match="URL"):
            fetch([Request("test", "http://", "/")])
        (outcome,) = fetch([Request("test", "http://127.0.0.1:1", "/")])
    assert isinstance(outcome, Failed)
