import asyncio
import http.client
import itertools
import json
import re
import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

import exchanges
from exchanges import Pair, Response
from mock_server import app as module
from mock_server.conditions import Delay
from mock_server.lag import LagProbe
from mock_server.log import GONE
from mock_server.market import Market

NAMES = exchanges.names()
BINANCE = exchanges.load("binance")
TARGET = BINANCE.request_for(Pair("BTC", "USDT")).target


def client(origin):
    return http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)


def get(connection, target, index=None, method="GET", **more):
    connection.request(method, target, headers={} if index is None else {"X-Fetchrace-Request": str(index)}, **more)
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Response(answer.status, answer.read(), headers)


def rows(ended):
    return [dict(zip(ended["columns"], row, strict=True)) for row in ended["rows"]]


@pytest.mark.parametrize("latency", ["300us", "5ms", "lognormal:2ms,20ms"])
def test_no_answer_is_early_and_every_request_gets_the_draw_of_its_index(mock, control, latency):
    control.begin(seed=11, block=2, batch=3, latency=latency)
    connection = client(mock.origins["binance"])
    for index in reversed(range(16)):
        started = time.monotonic()
        get(connection, TARGET, f"{index}.1")
        assert time.monotonic() - started >= Delay.parse(latency).draw(11, 2, 3, index, 1)
    connection.close()
    found = rows(control.end())
    assert {(row["index"], row["attempt"]) for row in found} == {(index, 1) for index in range(16)}
    for row in found:
        assert row["asked"] == Delay.parse(latency).draw(11, 2, 3, row["index"], 1)
        assert row["held"] >= row["asked"]
        assert row["replied"] - row["arrived"] == row["held"]


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_the_market_s_at_the_tick_that_the_log_names(mock, control, name):
    exchange = exchanges.load(name)
    control.begin(seed=5, block=1, batch=4, latency="uniform:0ms,15ms")
    connection = client(mock.origins[name])
    pairs = [instrument.pair for instrument in exchange.instruments[:12]]
    answers = [get(connection, exchange.request_for(pair).target, n) for n, pair in enumerate(pairs)]
    connection.close()
    market = Market(5, 1, 4)
    for row in rows(control.end()):
        pair = pairs[row["index"]]
        assert row["pair"] == str(pair)
        assert row["bytes"] == len(answers[row["index"]].body)
        assert exchange.quote_from(pair, answers[row["index"]]) == market.quote(exchange, pair, row["priced_at"])
        assert row["priced_at"] == market.tick(row["priced_at"]) * market.tick_s


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_pairs_is_answered_with_one_price_each(mock, control, name):
    exchange = exchanges.load(name)
    connection = client(mock.origins[name])
    wanted = [instrument.pair for instrument in exchange.instruments[:5]]
    market = Market(7)
    for index, request in enumerate(exchange.requests_for(wanted)):
        answer = get(connection, request.target, index)
        row = rows(control.end())[0]
        control.begin(seed=7)
        assert row["index"] == index
        # Who has no list asks for everything.
        asked = exchange.pairs_from(request)
        assert row["pair"] == (",".join(map(str, asked)) if len(asked) <= 10 else "*")
        expected = tuple(market.quote(exchange, pair, row["priced_at"]) for pair in request.pairs)
        untold = dict.fromkeys(exchange.carries - exchange.batch_carries) if len(request.pairs) > 1 else {}
        assert exchange.quotes_from(request.pairs, answer) == tuple(replace(one, **untold) for one in expected)
    connection.close()


def test_a_stranger_has_no_index_and_is_numbered_within_its_pair_and_batch(mock, control):
    connection = client(mock.origins["binance"])
    get(connection, TARGET)
    control.begin(seed=7, latency="uniform:0ms,2ms")
    for header in (None, "x", "1.x", "-1", "1" * 40):
        get(connection, TARGET, header)
    connection.close()
    found = rows(control.end())
    assert [row["index"] for row in found] == [None] * 5
    delay = Delay.parse("uniform:0ms,2ms")
    assert [row["asked"] for row in found] == [delay.draw(7, 0, 0, f"binance BTC/USDT {n}") for n in range(5)]


def test_one_connection_serves_many_requests_and_is_counted_once(mock, control):
    first, second = client(mock.origins["binance"]), client(mock.origins["kraken"])
    for _ in range(3):
        get(first, TARGET)
    get(second, "/0/public/Ticker?pair=XBTUSD")
    ended = control.end()
    first.close()
    second.close()
    numbers = [row["connection"] for row in rows(ended)]
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]
    assert ended["batch"]["accepted"] == 2
    assert ended["batch"]["accepted_by"] == {"binance": 1, "kraken": 1}


