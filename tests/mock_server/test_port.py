import asyncio
import gzip
import json
import math
import ssl
import threading
import zlib
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

import exchanges
from exchanges import Pair
from mock_server.app import Mock
from mock_server.conditions import Delay
from mock_server.fault import End, Fault, Pause
from mock_server.faults import Entry, Faults
from mock_server.lateness import Ramp
from mock_server.log import COLUMNS, GONE
from mock_server.market import EPOCH_US

BINANCE = exchanges.load("binance")
KRAKEN = exchanges.load("kraken")
TARGET = BINANCE.request_for(Pair("BTC", "USDT")).target
BOOK = BINANCE.book_request_for(Pair("BTC", "USDT"), 100).target


class Client:
    """One connection that writes requests and reads whole answers."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def of(cls, origin, tls=None):
        parts = urlsplit(origin)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port, ssl=tls))

    def ask(self, target=TARGET, method="GET", body=b"", version="1.1", **headers):
        lines = [f"{method} {target} HTTP/{version}", "Host: x"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def head(self):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        return int(lines[0].split()[1]), {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}

    async def answer(self, body=True):
        status, headers = await self.head()
        if not body:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            pieces = []
            while not pieces or pieces[-1]:
                size = int(await self.reader.readline(), 16)
                pieces.append((await self.reader.readexactly(size + 2))[:-2])
            return status, headers, b"".join(pieces)
        return status, headers, await self.reader.readexactly(int(headers["content-length"]))

    async def get(self, target=TARGET, **more):
        self.ask(target, **more)
        return await self.answer(more.get("method") != "HEAD")


@pytest.fixture(params=["asyncio", "uvloop"])
def play(request, serving):
    """``play(scene, **options)`` runs ``scene(mock, client)`` on either event loop."""
    factory = None
    if request.param == "uvloop":
        factory = pytest.importorskip("uvloop", reason="uvloop is not installed").new_event_loop

    def played(scene, trust=None, **options):
        async def main():
            async with asyncio.timeout(20), serving(**{"latency": "0", **options}) as (mock, origin):
                client = await Client.of(origin, trust)
                mock.begin(7, 0, 0)
                try:
                    return await scene(mock, client)
                finally:
                    client.writer.close()

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(main())

    return played


def rows(ended):
    return [dict(zip(COLUMNS, row, strict=True)) for row in ended["rows"]]


async def so(happened):
    while not happened():
        await asyncio.sleep(0)


def striking(mock, **places):
    """Let a fault of these places strike every request."""
    fault = Fault("it", None, "", "", **places)
    mock.conditions = mock.conditions.but(faults=Faults((Entry(None, fault, 1.0),)))


# held, and never early


@pytest.mark.parametrize("latency", ["200us", "1ms", "uniform:0ms,3ms"])
def test_no_answer_is_early_on_either_loop(play, latency):
    async def scene(mock, client):
        others = [await Client.of(next(iter(mock.origins.values()))) for _ in range(20)]
        for index in range(300):
            others[index % 20].ask(X_Fetchrace_Request=index)
        for index in range(300):
            await others[index % 20].answer()
        for other in others:
            other.writer.close()
        return mock.end()

    found = rows(play(scene, latency=latency))
    assert len(found) == 300
    for row in found:
        assert row["asked"] == Delay.parse(latency).draw(7, 0, 0, row["index"])
        assert row["held"] >= row["asked"]


LEVERS = {"late": 0.002, "ramp": Ramp(1.0, 1e-9), "backlog": 2}


def test_levers_hold_an_answer_longer_than_asked_and_the_log_tells_both(play):
    async def scene(mock, client):
        await client.get(X_Fetchrace_Request=0)
        mock.begin(7, 1, 0)  # a batch begins anew, and the levers stay
        await client.get(X_Fetchrace_Request=0)
        return mock.end()

    (found,) = rows(play(scene, latency="1ms", levers=LEVERS))
    assert found["asked"] == 0.001
    assert found["held"] >= 2 * 0.001 + 0.002


def test_connections_through_a_narrow_door_are_served_counted_and_closed_like_any_other(play):
    async def scene(mock, client):
        await client.get()
        other = await Client.of(next(iter(mock.origins.values())))
        await other.get()
        other.writer.close()
        return mock.end()

    ended = play(scene, levers=LEVERS)
    assert [row["status"] for row in rows(ended)] == [200, 200]
    assert len({row["connection"] for row in rows(ended)}) == 2
    # The first one came in before the batch.
    assert ended["batch"]["accepted"] == 1


# how it is sent


def test_a_body_worth_compressing_is_compressed_for_who_accepts_it(play):
    async def scene(mock, client):
        plain = await client.get(BOOK)
        packed = await client.get(BOOK, Accept_Encoding="br, gzip;q=0.5")
        small = await client.get(TARGET, Accept_Encoding="gzip")
        refused = await client.get(BOOK, Accept_Encoding="gzip;q=0, *;q=0")
        return plain, packed, small, refused, mock.end()

    plain, packed, small, refused, ended = play(scene)
    assert "content-encoding" not in plain[1]
    assert packed[1]["content-encoding"] == "gzip"
    assert plain[1]["vary"] == packed[1]["vary"] == "Accept-Encoding"
    assert len(gzip.decompress(packed[2])) == rows(ended)[1]["bytes"] > 3 * len(packed[2])
    assert "content-encoding" not in small[1]
    assert "content-encoding" not in refused[1]


def test_a_body_is_compressed_once_for_all_who_ask_in_its_tick(play, monkeypatch):
    done = []
    compress = zlib.compress
    monkeypatch.setattr("mock_server.frame.zlib.compress", lambda *rest: done.append(1) or compress(*rest))
    target = BINANCE.book_request_for(Pair("BTC", "USDT"), 1000).target

    async def scene(mock, client):
        for _ in range(10):
            await client.get(target, Accept_Encoding="gzip")
        return len({row["priced_at"] for row in rows(mock.end())})

    assert play(scene) == len(done)


@pytest.mark.parametrize("accept", ["identity", "gzip"])
def test_an_answer_comes_in_chunks_where_the_client_asks(play, accept):
    async def scene(mock, client):
        chunked = await client.get(BOOK, X_Fetchrace_Chunked=1, Accept_Encoding=accept)
        return chunked, rows(mock.end())[0]

    (status, headers, body), row = play(scene)
    assert (status, headers["transfer-encoding"]) == (200, "chunked")
    assert "content-length" not in headers
    assert len(gzip.decompress(body) if accept == "gzip" else body) == row["bytes"]


def test_head_has_the_headers_of_get_and_leaves_the_connection_in_step(play):
    async def scene(mock, client):
        heads = [await client.get(BOOK, method="HEAD", **more) for more in ({}, {"Accept_Encoding": "gzip"})]
        return heads, await client.get(), mock.end()

    heads, after, ended = play(scene)
    assert [head[0] for head in heads] == [200, 200]
    assert int(heads[0][1]["content-length"]) > int(heads[1][1]["content-length"]) > 0
    assert after[0] == 200
    assert [row["bytes"] for row in rows(ended)][:2] == [0, 0]


def test_http_1_0_is_closed_unless_it_asks_to_be_kept(play):
    async def scene(mock, client):
        kept = await client.get(version="1.0", Connection="keep-alive")
        closed = await client.get(version="1.0", X_Fetchrace_Chunked=1)
        return kept, closed, await client.reader.read()

    kept, closed, rest = play(scene)
    assert kept[1]["connection"] == "keep-alive"
    assert closed[1]["connection"] == "close"
    assert "transfer-encoding" not in closed[1]
    assert rest == b""


def test_connection_close_is_answered_and_honoured_and_nothing_behind_it_is(play):
    async def scene(mock, client):
        client.ask(Connection="close")
        await so(lambda: mock.record.in_flight == 1)
        client.ask()
        answer = await client.answer()
        return answer, await client.reader.read(), mock.end()

    answer, rest, ended = play(scene, latency="20ms")
    assert (answer[0], answer[1]["connection"]) == (200, "close")
    assert rest == b""
    assert len(ended["rows"]) == 1


def test_every_answer_has_a_date_and_no_version(play):
    async def scene(mock, client):
        return [(await client.get(target))[1] for target in (TARGET, "/", "/nope")]

    for headers in play(scene):
        assert headers["date"].endswith(" GMT")
        assert headers["server"] == "fetchrace-mock"


# POST


def test_a_form_is_read_like_a_query_where_the_exchange_accepts_it(play):
    async def scene(mock, client):
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        posted = await client.get("/0/public/Ticker", method="POST", body=b"pair=XBTUSD", **form)
        asked = await client.get("/0/public/Ticker?pair=XBTUSD")
        return posted, asked, rows(mock.end())

    posted, asked, found = play(scene, exchange=KRAKEN)
    assert [row["pair"] for row in found] == ["BTC/USD", "BTC/USD"]
    pair = Pair("BTC", "USD")
    for answer in (posted, asked):
        assert KRAKEN.quote_from(pair, exchanges.Response(200, answer[2], answer[1])).pair == pair


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"pair": "XBTUSD", "count": 1}', ["XXBTZUSD"]),
        (b"", "every market"),
        (b'{"pair": ["XBTUSD"]}', "EGeneral:Invalid arguments"),
        (b'["ab"]', "EGeneral:Invalid arguments"),
        (b'{"pair": NaN}', "EGeneral:Invalid arguments"),
        (b'{"pair": "XBTUSD"', "EGeneral:Invalid arguments"),
        (b"\xff", "EGeneral:Invalid arguments"),
    ],
)
def test_json_is_read_like_a_form_and_is_refused_where_it_holds_no_fields(body, told, play):
    async def scene(mock, client):
        answer = await client.get("/0/public/Ticker", method="POST", body=body, Content_Type="application/json")
        return json.loads(answer[2]), rows(mock.end())

    answer, found = play(scene, exchange=KRAKEN)
    if told == "every market":
        assert len(answer["result"]) == len(KRAKEN.instruments)
    else:
        assert (list(answer.get("result", [])) or answer["error"][0]) == told
    assert len(found) == 1


def test_a_post_is_405_elsewhere_and_keeps_its_place_in_the_pipeline(play):
    async def scene(mock, client):
        client.ask(X_Fetchrace_Request=0)
        client.ask(method="POST", body=b"x" * 100_000, X_Fetchrace_Request=1)
        client.ask(X_Fetchrace_Request=2)
        return [(await client.answer())[0] for _ in range(3)], rows(mock.end())

    statuses, found = play(scene, latency="uniform:0ms,20ms")
    assert statuses == [200, 405, 200]
    assert [row["index"] for row in found] == [0, 1, 2]
    assert all(row["held"] >= row["asked"] for row in found)


def test_a_body_that_breaks_its_own_framing_is_400(play):
    async def scene(mock, client):
        head = f"POST {TARGET} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.writer.write(head.encode() + b"zz\r\n")
        status, _, _ = await client.answer()
        return status, await client.reader.read(), mock.end()

    status, rest, ended = play(scene)
    assert (status, rest) == (400, b"")
    assert ended["batch"]["unfinished"] == 0


# limits


def test_used_weight_is_told_on_every_answer_and_nobody_is_refused_unless_limits_are_on(play):
    async def scene(mock, client):
        return [(await client.get(target))[1] for target in (TARGET, "/api/v3/time", TARGET)]

    used = [int(headers["x-mbx-used-weight-1m"]) for headers in play(scene)]
    assert used == sorted(set(used))


def test_who_asks_too_much_is_refused_at_once_in_the_exchange_s_own_words(play):
    everything = BINANCE.market_request().target

    async def scene(mock, client):
        answers = [await client.get(everything) for _ in range(100)]
        return [(status, headers) for status, headers, _ in answers], rows(mock.end())

    answers, found = play(scene, latency="100us", limits=True)
    first = [status for status, _ in answers].index(429)
    assert {status for status, _ in answers[:first]} == {200}
    assert int(answers[first][1]["retry-after"]) > 0
    assert found[first]["asked"] == 0.0


# faults


def test_a_reply_fault_is_logged_by_name_and_reaches_the_client(play):
    async def scene(mock, client):
        striking(mock, reply=lambda reply, context: replace(reply, status=503, body=context.exchange.name.encode()))
        return await client.get(), rows(mock.end())

    (status, _, body), (row,) = play(scene)
    assert (status, body) == (503, b"binance")
    assert (row["fault"], row["status"], row["bytes"]) == ("it", 503, 7)


def test_a_wire_fault_is_played_and_the_connection_goes_on(play):
    async def scene(mock, client):
        striking(mock, wire=lambda raw: iter([raw.head, Pause(0.02), raw.body]))
        client.ask(X_Fetchrace_Request=0)
        client.ask(X_Fetchrace_Request=1)
        return [(await client.answer())[0] for _ in range(2)], rows(mock.end())

    statuses, found = play(scene)
    assert statuses == [200, 200]
    assert [(row["index"], row["fault"]) for row in found] == [(0, "it"), (1, "it")]
    # The second waited for the first to be played, which is in no row but in the time it was held.
    assert found[1]["replied"] >= found[0]["replied"] + 0.02


def test_what_has_no_body_is_not_struck_on_the_wire(play):
    async def scene(mock, client):
        mock.conditions = mock.conditions.but(faults=Faults.parse("not-modified,chunk-missing-last", ["binance"]))
        mock.begin(7, 0, 0)
        for _ in range(3):
            client.ask()
        return [(await client.answer(body=False))[0] for _ in range(3)], rows(mock.end())

    statuses, found = play(scene)
    assert statuses == [304, 304, 304]
    assert [row["fault"] for row in found] == ["not-modified"] * 3


def test_a_close_among_the_steps_ends_the_connection_after_its_steps(play):
    async def scene(mock, client):
        striking(mock, wire=lambda raw: iter([b"half", End.CLOSE]))
        client.ask()
        return await client.reader.read(), mock.end()["batch"]["unfinished"]

    assert play(scene) == (b"half", 0)


def tls_of(authority):
    return ssl.create_default_context(cafile=authority.ca_file)


@pytest.fixture
def authority(tmp_path):
    pytest.importorskip("trustme", reason="the extra tls is not installed")
    from mock_server.tls import Authority

    return Authority.create(tmp_path)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_reset_is_a_reset(play, authority, secure):
    async def scene(mock, client):
        striking(mock, wire=lambda raw: iter([raw.head[:20], Pause(0.01), End.RESET]))
        client.ask()
        with pytest.raises(ConnectionResetError):
            await client.reader.readexactly(10_000)
        return rows(mock.end())

    options = {"authority": authority, "trust": tls_of(authority)} if secure else {}
    assert [row["fault"] for row in play(scene, **options)] == ["it"]


def test_an_endless_body_waits_for_its_reader_and_ends_with_it(play):
    sent = []

    def endless(raw):
        yield raw.head
        while True:
            sent.append(1)
            yield bytes(64 * 1024)

    async def scene(mock, client):
        striking(mock, wire=endless)
        client.ask()
        (connection,) = mock._listeners["binance"].connections
        await so(lambda: connection.writing_paused)
        paused_at = len(sent)
        # The server is there for others meanwhile, and takes no step for this one.
        mock.conditions = mock.conditions.but(faults=Faults())
        other = await Client.of(mock.origins["binance"])
        assert (await other.get())[0] == 200
        other.writer.close()
        assert len(sent) == paused_at
        for _ in range(20):
            await client.reader.read(1024 * 1024)
        await so(lambda: len(sent) > paused_at)
        client.writer.transport.abort()
        await so(lambda: len(mock._listeners["binance"].connections) == 0)
        return paused_at

    # What the kernel takes for both ends, in pieces of 64 KiB; a gigabyte would be 16,000.
    assert play(scene) < 400


def test_a_stalled_connection_is_dropped_when_its_client_leaves(play):
    closed = []

    def stalled(raw):
        try:
            yield raw.head
            yield Pause(math.inf)
        finally:
            closed.append(True)

    async def scene(mock, client):
        striking(mock, wire=stalled)
        client.ask(X_Fetchrace_Request=0)
        client.ask(X_Fetchrace_Request=1)
        await client.head()
        waiting = len(mock.timer._heap)
        client.writer.write(b"x" * 1_000_000)
        client.writer.close()
        await so(lambda: len(mock._listeners["binance"].connections) == 0)
        assert len(mock.timer._heap) <= waiting
        return rows(mock.end())

    found = play(scene)
    assert [(row["index"], row["status"]) for row in found] == [(0, 200), (1, GONE)]
    assert closed == [True]


def test_a_bug_of_a_fault_ends_its_connection_and_nothing_else(play, caplog):
    def broken(raw):
        yield raw.head[:5]
        raise RuntimeError("a bug")

    async def scene(mock, client):
        striking(mock, wire=broken)
        client.ask()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await client.reader.readexactly(10_000)
        mock.conditions = mock.conditions.but(faults=Faults())
        other = await Client.of(mock.origins["binance"])
        answer = await other.get()
        other.writer.close()
        return answer[0]

    assert play(scene) == 200
    assert "a bug of a fault" in caplog.text


# TLS


def test_tls_serves_every_exchange_under_a_certificate_that_can_be_trusted(play, authority):
    async def scene(mock, client):
        return mock.origins["binance"], (await client.get())[0], (await client.get(BOOK, method="POST", body=b"x"))[0]

    origin, *statuses = play(scene, authority=authority, trust=tls_of(authority))
    assert origin.startswith("https://127.0.0.1:")
    assert statuses == [200, 405]


@pytest.mark.parametrize(
    ("fault", "words"), [("tls-expired", "expired"), ("tls-self-signed", "self"), ("tls-wrong-host", "not valid for")]
)
def test_a_bad_certificate_can_be_put_up_and_taken_down_between_batches(play, authority, fault, words):
    trust = tls_of(authority)

    async def scene(mock, client):
        await client.get()
        mock.conditions = mock.conditions.but(faults=Faults.parse(fault, ["binance"]))
        await mock.show_certificates()
        # Who saw the good one has to look again.
        assert await client.reader.read() == b""
        with pytest.raises(ssl.SSLCertVerificationError, match=words):
            await Client.of(mock.origins["binance"], trust)
        mock.conditions = mock.conditions.but(faults=Faults())
        await mock.show_certificates()
        again = await Client.of(mock.origins["binance"], trust)
        status = (await again.get())[0]
        again.writer.close()
        return status

    assert play(scene, authority=authority, trust=trust) == 200


def test_a_fault_of_tls_needs_tls():
    from mock_server.conditions import Conditions, Latency

    faults = Faults.parse("tls-expired", ["binance"])
    mock = Mock([BINANCE], Conditions(Latency.parse("0")))
    with pytest.raises(ValueError, match="start it with --tls"):
        mock.check(faults)


def test_a_body_that_does_not_come_is_408_and_the_end(play, monkeypatch):
    monkeypatch.setattr("mock_server.body._SLOW_BODY_S", 0.02)

    async def scene(mock, client):
        client.writer.write(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab".encode())
        return (await client.answer())[:2], rows(mock.end())

    (status, headers), (row,) = play(scene)
    assert (status, headers["connection"]) == (408, "close")
    assert (row["status"], row["asked"]) == (408, 0.0)


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_longer_in_flight(play):
    async def scene(mock, client):
        client.ask(X_Fetchrace_Request=0)
        client.writer.write(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab".encode())
        await client.answer()
        await so(lambda: mock.record.in_flight == 1)
        client.writer.close()
        await so(lambda: mock.record.in_flight == 0)
        return rows(mock.end())

    # What was never heard to its end has no row.
    assert [row["index"] for row in play(scene)] == [0]


@pytest.mark.slow
def test_thousands_of_connections_come_and_go_and_leave_nothing(play):
    async def scene(mock, client):
        origin = mock.origins["binance"]
        striking(mock, wire=lambda raw: iter([raw.head, Pause(3600)]))
        for _ in range(20):
            others = [await Client.of(origin) for _ in range(50)]
            for number, other in enumerate(others):
                other.ask(method="POST" if number % 5 == 0 else "GET", body=b"x" if number % 5 == 0 else b"")
            await asyncio.gather(*(other.head() for other in others))
            for other in others:
                other.writer.close()
        listener = mock._listeners["binance"]
        await so(lambda: len(listener.connections) == 1)
        return len(asyncio.all_tasks()), sum(entry[2].callback is not None for entry in mock.timer._heap)

    tasks, timers = play(scene)
    # This one, the server's two or three, and one for each of the listeners' connections.
    assert tasks < 10
    assert timers <= 1


def test_a_body_that_takes_long_keeps_its_own_connection_waiting_and_no_other(play):
    async def scene(mock, client):
        venue, gate = mock.ports["binance"].venue, threading.Event()
        rendered = venue._render

        def gated(asked, market, tick):
            if asked.request.target == BOOK:
                assert gate.wait(10)
            return rendered(asked, market, tick)

        venue._render = gated
        venue._slow.add(BOOK)
        client.ask(BOOK)
        client.ask()
        other = await Client.of(mock.origins["binance"])
        answers = [await other.get()]  # while the first one's body is being rendered
        other.writer.close()
        gate.set()
        answers += [await client.answer(), await client.answer()]
        return [status for status, *_ in answers], [row["pair"] for row in rows(mock.end())]

    assert play(scene) == ([200] * 3, ["BTC/USDT"] * 3)


def test_a_client_that_leaves_while_its_body_is_rendered_leaves_a_row_and_no_trouble(play, caplog):
    async def scene(mock, client):
        venue, gate = mock.ports["binance"].venue, threading.Event()
        rendered = venue._render
        venue._render = lambda *asked: (gate.wait(10), rendered(*asked))[1]
        venue._slow.add(BOOK)
        client.ask(BOOK)
        await so(lambda: mock.record.in_flight == 1)
        client.writer.close()
        await so(lambda: mock.record.in_flight == 0)
        gate.set()
        await so(lambda: not mock.renderer._waiting)
        return rows(mock.end())

    assert [row["status"] for row in play(scene)] == [GONE]
    assert not caplog.records


def test_one_of_several_workers_does_not_tell_what_of_a_rate_limit_is_used(play):
    async def scene(mock, client):
        return (await client.get())[1]

    assert "x-mbx-used-weight" in play(scene)
    assert "x-mbx-used-weight" not in play(scene, workers=2)


def test_the_exchange_s_clock_begins_at_the_epoch_until_a_batch_begins_at_the_constant_one(serving):
    async def scene():
        async with serving(latency="0", epoch_us=EPOCH_US + 10**12) as (mock, origin):
            client = await Client.of(origin)
            times = [json.loads((await client.get("/api/v3/time"))[2])["serverTime"]]
            mock.begin(7, 0, 0)
            times.append(json.loads((await client.get("/api/v3/time"))[2])["serverTime"])
            client.writer.close()
            return [at - EPOCH_US // 1000 for at in times]

    alone, begun = asyncio.run(scene())
    assert 10**9 <= alone < 10**9 + 60_000
    assert 0 <= begun < 60_000
