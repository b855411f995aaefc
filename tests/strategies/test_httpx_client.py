"""httpx and its fork are asked the same, so that their comparison is one of like with like."""

import asyncio

import httpx
import pytest

from exchanges.wire import Request
from strategies import Limits
from strategies.gate_server import GateServer
from strategies.httpx_client import Idle, opened_async
from strategies.httpx_on_asyncio import httpx_on_asyncio
from strategies.httpx_on_trio import httpx_on_trio
from strategies.terms import HEADERS, Trust


def body_of(request, response):
    return response.body


@pytest.mark.parametrize("model", [httpx_on_asyncio, httpx_on_trio])
def test_both_libraries_send_the_same_requests_on_as_many_connections(model):
    httpx2 = pytest.importorskip("httpx2")
    own = (("X-Number", "7"), ("accept", "application/json"))

    def seen(library):
        with GateServer() as server:
            server.answer = lambda arrival: arrival.reply(b"ok")
            requests = [
                Request("test", server.origins[n % 2], f"/%7E{n}?list=%5B%22A%22%5D,b", "GET", own) for n in range(6)
            ]
            with model(library, Limits(1), body_of) as fetch:
                assert [outcome.value for outcome in fetch(requests)] == [b"ok"] * 6
            origins = {origin: place for place, origin in enumerate(server.origins)}
            asked = [(a.method, a.target, {**a.headers, "host": origins[a.origin]}) for a in server.arrivals]
            return asked, server.connections

    asked, connections = seen(httpx)
    assert (asked, connections) == seen(httpx2)
    assert connections == 2
    assert asked[0][1] == "/%7E0?list=%5B%22A%22%5D,b"
    assert asked[0][2] == {
        "host": 0, "user-agent": HEADERS["User-Agent"], "accept-encoding": HEADERS["Accept-Encoding"],
        "accept": "application/json", "x-number": "7",
    }  # fmt: skip


def test_the_url_of_a_request_is_that_of_its_connection_and_its_target_goes_as_it_is_written():
    async def scene():
        single = opened_async(httpx, "http://127.0.0.1:81", Trust(None), lambda: None)
        try:
            return single.built(Request("test", "http://127.0.0.1:81", "/%7e?a=|"))
        finally:
            await single.transport.aclose()

    request = asyncio.run(scene())
    assert (request.headers["host"], request.extensions["target"]) == ("127.0.0.1:81", b"/%7e?a=|")


def test_the_client_that_was_given_back_last_goes_out_first():
    made = iter(range(9))
    idle = Idle(lambda origin: (origin, next(made)))
    first, second = idle.take("a"), idle.take("a")
    assert idle.take("b") == ("b", 2)
    idle.give_back("a", first)
    idle.give_back("a", second)
    assert (idle.take("a"), idle.take("a"), idle.take("a")) == (("a", 1), ("a", 0), ("a", 3))
