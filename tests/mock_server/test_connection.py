import asyncio
import dataclasses
from urllib.parse import urlsplit

import pytest

import exchanges
from exchanges import Pair
from mock_server import app, connection

BINANCE = exchanges.load("binance")
TARGET = BINANCE.request_for(Pair("BTC", "USDT")).target
WHOLE = f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def opened(origin):
    parts = urlsplit(origin)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def answered(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(length)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(connection, "_SLOW_REQUEST_S", 0.05)
    monkeypatch.setattr(app, "_SWEEP_S", 0.01)


def test_a_request_whose_headers_never_end_is_cut(impatient, serving):
    async def scene():
        async with serving() as (_, origin):
            reader, writer = await opened(origin)
            writer.write(WHOLE[:-4])
            said = await reader.read()
            writer.close()
            return said

    assert asyncio.run(scene()) == b""


def test_a_client_that_connects_and_says_nothing_is_cut(impatient, monkeypatch, serving):
    monkeypatch.setattr(connection, "_SILENT_S", 0.05)

    async def scene():
        async with serving() as (_, origin):
            reader, writer = await opened(origin)
            async with asyncio.timeout(10):
                said = await reader.read()
            writer.close()
            return said

    assert asyncio.run(scene()) == b""


def test_a_client_that_waits_to_be_told_to_go_on_is_told_so(serving):
    async def scene():
        async with serving(latency="0") as (_, origin):
            reader, writer = await opened(origin)
            writer.write(WHOLE[:-2] + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            async with asyncio.timeout(10):
                interim = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"abc")
            head, _ = await answered(reader)
            writer.close()
            return interim, head

    interim, head = asyncio.run(scene())
    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert head.startswith(b"HTTP/1.1 200")


def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent(serving):
    async def scene():
        async with serving(latency="0") as (_, origin):
            reader, writer = await opened(origin)
            writer.write(WHOLE[:-2] + b"Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n")
            async with asyncio.timeout(10):
                head, _ = await answered(reader)
            writer.close()
            return head

    assert asyncio.run(scene()).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("half", ["pairs_from", "answer"])
def test_a_bug_of_an_exchange_does_not_stay_in_flight(serving, monkeypatch, half):
    def broken(*_):
        raise RuntimeError("a bug")

    async def scene():
        async with serving(latency="0") as (mock, origin):
            mock.begin(7, 0, 0)
            monkeypatch.setattr(type(BINANCE), half, broken)
            reader, writer = await opened(origin)
            writer.write(WHOLE)
            head, _ = await answered(reader)
            writer.close()
            return head, mock.end()["batch"]["unfinished"]

    head, unfinished = asyncio.run(scene())
    assert head.startswith(b"HTTP/1.1 500")
    assert unfinished == 0


def test_neither_a_held_request_nor_an_idle_connection_is_cut(impatient, serving):
    async def scene():
        async with serving(latency="120ms") as (mock, origin):
            reader, writer = await opened(origin)
            cut, other = await opened(origin)
            heads = []
            for _ in range(2):
                writer.write(WHOLE)
                heads.append((await answered(reader))[0])
                # The sweeper has been round: it cut this one, which sent half a request.
                other.write(WHOLE[:-4])
                await cut.read()
                other.close()
                cut, other = await opened(origin)
            writer.close()
            other.close()
            return heads, mock.record.in_flight

    heads, in_flight = asyncio.run(scene())
    assert [head.startswith(b"HTTP/1.1 200") for head in heads] == [True, True]
    assert in_flight == 0


def test_a_bug_of_an_exchange_is_a_500_whose_traceback_stays_in_our_log(serving, caplog):
    @dataclasses.dataclass(frozen=True)
    class Broken(type(BINANCE)):
        def answer(self, request, quotes):
            raise RuntimeError("the secret of the bug")

    broken = Broken(**{f.name: getattr(BINANCE, f.name) for f in dataclasses.fields(BINANCE) if f.init})

    async def scene():
        async with serving(broken, "0") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(WHOLE)
            head, body = await answered(reader)
            writer.close()
            return head, body, mock.end()

    head, body, ended = asyncio.run(scene())
    assert head.startswith(b"HTTP/1.1 500")
    assert b"aiohttp" not in head
    assert b"secret" not in body
    assert "the secret of the bug" in caplog.text
    assert [row[ended["columns"].index("status")] for row in ended["rows"]] == [500]
