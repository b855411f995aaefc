"""Names that were checked stay where they led, whatever a resolver says afterwards."""

import asyncio
import contextlib
import http.server
import socket
import threading

import pytest
import trio
import urllib3.util.connection

import strategies
from exchanges.wire import Request
from harness.base_url import base_url_from, checked
from harness.exits import UsageError
from harness.pinned_names import RESOLVES_HERE, check_strategy, pinned
from strategies.strategy import Fetched, Limits

# What looks names up by itself, or in another process; what is asked there is asked by its address.
ELSEWHERE = {"asyncio-aiohttp-uvloop", "asyncio-protocol-uvloop", "asyncio-pyreqwest", "multi-pycurl", "processes",
             "processes-asyncio"}  # fmt: skip


@pytest.fixture
def rebinding(monkeypatch):
    """A resolver that says 8.8.8.8 of a name when it is asked first, and 127.0.0.1 from then on; who asked is kept."""
    system, asked = socket.getaddrinfo, []

    def resolve(host, port, *args, **options):
        if host != "me.example.com":
            return system(host, port, *args, **options)
        asked.append(host)
        return system("8.8.8.8" if len(asked) == 1 else "127.0.0.1", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def hosts_in(rows):
    return {row[4][0] for row in rows}


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_asked_where_it_was_checked(rebinding):
    base = checked(base_url_from("https://me.example.com"), True, False, 1.0)
    assert base.addresses == ("8.8.8.8",)
    with pinned({base.host: base.addresses}):
        for host in ("me.example.com", "ME.example.com", b"me.example.com", "me.example.com."):
            assert hosts_in(socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)) == {"8.8.8.8"}
        assert hosts_in(asyncio.run(asyncio_lookup())) == {"8.8.8.8"}
        assert hosts_in(trio.run(trio.socket.getaddrinfo, "me.example.com", 443)) == {"8.8.8.8"}
        assert urllib3.util.connection.socket.getaddrinfo is socket.getaddrinfo
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("me.example.com", 443, socket.AF_INET6)
        assert hosts_in(socket.getaddrinfo("127.0.0.1", 443)) == {"127.0.0.1"}
    assert len(rebinding) == 1
    assert hosts_in(socket.getaddrinfo("me.example.com", 443)) == {"127.0.0.1"}


async def asyncio_lookup():
    return await asyncio.get_running_loop().getaddrinfo("me.example.com", 443)


def test_pins_that_overlap_end_each_for_itself_and_leave_the_system_s_resolver_behind():
    system = socket.getaddrinfo
    first, second = pinned({"a.example": ("8.8.8.8",)}), pinned({"a.example": ("8.8.8.8",), "b.example": ("1.1.1.1",)})
    with contextlib.ExitStack() as stack:
        stack.enter_context(second)
        with first:
            pass
        assert hosts_in(socket.getaddrinfo("a.example", 1)) == {"8.8.8.8"}
        with pytest.raises(ValueError, match=r"a\.example is pinned to 8\.8\.8\.8 already"), pinned({"a.example": ()}):
            raise AssertionError("it was pinned")
    assert socket.getaddrinfo is system
    with pinned({}):
        assert socket.getaddrinfo is system


def test_every_built_in_strategy_is_known_to_look_names_up_here_or_is_refused():
    assert (
        set(strategies.names()) - {name for name in strategies.names() if "dask" in name} == RESOLVES_HERE | ELSEWHERE
    )


@pytest.mark.parametrize("strategy", [*sorted(ELSEWHERE), "dask+asyncio-aiohttp", "mine.py:threads"])
def test_what_would_look_a_checked_name_up_by_itself_is_refused(strategy):
    with pytest.raises(UsageError, match=r"me\.example\.com was looked up and checked, and .* take asyncio-aiohttp"):
        check_strategy(strategy, {"me.example.com": ("8.8.8.8",)})
    check_strategy(strategy, {})


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # the library's name
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def port():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


def body_of(request, response):
    return response.body


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(RESOLVES_HERE))
def test_a_strategy_that_is_said_to_look_names_up_here_goes_where_the_pin_says(name, port):
    origin = f"http://nowhere.invalid:{port}"
    with pinned({"nowhere.invalid": ("127.0.0.1",)}), strategies.load(name)(Limits(2, 5.0), body_of) as fetch:
        (outcome,) = fetch([Request("kraken", origin, "/")])
    assert isinstance(outcome, Fetched), outcome
    assert outcome.value == b"ok"
