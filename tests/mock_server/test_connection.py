import asyncio
import contextlib
import dataclasses
import socket
from urllib.parse import urlsplit

import pytest
from aiohttp.web_protocol import RequestPayloadError

import exchanges
from exchanges import Pair
from mock_server import app, connection, listener, patience
from mock_server.conditions import Latency
from mock_server.fault import Fault
from mock_server.faults import Entry, Faults

BINANCE = exchanges.load("binance")
TARGET = BINANCE.request_for(Pair("BTC", "USDT")).target
WHOLE = f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def opened(origin):
    parts = urlsplit(origin)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def answered(reader):
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head, await reader.readexactly(length)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(patience, "_SLOW_REQUEST_S", 0.05)
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
    monkeypatch.setattr(patience, "_SILENT_S", 0.05)

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


@pytest.mark.slow
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
            names = "_parser _messages _waiter _reading_paused _force_close _close"
            missing = [name for name in names.split() if not hasattr(held, name)]
            parser = [
                name for name in ("feed_data", "message_consumed", "set_upgraded") if not hasattr(held._parser, name)
            ]
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
    upgrade = WHOLE[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    async def scene():
        async with serving(latency="1ms") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(upgrade + WHOLE)
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
    monkeypatch.setattr(patience, "_KEEP_ALIVE_S", 0.05)

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
    monkeypatch.setattr(patience, "_CLOSING_S", 0.05)
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


GARBAGE = b"\x16\x03\x01\r\n\r\n"
CHUNKED = WHOLE[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"


def statuses(said):
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]


def asked(line):
    return WHOLE[:-2] + line + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (WHOLE * 3 + GARBAGE, [200, 200, 200, 400]),
        (asked(b"Connection: close") + WHOLE, [200]),
        (WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0") + WHOLE, [200]),
        (asked(b"Content-Length: 3") + b"abc" + WHOLE + GARBAGE, [200, 200, 400]),
        (asked(b"Connection: close\r\nContent-Length: 3") + b"abc" + WHOLE, [200]),
        (WHOLE * 40 + GARBAGE, [200] * 40 + [400]),
        (asked(b"Connection: Upgrade\r\nUpgrade: websocket") + GARBAGE, [200, 400]),
    ],
    ids=["garbage", "close", "http-1.0", "body", "body-and-close", "more-than-wait", "upgrade"],
)
def test_whole_requests_are_answered_whatever_comes_behind_them_in_the_same_read(serving, sent, expected):
    async def scene():
        async with serving(latency="1ms") as (mock, origin):
            mock.begin(7, 0, 0)
            return await said_after(*await opened(origin), sent), mock.end()

    said, ended = asyncio.run(scene())
    assert statuses(said) == expected
    assert len(ended["rows"]) == expected.count(200)
    assert ended["batch"]["unfinished"] == 0


def test_a_body_whose_chunks_break_in_a_later_read_is_400_at_once_and_alone(serving):
    async def scene():
        async with serving(latency="0") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(CHUNKED + b"2\r\n{}\r\n")
            await so(lambda: mock.record.in_flight == 1)
            return await said_after(reader, writer, b"ZZ\r\n"), mock.end()

    said, ended = asyncio.run(scene())
    assert statuses(said) == [400]
    assert [row[ended["columns"].index("status")] for row in ended["rows"]] == [400]


@pytest.mark.parametrize("upgrade", ["h2c", "websocket", "tls/1.2"])
def test_every_request_behind_an_upgrade_is_answered_in_one_read_or_in_several(serving, upgrade):
    upgraded = asked(f"Connection: Upgrade\r\nUpgrade: {upgrade}".encode())

    async def scene():
        async with serving(latency="1ms") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            heads = []
            for sent in (upgraded + WHOLE, upgraded + upgraded + WHOLE[:20], WHOLE[20:]):
                writer.write(sent)
                heads += [(await answered(reader))[0] for _ in range(sent.count(b"\r\n\r\n"))]
            writer.close()
            return heads, mock.end()

    heads, ended = asyncio.run(scene())
    assert [head[9:12] for head in heads] == [b"200"] * 5
    assert len(ended["rows"]) == 5


