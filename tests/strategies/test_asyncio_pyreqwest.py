"""What pyreqwest makes otherwise than all others, so that the list in strategies.failure stays true."""

import pytest

from exchanges.wire import Request
from strategies import Failed, Fetched, Limits
from strategies.gate_server import GateServer

pytest.importorskip("pyreqwest", reason="the extra pyreqwest is not installed")
from strategies.asyncio_pyreqwest import asyncio_pyreqwest


def body_of(request, response):
    return response.body


@pytest.mark.parametrize(
    "before",
    [b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 150, b""],
    ids=["an empty line first", "more interim answers than others take", "a long reason"],
)
def test_what_the_library_does_not_show_is_let_through(before):
    reason = b"OK" if before else b"y" * 70_000
    with GateServer() as server:
        server.answer = lambda arrival: arrival.connection.sendall(
            before + b"HTTP/1.1 200 " + reason + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        )
        with asyncio_pyreqwest(Limits(1), body_of) as fetch:
            (outcome,) = fetch([Request("test", server.origins[0], "/")])
    assert isinstance(outcome, Fetched), outcome


def test_a_head_is_judged_before_its_body_has_come():
    def stalled(arrival):
        arrival.connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 9\r\n\r\n")
        arrival.connection.recv(1)

    with GateServer() as server:
        server.answer = stalled
        with asyncio_pyreqwest(Limits(1), body_of) as fetch:
            (outcome,) = fetch([Request("test", server.origins[0], "/")])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.status) == ("redirect", 302)
