"""The same strategy on another loop."""

import asyncio

import pytest

from exchanges.wire import Request
from strategies import Limits
from strategies.asyncio_aiohttp import asyncio_aiohttp
from strategies.gate_server import GateServer

uvloop = pytest.importorskip("uvloop")


def loop_of(request, response):
    return type(asyncio.get_running_loop()).__module__


def test_only_the_loop_is_another():
    from strategies.asyncio_aiohttp_uvloop import asyncio_aiohttp_uvloop

    with GateServer() as server:
        server.answer = lambda arrival: arrival.reply()
        for strategy, loop in ((asyncio_aiohttp, "asyncio"), (asyncio_aiohttp_uvloop, "uvloop")):
            with strategy(Limits(1), loop_of) as fetch:
                (outcome,) = fetch([Request("test", server.origins[0], "/")])
            assert outcome.value.partition(".")[0] == loop
        first, second = (dict(arrival.headers) for arrival in server.arrivals)
    assert first == second