def test_a_connection_of_an_earlier_batch_is_not_a_new_one(mock, control):
    connection = client(mock.origins["binance"])
    get(connection, TARGET)
    control.begin(seed=7)
    get(connection, TARGET)
    connection.close()
    assert control.end()["batch"]["accepted"] == 0


def test_the_log_holds_only_what_happened_between_begin_and_end(mock, control):
    connection = client(mock.origins["binance"])
    get(connection, TARGET, 0)
    control.begin(seed=7)
    get(connection, TARGET, 1)
    ended = control.end()
    get(connection, TARGET, 2)
    connection.close()
    assert [row["index"] for row in rows(ended)] == [1]
    control.begin(seed=7)
    assert control.end()["rows"] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("kind", "target"), [("not_found", "/no/such/path"), ("unknown_symbol", None)])
def test_what_an_exchange_does_not_have_is_refused_in_its_own_words(mock, control, name, kind, target):
    exchange = exchanges.load(name)
    asked = exchange.request_for(exchange.instruments[0].pair)
    if target is None:
        symbol = exchange.instruments[0].symbol
        target = asked.target.replace(symbol, "NO" + symbol)
        assert target != asked.target
    connection = client(mock.origins[name])
    answer = get(connection, target)
    connection.close()
    expected = exchange.refusal_for(kind, exchanges.Request(name, exchange.origin, target))
    # Bybit says when it refuses.
    said, wanted = (re.sub(rb'"time":[0-9]+', b'"time":0', one.body) for one in (answer, expected))
    assert (answer.status, said) == (expected.status, wanted)


def test_head_is_answered_like_get_without_the_body(mock, control):
    connection = client(mock.origins["binance"])
    whole, head = get(connection, TARGET), get(connection, TARGET, method="HEAD")
    connection.close()
    assert head.status == 200
    assert head.body == b""
    assert abs(int(head.headers["content-length"]) - len(whole.body)) < 20
    assert rows(control.end())[1]["bytes"] == 0


def test_other_methods_are_405_and_say_which_are_allowed(mock, control):
    connection = client(mock.origins["binance"])
    answer = get(connection, TARGET, method="POST", body=b"x" * 1000)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert get(connection, TARGET).status == 200
    connection.close()


def test_a_body_on_a_get_is_read_and_ignored(mock, control):
    connection = client(mock.origins["binance"])
    assert get(connection, TARGET, body=b"x" * 100_000).status == 200
    assert get(connection, TARGET).status == 200
    connection.close()


def test_no_answer_tells_the_versions_of_the_software(mock, control):
    connection = client(mock.origins["binance"])
    servers = {get(connection, target).headers["server"] for target in ("/", TARGET, "/nope")}
    connection.close()
    assert servers == {"fetchrace-mock"}


def test_the_root_is_a_page_with_links_that_work(serving):
    def follow(origin):
        connection = client(origin)
        page = get(connection, "/")
        own = [link for link in re.findall(r'href="([^"]+)"', page.body.decode()) if link.startswith("/")]
        found = [get(connection, link).status for link in own]
        connection.close()
        return page, found

    async def scene():
        # Not the server of all tests: it would render the large bodies of this page anew at the begin of each batch.
        async with serving(exchanges.load("kraken"), latency="0") as (mock, origin):
            mock.begin(7, 0, 0)
            return *await asyncio.to_thread(follow, origin), mock.end()

    page, found, ended = asyncio.run(scene())
    assert page.headers["content-type"].startswith("text/html")
    assert len(found) > 2
    assert found == [200] * len(found)
    assert len(rows(ended)) == len(found)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"SSH-2.0-x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA\x00B: 1\r\n\r\n",
        b"\r\r\r\n\n{}\r\n\r\n",
    ],
)
def test_garbage_gets_a_400_and_the_server_goes_on(mock, control, connect, garbage):
    stranger = connect(mock.origins["binance"])
    stranger.sendall(garbage)
    stranger.shutdown(1)
    said = b"".join(iter(lambda: stranger.recv(4096), b""))
    assert said == b"" or said.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert b"Traceback" not in said
    assert b"aiohttp" not in said
    connection = client(mock.origins["binance"])
    assert get(connection, TARGET).status == 200
    connection.close()