def test_what_is_parsed_later_belongs_to_the_batch_in_which_its_bytes_came(serving):
    wanted = 2 * connection.MOST_WAITING

    async def scene():
        async with serving(latency="10ms") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(WHOLE * wanted)
            await so(lambda: mock.record.in_flight == connection.MOST_WAITING)
            first = mock.record
            mock.begin(7, 0, 1)
            for _ in range(wanted):
                await answered(reader)
            (held,) = listener_of(mock).connections
            kept = held._record
            writer.write(WHOLE)
            await answered(reader)
            writer.close()
            return first.in_flight, len(first.rows), len(mock.end()["rows"]), kept

    # All of the first are in its own log, and an idle connection keeps no log alive.
    assert asyncio.run(scene()) == (0, wanted, 1, None)


def test_a_request_that_is_left_half_behind_a_whole_one_is_cut_and_an_idle_connection_is_not(impatient, serving):
    async def scene():
        async with serving(latency="0") as (mock, origin):
            idle, idle_writer = await opened(origin)
            # A body's end, unlike a head's, may look like the beginning of a head.
            idle_writer.write(asked(b"Content-Length: 3") + b"abc")
            await answered(idle)
            (held,) = listener_of(mock).connections
            said = await said_after(*await opened(origin), WHOLE + WHOLE[:20])
            # It has been looked into.
            await so(lambda: not held.patience.reading_since)
            idle_writer.write(WHOLE)
            after = (await answered(idle))[0]
            idle_writer.close()
            return said, after

    said, after = asyncio.run(scene())
    assert statuses(said) == [200]
    assert after.startswith(b"HTTP/1.1 200")


def test_blank_lines_for_ever_are_no_request(impatient, monkeypatch, serving):
    monkeypatch.setattr(patience, "_SILENT_S", 0.05)

    async def scene():
        async with serving() as (_, origin):
            return await said_after(*await opened(origin), b"\r\n\r\n")

    assert asyncio.run(scene()) == b""


def endless(raw):
    yield raw.head
    while True:
        yield bytes(65536)


@pytest.mark.parametrize("play", [False, True], ids=["answers", "a-fault's-play"])
def test_a_client_that_takes_nothing_of_what_it_asked_for_is_cut(impatient, monkeypatch, serving, play):
    monkeypatch.setattr(patience, "_UNREAD_S", 0.05)
    target = BINANCE.book_request_for(Pair("BTC", "USDT"), 5000).target

    async def scene():
        async with serving(latency="0") as (mock, origin):
            if play:
                fault = Fault("it", None, "", "", wire=endless)
                mock.conditions = mock.conditions.but(faults=Faults((Entry(None, fault, 1.0),)))
            _, writer = await opened(origin)
            writer.transport.pause_reading()
            writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 60)
            await so(lambda: mock.record.in_flight or mock.record.peak_in_flight)
            await so(lambda: not listener_of(mock).connections)
            writer.close()
            return mock.record.in_flight

    assert asyncio.run(scene()) == 0


def test_what_a_client_does_is_no_bug_of_ours(serving, caplog):
    expecting = asked(b"Content-Length: 2\r\nExpect: 100-continue")
    packed = asked(b"Content-Encoding: gzip\r\nContent-Length: 9") + b"no gzip.."

    async def scene():
        async with serving(latency="0") as (mock, origin):
            for sent in (
                expecting * 3,
                packed,
                WHOLE.replace(b"GET", b"POST") + packed,
                CHUNKED + b"2\r\n{}\r\nZZ\r\n",
            ):
                for linger in (False, True):
                    reader, writer = await opened(origin)
                    writer.write(sent)
                    if linger:
                        await reader.read(1)
                    writer.transport.abort()
                await so(lambda: not listener_of(mock).connections)
            return mock.record.in_flight

    assert asyncio.run(scene()) == 0
    assert caplog.text == ""


