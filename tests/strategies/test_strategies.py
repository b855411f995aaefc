"""What all strategies have in common beyond their promises: bugs, interrupts, resources, the wire."""

import asyncio
import contextlib
import resource
import signal
import socket
import threading

import httpx
import pytest

import strategies
from exchanges.plugins import MissingLibrary
from exchanges.wire import Request
from strategies import Declares, Fetched, Limits, asyncio_aiohttp, httpx_client
from strategies.gate_server import GateServer
from strategies.strategy import declares_of
from strategies.terms import HEADERS, KEEPALIVE_S, Trust


def seen(request, response):
    if request.target == "/bug":
        raise TwoArguments("this", "that")
    return response.headers["content-type"], response.headers["X-Thing"]


def body_of(request, response):
    return response.body


class TwoArguments(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


FAST = ("sequential", "threads", "threads-httpx", "asyncio-aiohttp", "asyncio-httpx", "trio-httpx")
NAMES = [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in strategies.names()]


@pytest.fixture(params=NAMES)
def strategy(request):
    try:
        return strategies.load(request.param)
    except MissingLibrary as error:
        pytest.skip(str(error))


@pytest.fixture
def server():
    with GateServer() as server:
        server.answer = lambda arrival: arrival.reply(b"ok", "200 OK", "Content-Type: text/plain", "X-Thing: 7")
        yield server


def test_a_bug_in_decode_is_raised_and_the_next_batch_is_sound(strategy, server):
    def asked(*targets):
        return [Request("test", server.origins[0], target) for target in targets]

    with strategy(Limits(2), seen) as fetch:
        with pytest.raises((TwoArguments, RuntimeError), match="this and that"):
            fetch(asked("/1", "/bug", "/2", "/3"))
        assert [o.value for o in fetch(asked("/4", "/5"))] == [("text/plain", "7")] * 2


def test_headers_are_alike_from_every_strategy(strategy, server):
    with strategy(Limits(1), seen) as fetch:
        fetch([Request("test", server.origins[0], "/")])
    sent = {name: value for name, value in server.arrivals[0].headers.items() if name not in ("host", "connection")}
    assert sent == {name.lower(): value for name, value in HEADERS.items()}


@pytest.mark.parametrize("header", [("X-A", "b\r\nX-Evil: 1"), ("X-A", "b\nX-Evil: 1"), ("X-A: b\r\nX-Evil", "1")])
def test_a_header_that_would_be_two_is_a_bug_and_raised_and_the_next_batch_is_sound(strategy, server, header):
    with strategy(Limits(1), seen) as fetch:
        with pytest.raises((ValueError, RuntimeError), match=r"expected a (header|request)"):
            fetch([Request("test", server.origins[0], "/", headers=(header,))])
        assert not server.arrivals
        (outcome,) = fetch([Request("test", server.origins[0], "/")])
    assert isinstance(outcome, Fetched)


def test_a_cookie_that_a_server_sets_is_never_sent_back(strategy, server):
    server.answer = lambda arrival: arrival.reply(b"", "200 OK", "Set-Cookie: a=b", "Content-Type: x", "X-Thing: y")
    with strategy(Limits(1), seen) as fetch:
        fetch([Request("test", server.origins[0], "/")] * 2)
    assert ["cookie" in arrival.headers for arrival in server.arrivals] == [False, False]


def test_a_proxy_in_the_environment_is_not_used(strategy, server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with strategy(Limits(1), seen) as fetch:
        (outcome,) = fetch([Request("test", server.origins[0], "/")])
    assert isinstance(outcome, Fetched)


def test_a_connection_that_the_server_closed_between_batches_is_replaced(strategy, server):
    def once(arrival):
        arrival.reply(b"", "200 OK", "Content-Type: x", "X-Thing: y")
        arrival.replied = None  # close, without having said so

    server.answer = once
    with strategy(Limits(1), seen) as fetch:
        for _ in range(3):
            (outcome,) = fetch([Request("test", server.origins[0], "/")])
            assert isinstance(outcome, Fetched), outcome
            assert server.still_open() == 0
    assert server.connections == 3


def test_a_second_answer_to_one_request_never_answers_the_next(strategy, server):
    def twice(arrival):
        arrival.replied = 1.0
        answers = [arrival.target.encode(), b"/forged"] if arrival.target == "/1" else [arrival.target.encode()]
        arrival.connection.sendall(
            b"".join(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body) for body in answers)
        )

    server.answer = twice
    with strategy(Limits(1), body_of) as fetch:
        outcomes = [fetch([Request("test", server.origins[0], f"/{n}")])[0] for n in range(1, 4)]
    assert [outcome.value for outcome in outcomes] == [b"/1", b"/2", b"/3"]


def test_ctrl_c_ends_a_batch_at_once_and_leaves_a_sound_strategy(strategy, server):
    come = threading.Event()

    def hold(arrival):
        if arrival.target == "/hold":
            come.set()
            arrival.connection.recv(1)  # until the client hangs up
        else:
            arrival.reply(b"", "200 OK", "Content-Type: x", "X-Thing: y")

    def press():
        come.wait()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    server.answer = hold
    key = threading.Thread(target=press)
    # What pyreqwest's caller gives up lives on in the thread of the library, to its deadline.
    deadline_s = 0.3 if strategy.__name__ == "asyncio_pyreqwest" else 10.0
    with strategy(Limits(2, deadline_s), seen) as fetch:
        key.start()
        with pytest.raises(KeyboardInterrupt):
            fetch([Request("test", server.origins[0], "/hold")] * 3)
        key.join()
        (outcome,) = fetch([Request("test", server.origins[0], "/")])
        assert isinstance(outcome, Fetched), outcome
    assert server.still_open() == 0


@pytest.mark.slow
def test_running_out_of_descriptors_fails_requests_and_not_the_batch(strategy):
    declares = declares_of(strategy)
    if declares.in_flight == 1 or strategy.__name__.startswith("processes"):
        pytest.skip("needs too few descriptors, or has them in other processes")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))  # connects, never answers
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
        fetch = stack.enter_context(strategy(Limits(40, deadline_s=0.25), seen))
        fetch([Request("test", origin, "/")])
        lowest = stack.enter_context(open("/dev/null")).fileno()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 5, hard))
        try:
            outcomes = fetch([Request("test", origin, f"/{n}") for n in range(40)])
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert {outcome.kind for outcome in outcomes} == {"resource", "deadline"}


def test_idle_connections_are_kept_equally_long():
    async def of_aiohttp():
        async with await asyncio_aiohttp._open_session() as session:
            return session.connector._keepalive_timeout

    options = httpx_client._options_for(httpx, "http://a.invalid", Trust(None))
    assert asyncio.run(of_aiohttp()) == options["limits"].keepalive_expiry == KEEPALIVE_S


def test_what_the_built_ins_declare_is_what_they_are_raced_for():
    assert declares_of(strategies.load("sequential")) == Declares(in_flight=1)
    assert declares_of(strategies.load("processes")) == Declares(max_in_flight=64)
    assert declares_of(strategies.load("threads")) == Declares()