def test_a_target_with_scheme_and_host_is_understood(mock, control, connect):
    stranger = connect(mock.origins["binance"])
    stranger.sendall(f"GET http://api.binance.com{TARGET} HTTP/1.1\r\nHost: api.binance.com\r\n\r\n".encode())
    assert stranger.recv(65536).startswith(b"HTTP/1.1 200")


def test_pipelined_requests_are_answered_in_order(mock, control, connect):
    stranger = connect(mock.origins["binance"])
    one = "GET {} HTTP/1.1\r\nHost: x\r\nX-Fetchrace-Request: {}\r\n\r\n"
    last = "GET {} HTTP/1.1\r\nHost: x\r\nX-Fetchrace-Request: 9\r\nConnection: close\r\n\r\n"
    stranger.sendall("".join([*(one.format(TARGET, n) for n in range(4)), last.format(TARGET)]).encode())
    said = b"".join(iter(lambda: stranger.recv(65536), b""))
    assert said.count(b"HTTP/1.1 200") == 5
    assert [row["index"] for row in rows(control.end())] == [0, 1, 2, 3, 9]


def test_pipelined_requests_are_in_flight_from_the_arrival_of_their_own_bytes(held):
    async def scene(mock, reader, writer):
        mock.begin(7, 0, 0)
        for number in range(3):
            writer.write(numbered(number))
            await so(lambda wanted=number + 1: mock.record.in_flight == wanted)
        mock.timer.open()
        for _ in range(3):
            await reader.readuntil(b"}")
        return mock.end()

    ended = held(scene)
    found = rows(ended)
    arrived = [row["arrived"] for row in found]
    assert [row["index"] for row in found] == [0, 1, 2]
    assert arrived[0] < arrived[1] < arrived[2] < found[0]["replied"]
    assert ended["batch"]["peak_in_flight"] == 3


def test_a_pipelined_request_belongs_to_the_batch_in_which_it_arrived(held):
    async def scene(mock, reader, writer):
        mock.begin(7, 0, 0)
        writer.write(numbered(0) + numbered(1))
        await so(lambda: mock.record.in_flight == 2)
        mock.begin(7, 0, 1)
        mock.timer.open()
        for _ in range(2):
            await reader.readuntil(b"}")
        return mock.end()

    ended = held(scene)
    assert ended["rows"] == []
    assert ended["batch"]["peak_in_flight"] == ended["batch"]["unfinished"] == 0


def test_pipelined_requests_whose_client_goes_away_are_no_longer_in_flight(held):
    async def scene(mock, reader, writer):
        writer.write(b"".join(map(numbered, range(4))))
        await so(lambda: mock.record.in_flight == 4)
        writer.close()
        await so(lambda: mock.record.in_flight == 0)
        return mock.record.peak_in_flight

    assert held(scene) == 4


def test_a_pipeline_longer_than_the_parser_s_queue_is_counted_whole(mock, control, connect):
    control.begin(seed=7, latency="5ms")
    stranger = connect(mock.origins["binance"])
    stranger.sendall(b"".join(map(numbered, range(60))))
    said = b""
    while said.count(b"HTTP/1.1 200") < 60 or not said.endswith(b"}"):
        said += stranger.recv(65536)
    assert control.end()["batch"]["peak_in_flight"] == 60


def test_batches_with_the_same_draws_have_the_same_delays_and_other_prices(mock, control):
    connection = client(mock.origins["binance"])
    asked, bodies = [], []
    for batch in (1, 2):
        control.begin(seed=11, block=3, batch=batch, latency="uniform:0ms,9ms", draws=0)
        bodies.append([get(connection, TARGET, index).body for index in range(5)])
        asked.append([row["asked"] for row in rows(control.end())])
    connection.close()
    assert asked[0] == asked[1] == [Delay.parse("uniform:0ms,9ms").draw(11, 3, 0, index) for index in range(5)]
    assert not set(bodies[0]) & set(bodies[1])


def test_batches_with_the_same_draws_have_the_same_faults_in_every_block(mock, control):
    connection = client(mock.origins["binance"])
    struck = []
    for block, draws in ((1, 0), (2, 0), (2, None)):
        control.begin(seed=11, block=block, batch=5, latency="0ms", draws=draws, faults="bom@0.5")
        for index in range(12):
            get(connection, TARGET, index)
        struck.append([row["fault"] for row in rows(control.end())])
    control.begin(seed=11, faults="")
    connection.close()
    assert struck[0] == struck[1] != struck[2]
    assert set(struck[0]) == {"", "bom"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('symbol=BTCUSDT&symbols=["ETHUSDT"]', -1128),
        ('symbols=["BTCUSDT","BTCUSDT"]', -1151),
        ("symbol=", -1105),
    ],
)
def test_a_malformed_request_to_binance_gets_binance_s_own_error(mock, control, query, code):
    connection = client(mock.origins["binance"])
    answer = get(connection, f"/api/v3/ticker/24hr?{query}".replace('"', "%22"))
    connection.close()
    assert answer.status == 400
    assert json.loads(answer.body)["code"] == code


