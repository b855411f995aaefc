"""One mock server for all tests of the package that speak to a real one; each test begins its own batch."""

import contextlib
import socket
from urllib.parse import urlsplit

import pytest

import exchanges
from mock_server.app import Mock
from mock_server.conditions import Conditions, Latency
from mock_server.control import ControlPort
from mock_server.faults import Faults
from mock_server.process import Control, running
from mock_server.sockets import Listening


@pytest.fixture(scope="package")
def mock():
    with running(latency="0", seed=7) as started:
        yield started


@pytest.fixture(scope="package")
def secured():
    """One that speaks TLS, with a bad certificate of another kind on each port. Who shows others puts these back."""
    pytest.importorskip("trustme")
    faults = "binance:tls-self-signed,coinbase:tls-expired,kraken:tls-wrong-host"
    with running(["binance", "coinbase", "kraken"], latency="0", arguments=["--tls", "--faults", faults]) as started:
        yield started


@pytest.fixture
def control(mock):
    with Control(mock) as opened:
        opened.begin(seed=7, latency="0", refuse={}, one_at_a_time=None)
        yield opened


@pytest.fixture
def connect():
    """Opens TCP connections to an origin and closes them at the end."""
    opened = []

    def to(origin):
        parts = urlsplit(origin)
        opened.append(socket.create_connection((parts.hostname, parts.port), timeout=10))
        return opened[-1]

    yield to
    for connection in opened:
        connection.close()


@pytest.fixture
def serving():
    """``async with serving() as (mock, origin)``: a server inside the test's own event loop."""

    @contextlib.asynccontextmanager
    async def started(exchange=None, latency="20ms", faults="", levers=None, **options):
        exchange = exchange or exchanges.load("binance")
        names = [exchange.name]
        conditions = Conditions(Latency.parse(latency), Faults.parse(faults, names), **(levers or {}))
        mock = Mock([exchange], conditions, **options)
        port, control = Listening.on(0), Listening.on(0)
        await mock.start({exchange.name: port}, control, ControlPort(mock, "token", "witness", control.port).handle)
        try:
            yield mock, mock.origins[exchange.name]
        finally:
            await mock.stop()

    return started
