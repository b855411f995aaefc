import asyncio
import dataclasses
from urllib.parse import urlsplit

import pytest

import exchanges
from exchanges import Pair
from mock_server import app, connection
from mock_server.conditions import Latency

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


def listener_of(mock):
    return mock._listeners["binance"]


async def so(happened):
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0)


async def said_after(reader, writer, data):
    writer.write(data)
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    return said


def test_what_is_private_to_aiohttp_is_still_where_we_reach_for_it(serving):
    async def scene():
        async with serving(latency="0") as (mock, origin):
            reader, writer = await opened(origin)
            writer.write(WHOLE)
            await answered(reader)
            (held,) = listener_of(mock).connections
            names = "_parser _messages _waiter _upgraded _message_tail _reading_paused _force_close _close"
            missing = [name for name in names.split() if not hasattr(held, name)]
            parser = [name for name in ("feed_data", "message_consumed") if not hasattr(held._parser, name)]
            writer.close()
            return missing, parser

    assert asyncio.run(scene()) == ([], [])


def test_a_request_without_a_body_costs_no_task(serving):
    async def scene():
        async with serving(latency="1h") as (mock, origin):
            mock.begin(7, 0, 0)
            _, writer = await opened(origin)
            await so(lambda: listener_of(mock).connections)
            before = len(asyncio.all_tasks())
            writer.write(WHOLE * 20)
            await so(lambda: mock.record.in_flight == 20)
            found = len(asyncio.all_tasks())
            writer.close()
            return found - before

    assert asyncio.run(scene()) == 0


@pytest.mark.parametrize("latency", ["0", "100us"])
def test_a_pipeline_of_thousands_is_answered_in_order_a_few_at_a_time(serving, latency):
    wanted = 3000

    async def scene():
        async with serving(latency=latency) as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            one = f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nX-Fetchrace-Request: %d\r\n\r\n"
            writer.write(b"".join((one % number).encode() for number in range(wanted)))
            for _ in range(wanted):
                await answered(reader)
            writer.close()
            return mock.end(), mock.record.peak_in_flight

    ended, peak = asyncio.run(scene())
    assert [row[0] for row in ended["rows"]] == list(range(wanted))
    assert peak <= connection.MOST_WAITING


def test_a_client_that_does_not_read_is_read_no_further(serving):
    target = BINANCE.book_request_for(Pair("BTC", "USDT"), 5000).target
    one = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    async def scene():
        async with serving(latency="0") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.transport.pause_reading()
            writer.write(one * 10_000)
            await so(lambda: listener_of(mock).connections)
            (held,) = listener_of(mock).connections
            await so(lambda: held.writing_paused and held._held_back)
            waiting, buffered = len(held._turns), held.transport.get_write_buffer_size()
            before = len(mock.record.rows)
            writer.transport.resume_reading()
            for _ in range(before + 10):
                await answered(reader)
            writer.transport.abort()
            await so(lambda: not listener_of(mock).connections)
            return waiting, buffered, mock.end()["batch"]["unfinished"]

    waiting, buffered, unfinished = asyncio.run(scene())
    assert waiting <= connection.MOST_WAITING
    assert buffered < 1_000_000
    assert unfinished == 0


def test_an_upgrade_that_is_not_taken_up_is_an_ordinary_request_and_what_follows_it_too(serving):
    asked = WHOLE[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    async def scene():
        async with serving(latency="1ms") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(asked + WHOLE)
            heads = [(await answered(reader))[0] for _ in range(2)]
            writer.write(WHOLE)
            heads.append((await answered(reader))[0])
            writer.close()
            return heads, mock.end()

    heads, ended = asyncio.run(scene())
    assert [head.startswith(b"HTTP/1.1 200") for head in heads] == [True] * 3
    assert len(ended["rows"]) == 3
    assert ended["batch"]["unfinished"] == 0


def test_bytes_that_are_no_http_are_answered_after_what_came_before_them(serving):
    async def scene():
        async with serving(latency="20ms") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(WHOLE)
            await so(lambda: mock.record.in_flight == 1)
            return await said_after(reader, writer, b"\x16\x03\x01\r\n\r\n"), mock.end()

    said, ended = asyncio.run(scene())
    assert said.startswith(b"HTTP/1.1 200")
    assert said.count(b"HTTP/1.1 400") == 1
    assert len(ended["rows"]) == 1


def test_an_idle_connection_is_closed_after_a_while_and_a_busy_one_is_not(impatient, monkeypatch, serving):
    monkeypatch.setattr(connection, "_KEEP_ALIVE_S", 0.05)

    async def scene():
        async with serving(latency="1h") as (mock, origin):
            _, busy = await opened(origin)
            busy.write(WHOLE)
            await so(lambda: mock.record.in_flight == 1)
            mock.conditions = mock.conditions.but(latency=Latency.parse("0"))
            reader, writer = await opened(origin)
            said = await said_after(reader, writer, WHOLE)
            left = mock.record.in_flight
            busy.close()
            return said, left

    said, left = asyncio.run(scene())
    assert said.startswith(b"HTTP/1.1 200")
    assert left == 1


def test_a_closed_connection_whose_client_takes_nothing_is_cut(impatient, monkeypatch, serving):
    monkeypatch.setattr(connection, "_CLOSING_S", 0.05)
    target = BINANCE.book_request_for(Pair("BTC", "USDT"), 5000).target
    one = f"GET {target} HTTP/1.1\r\nHost: x\r\n%s\r\n"

    async def scene():
        async with serving(latency="0") as (mock, origin):
            _, writer = await opened(origin)
            writer.transport.pause_reading()
            await so(lambda: listener_of(mock).connections)
            (held,) = listener_of(mock).connections
            while not held.writing_paused:
                writer.write((one % "").encode())
                await asyncio.sleep(0)
            held.force_close()
            await so(lambda: not listener_of(mock).connections)
            writer.close()

    asyncio.run(scene())


def test_a_server_that_stops_answers_what_is_due_within_a_tenth_of_a_second(serving):
    async def scene():
        async with serving(latency="30ms") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(WHOLE)
            await so(lambda: mock.record.in_flight == 1)
            await mock.stop()
            said = await reader.read()
            writer.close()
            return said

    assert asyncio.run(scene()).startswith(b"HTTP/1.1 200")
