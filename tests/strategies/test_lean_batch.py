"""A batch keeps its number in flight, its deadlines in every phase, and its connections to the next batch."""

import asyncio
import contextlib
import socket
import ssl
import threading

import pytest

from exchanges.wire import Request
from harness.dead_ends import dead_ends
from strategies import Failed, Fetched, Limits, lean_dial
from strategies.asyncio_protocol import asyncio_protocol
from strategies.gate_server import Gate, GateServer
from strategies.terms import Trust


def body_of(request, response):
    if request.target == "/bug":
        raise StopIteration
    return response.body


def asked(origin, *targets, **options):
    return [Request("test", origin, target, **options) for target in targets]


@pytest.fixture
def server():
    with GateServer() as server:
        server.answer = lambda arrival: arrival.reply(arrival.target.encode())
        yield server


def test_connections_are_as_many_as_were_in_flight_and_go_from_batch_to_batch(server):
    together = Gate(3)

    def hold(arrival):
        together.pass_through()
        arrival.reply(arrival.target.encode())

    server.answer = hold
    targets = [f"/{n}" for n in range(40)]
    with asyncio_protocol(Limits(3), body_of) as fetch:
        for _ in range(3):
            outcomes = fetch(asked(server.origins[0], *targets))
            assert [outcome.value.decode() for outcome in outcomes] == targets
        assert server.connections == 3
    assert server.still_open() == 0


@pytest.mark.slow
def test_the_deadline_holds_in_every_phase(server, monkeypatch):
    """While a name is looked up, a connection is made, TLS begins, a head and a body are waited for."""

    async def never(host, port):
        await asyncio.Event().wait()

    monkeypatch.setattr(lean_dial, "_looked_up", never)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # a real one may take half of the time to build
    monkeypatch.setattr(Trust, "context", lambda trust: context)

    def stall(arrival):
        if arrival.target == "/head":
            arrival.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")
        elif arrival.target == "/body":
            arrival.reply(b"123", length=5)
        elif arrival.target == "/chunks":
            arrival.reply_in_chunks(b"123", end=b"5\r\n12")
        arrival.connection.recv(1)  # until the client hangs up
        arrival.replied = None

    server.answer = stall
    with dead_ends() as ends, socket.create_server(("127.0.0.1", 0)) as deaf:
        requests = [
            *asked("http://a.invalid", "/name"),
            *asked(ends["backlog-full"], "/connect"),
            *asked(f"https://127.0.0.1:{deaf.getsockname()[1]}", "/tls"),
            *asked(server.origins[0], "/silence", "/head", "/body", "/chunks"),
        ]
        with asyncio_protocol(Limits(16, deadline_s=0.1), body_of) as fetch:
            outcomes = fetch(requests)
    assert [outcome.kind for outcome in outcomes] == ["deadline"] * 7
    assert [outcome.status for outcome in outcomes] == [None] * 5 + [200] * 2
    assert all(0.09 < outcome.ended - outcome.started <= 0.35 for outcome in outcomes)
    assert server.still_open() == 0


def test_a_deadline_frees_the_place_of_its_request_for_the_next(server):
    def stall(arrival):
        if arrival.target == "/stall":
            arrival.connection.recv(1)
            arrival.replied = None
        else:
            arrival.reply(arrival.target.encode())

    server.answer = stall
    with asyncio_protocol(Limits(1, deadline_s=0.05), body_of) as fetch:
        outcomes = fetch(asked(server.origins[0], "/1", "/stall", "/2"))
    assert [getattr(outcome, "kind", None) for outcome in outcomes] == [None, "deadline", None]
    assert outcomes[2].started >= outcomes[1].ended


def test_any_bug_ends_the_batch_even_one_that_a_coroutine_cannot_raise(server):
    with asyncio_protocol(Limits(2), body_of) as fetch:
        with pytest.raises(RuntimeError, match="StopIteration"):
            fetch(asked(server.origins[0], "/1", "/bug", "/2", "/3"))
        assert isinstance(fetch(asked(server.origins[0], "/4"))[0], Fetched)
    assert server.still_open() == 0


@pytest.mark.parametrize("place", [0, 2])
def test_a_request_that_cannot_be_sent_is_a_bug_wherever_it_stands(server, place):
    requests = asked(server.origins[0], "/1", "/2")
    requests.insert(place, Request("test", server.origins[0], "/with a blank"))
    with asyncio_protocol(Limits(1), body_of) as fetch, pytest.raises(ValueError, match="blanks"):
        fetch(requests)
    assert server.still_open() == 0


def test_a_connection_that_the_server_closes_in_mid_batch_is_not_used_again(server):
    def answer(arrival):
        arrival.reply(arrival.target.encode())
        if arrival.target == "/1":
            arrival.connection.shutdown(socket.SHUT_WR)
            closed.set()
        else:
            closed.wait(1)

    closed = threading.Event()
    server.answer = answer
    with asyncio_protocol(Limits(1), body_of) as fetch:
        fetch(asked(server.origins[0], "/1"))
        closed.wait(1)
        assert isinstance(fetch(asked(server.origins[0], "/2"))[0], Fetched)
    assert server.connections == 2


def test_head_and_other_methods_share_connections(server):
    def answer(arrival):
        arrival.reply(b"" if arrival.method == "HEAD" else b"12345", length=5)

    server.answer = answer
    with asyncio_protocol(Limits(1), body_of) as fetch:
        outcomes = [fetch(asked(server.origins[0], "/", method=method))[0] for method in ("GET", "HEAD", "POST", "GET")]
    assert [outcome.value for outcome in outcomes] == [b"12345", b"", b"12345", b"12345"]
    assert server.connections == 1


def test_a_server_that_speaks_first_is_no_http():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def banner():
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"SSH-2.0-OpenSSH_9.7\r\n")
                connection.recv(65536)

        speaker = threading.Thread(target=banner)
        speaker.start()
        with asyncio_protocol(Limits(1, deadline_s=5.0), body_of) as fetch:
            (outcome,) = fetch(asked(f"http://127.0.0.1:{listener.getsockname()[1]}", "/"))
        speaker.join()
    assert isinstance(outcome, Failed)
    assert outcome.kind == "protocol"


def test_after_a_bug_no_further_request_begins(server):
    with asyncio_protocol(Limits(1), body_of) as fetch, pytest.raises(RuntimeError, match="StopIteration"):
        fetch(asked(server.origins[0], "/1", "/bug", "/2", "/3"))
    assert [arrival.target for arrival in server.arrivals] == ["/1", "/bug"]