def test_a_client_that_goes_away_is_no_longer_in_flight(mock, control, connect):
    control.begin(seed=7, latency="1h")
    stranger = connect(mock.origins["binance"])
    stranger.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nX-Fetchrace-Request: 3\r\n\r\n".encode())
    until(lambda: control.status()["in_flight"] == 1)
    stranger.close()
    until(lambda: control.status()["in_flight"] == 0)
    ended = control.end()
    assert [(row["index"], row["status"]) for row in rows(ended)] == [(3, GONE)]
    assert ended["batch"]["unfinished"] == 0


def test_what_is_still_held_at_the_end_is_counted(mock, control, connect):
    control.begin(seed=7, latency="1h")
    for _ in range(2):
        connect(mock.origins["binance"]).sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    until(lambda: control.status()["in_flight"] == 2)
    ended = control.end()
    assert ended["batch"]["unfinished"] == 2
    assert ended["rows"] == []


def test_one_at_a_time_makes_requests_queue(mock, control, connect):
    control.begin(seed=7, one_at_a_time="10ms")
    strangers = [connect(mock.origins["binance"]) for _ in range(5)]
    for stranger in strangers:
        stranger.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    for stranger in strangers:
        assert stranger.recv(65536).startswith(b"HTTP/1.1 200")
    replied = sorted(row["replied"] for row in rows(control.end()))
    assert all(later - earlier >= 0.01 for earlier, later in itertools.pairwise(replied))


def test_an_exchange_told_to_refuse_does_so_at_once_and_the_others_do_not(mock, control):
    control.begin(seed=7, latency="1ms", refuse={"binance": "rate_limited"})
    connection, other = client(mock.origins["binance"]), client(mock.origins["kraken"])
    refused = get(connection, TARGET)
    assert exchanges.load("binance").quote_from(Pair("BTC", "USDT"), refused).kind == "rate_limited"
    assert get(other, "/0/public/Ticker?pair=XBTUSD").status == 200
    connection.close()
    other.close()
    assert [row["asked"] for row in rows(control.end())] == [0.0, 0.001]


def until(happened):
    """Ask until it is so; a test that waits for ever is ended by pytest's own time limit."""
    while not happened():
        pass


async def so(happened):
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0)


def numbered(index):
    return f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nX-Fetchrace-Request: {index}\r\n\r\n".encode()


class Gate:
    """A timer whose time comes when it is told so."""

    def __init__(self, loop):
        self.callbacks = []

    def call(self, when, callback):
        self.callbacks.append(callback)
        return self

    def open(self):
        while self.callbacks:
            self.callbacks.pop(0)()

    def cancel(self):
        pass

    def poll(self, now):
        pass

    def close(self):
        pass


@pytest.fixture
def gated(monkeypatch):
    """Servers hold every answer until ``mock.timer.open()``."""
    monkeypatch.setattr(module, "Timer", Gate)
    monkeypatch.setattr(LagProbe, "start", lambda self, timer, record: None)


@pytest.fixture
def held(gated, serving):
    """Plays a scene on one connection to a server that holds every answer until the scene opens the gate."""

    def play(scene):
        async def played():
            async with serving() as (mock, origin):
                parts = urlsplit(origin)
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                found = await scene(mock, reader, writer)
                writer.close()
                return found

        return asyncio.run(played())

    return play


@pytest.mark.parametrize("wanted", [1, 7, 100])
def test_the_peak_in_flight_is_the_number_of_requests_that_were_held_together(gated, serving, wanted):
    async def ask(origin):
        parts = urlsplit(origin)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def scene():
        async with serving() as (mock, origin):
            mock.begin(7, 0, 0)
            asking = asyncio.gather(*(ask(origin) for _ in range(wanted)))
            await so(lambda: len(mock.timer.callbacks) == wanted)
            mock.timer.open()
            return await asking, mock.end()

    answers, ended = asyncio.run(scene())
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert ended["batch"]["peak_in_flight"] == wanted
    assert ended["batch"]["accepted"] == wanted
