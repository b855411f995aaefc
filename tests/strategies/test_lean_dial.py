"""Opening connections: which addresses are tried, in what order, and that none is left open."""

import asyncio
import contextlib
import socket
from types import SimpleNamespace

import pytest

from strategies import lean_dial
from strategies.lean_connection import LeanConnection
from strategies.lean_dial import LeanDial
from strategies.lean_request import Destination
from strategies.plain_answer import PlainAnswer
from strategies.terms import Trust


class Dialled:
    """A dial on a loop whose resolver knows what it is told to; a name that it is told nothing of takes for ever."""

    def __init__(self):
        self.opened, self.asked, self.names = set(), [], {}
        self.dial = LeanDial(Trust(None), self.new)

    def new(self, origin):
        return LeanConnection(origin, 1000, PlainAnswer(1000), memoryview(bytearray(4096)), self.opened)

    async def getaddrinfo(self, host, port, **options):
        self.asked.append(host)
        if host not in self.names:
            await asyncio.Event().wait()
        if isinstance(self.names[host], OSError):
            raise self.names[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in self.names[host]]

    def run(self, steps):
        async def all_of_it():
            asyncio.get_running_loop().getaddrinfo = self.getaddrinfo
            try:
                return await steps(self.dial)
            finally:
                await self.dial.close()
                for connection in list(self.opened):
                    connection.abort()
                await asyncio.sleep(0)
                assert len(asyncio.all_tasks()) == 1

        return asyncio.run(all_of_it())


@pytest.fixture
def dialled():
    return Dialled()


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield SimpleNamespace(address=listener.getsockname(), port=listener.getsockname()[1])


@pytest.fixture
def closed():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()


def test_an_address_in_digits_needs_no_resolver(dialled, listener):
    origin = f"http://127.0.0.1:{listener.port}"
    connection = dialled.run(lambda dial: dial.connect(Destination(origin)))
    assert (connection.origin, dialled.asked) == (origin, [])


def test_a_name_is_looked_up_once_for_all_who_ask_and_again_when_it_is_old(dialled, listener, monkeypatch):
    dialled.names["a.invalid"] = [listener.address]
    to = Destination("http://a.invalid")

    async def many(dial):
        await asyncio.gather(*[dial.connect(to) for _ in range(5)])
        await dial.connect(to)
        assert dialled.asked == ["a.invalid"]
        monkeypatch.setattr(lean_dial, "_FRESH_S", -1.0)
        await dial.connect(to)

    dialled.run(many)
    assert dialled.asked == ["a.invalid"] * 2


def test_a_name_that_could_not_be_looked_up_is_looked_up_again(dialled, listener):
    dialled.names["a.invalid"] = socket.gaierror(-2, "unknown")
    to = Destination("http://a.invalid")

    async def twice(dial):
        with pytest.raises(socket.gaierror):
            await dial.connect(to)
        dialled.names["a.invalid"] = [listener.address]
        return await dial.connect(to)

    assert dialled.run(twice).origin == to.origin


def test_an_address_that_refuses_is_passed_over(dialled, listener, closed):
    dialled.names["a.invalid"] = [closed, closed, listener.address]
    assert dialled.run(lambda dial: dial.connect(Destination("http://a.invalid"))).origin == "http://a.invalid"


def test_where_no_address_answers_all_errors_are_told(dialled, closed):
    dialled.names["a.invalid"] = [closed, closed]
    with pytest.raises(ExceptionGroup) as caught:
        dialled.run(lambda dial: dial.connect(Destination("http://a.invalid")))
    assert [type(error) for error in caught.value.exceptions] == [ConnectionRefusedError] * 2


def test_an_address_that_is_silent_is_overtaken_by_the_next(dialled, listener, monkeypatch):
    monkeypatch.setattr(lean_dial, "STAGGER_S", 0.001)
    dialled.names["a.invalid"] = [("192.0.2.1", 80), listener.address]
    connect = lean_dial._socket

    async def silent(family, address):
        if address[0] == "192.0.2.1":
            await asyncio.Event().wait()
        return await connect(family, address)

    monkeypatch.setattr(lean_dial, "_socket", silent)
    assert dialled.run(lambda dial: dial.connect(Destination("http://a.invalid"))).origin == "http://a.invalid"


def test_who_stops_waiting_for_a_name_leaves_the_others_waiting_and_nothing_behind(dialled):
    async def give_up(dial):
        waiting = [asyncio.create_task(dial.connect(Destination("http://a.invalid"))) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting[0].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting[0]
        assert not waiting[1].done()
        waiting[1].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting[1]

    dialled.run(give_up)
    assert dialled.asked == ["a.invalid"]