def test_a_pipeline_whose_client_has_reset_the_connection_is_not_answered_to_its_end(serving, caplog):
    async def scene():
        async with serving(latency="0") as (mock, origin):
            mock.begin(7, 0, 0)
            parts = urlsplit(origin)
            with socket.create_connection((parts.hostname, parts.port)) as client:
                client.sendall(WHOLE * 30)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, connection._LINGER_0)
            await so(lambda: mock.record.peak_in_flight)
            await so(lambda: not listener_of(mock).connections)
            return mock.end()

    asyncio.run(scene())
    # asyncio complains about each write behind the fifth.
    assert caplog.text == ""


def test_an_error_that_a_client_brought_about_is_a_400_without_a_traceback(serving, caplog):
    async def scene():
        async with serving(latency="0") as (mock, origin):
            _, writer = await opened(origin)
            await so(lambda: listener_of(mock).connections)
            (held,) = listener_of(mock).connections
            answers = [held.handle_error(None, 500, error).status for error in (ConnectionResetError(), KeyError())]
            held.log_exception("Unhandled exception", exc_info=RequestPayloadError())
            writer.close()
            return answers

    assert asyncio.run(scene()) == [400, 500]
    assert [record.message for record in caplog.records] == ["a bug of the mock server"]


@pytest.mark.parametrize(
    ("line", "status"),
    [(b"CONNECT example.com:443", 405), (b"OPTIONS *", 405), (b"DELETE /", None), (b"POST /", None), (b"GET /", 0)],
)
def test_the_page_is_for_get_and_head_alone_and_whatever_else_is_asked_leaves_a_row(serving, line, status):
    async def scene():
        async with serving(latency="0") as (mock, origin):
            mock.begin(7, 0, 0)
            reader, writer = await opened(origin)
            writer.write(line + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            head, _ = await answered(reader)
            writer.write(WHOLE)
            after, _ = await answered(reader)
            writer.close()
            return int(head[9:12]), after, [row[10] for row in mock.end()["rows"]]

    found, after, rows = asyncio.run(scene())
    assert after.startswith(b"HTTP/1.1 200")
    if status == 0:
        assert (found, rows) == (200, [200])
    else:
        assert found >= 400
        assert found == (status or found)
        assert rows == [found, 200]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_answer_says_once_whether_the_connection_stays(serving, version):
    one = WHOLE.replace(b"HTTP/1.1", f"HTTP/{version}".encode())
    asks = b"Connection: keep-alive\r\nContent-Length: 2000000\r\n\r\n"

    async def scene():
        async with serving(latency="0") as (_, origin):
            reader, writer = await opened(origin)
            writer.write(one[:-2] + asks)
            head, _ = await answered(reader)
            writer.close()
            return head

    head = asyncio.run(scene())
    assert head.startswith(b"HTTP/1.1 413")
    assert head.lower().count(b"connection: ") == 1
    assert b"Connection: close\r\n" in head


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_tls_handshake_that_does_not_end_is_counted_and_cut(serving, monkeypatch, tmp_path, loop):
    pytest.importorskip("trustme", reason="the extra tls is not installed")
    from mock_server.tls import Authority

    # What is counted ends on its own as well; here it is the client that notices.
    monkeypatch.setattr(app, "HANDSHAKE_S", 0.1)

    async def scene():
        async with serving(latency="0", authority=Authority.create(tmp_path)) as (mock, origin):
            reader, writer = await opened(origin)
            writer.write(b"\x16\x03\x01")
            await so(lambda: mock.census()["connections"])
            async with asyncio.timeout(10):
                # An end or a reset, as the loop likes.
                with contextlib.suppress(ConnectionError):
                    await reader.read()
            writer.close()
            monkeypatch.setattr(listener, "HANDSHAKE_S", 0.0)
            return mock.census()["connections"]

    factory = None
    if loop == "uvloop":
        factory = pytest.importorskip("uvloop", reason="uvloop is not installed").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(scene()) == 0
