"""What goes over the wire for every fault that is played on the raw transport: exactly what it says.

Each claim is held twice: by the steps of the fault, and by a bare socket at the real server.
"""

import http.client
import math
import select
import socket
import struct
import time
from urllib.parse import urlsplit

import psutil
import pytest

from mock_server.fault import End, Pause
from mock_server.faults import catalogue

WIRED = {name: fault for name, fault in catalogue.items() if fault.wire is not None}
MOST = 40 * 1024 * 1024

# How an answer ended: by FIN, by RST, with a connection that stays open, or not before MOST bytes.
FIN, RST, OPEN, ENDLESS = "FIN", "RST", "open", "endless"

ENDS = {
    FIN: (
        "close-before", "close-head", "close-body", "truncated", "length-negative", "length-word", "length-plus",
        "length-two", "length-repeated", "length-list", "length-and-chunked", "length-long", "length-huge",
        "length-missing", "chunk-size-bad", "chunk-size-negative", "chunk-size-huge", "chunk-end-bad",
        "chunk-missing-last", "chunk-truncated", "transfer-unknown", "head-missing", "version-1.0", "switching",
        "banner-ssh", "garbage",
    ),
    RST: ("reset-before", "reset-head", "reset-body"),
    ENDLESS: ("body-endless",),
}  # fmt: skip
END_OF = {name: end for end, names in ENDS.items() for name in names}


class Seen:
    """All bytes of an answer, taken apart as far as they let themselves."""

    def __init__(self, data, end):
        self.data, self.end = data, end
        head, self.blank, self.body = data.partition(b"\r\n\r\n")
        self.status_line, *self.lines = head.split(b"\r\n")

    def lines_of(self, name):
        pairs = (line.partition(b":") for line in self.lines)
        return [value.strip().decode("latin-1") for key, _, value in pairs if key.decode("latin-1").lower() == name]

    @property
    def length(self):
        return int(self.lines_of("content-length")[0])

    @property
    def chunks(self):
        return self.lines_of("transfer-encoding") == ["chunked"]


def begins(body, before=b"", after=b""):
    """Whether the first character of an object or a list stands between these at the start."""
    return body.startswith((before + b"{" + after, before + b"[" + after))


def ends(body, after=b""):
    return body.endswith((b"}" + after, b"]" + after))


def whole(body):
    """A JSON object from its brace to its brace, or a list."""
    return begins(body) and ends(body)


def lengths(*expected):
    """These Content-Length lines, in which n is the length of the body, above the whole body."""
    return lambda seen: (
        whole(seen.body)
        and seen.lines_of("content-length") == [text.replace("n", str(len(seen.body))) for text in expected]
    )


def first_size(size):
    return lambda seen: seen.chunks and begins(seen.body, size + b"\r\n") and ends(seen.body, b"\r\n0\r\n\r\n")


CLAIMS = {
    "close-before": lambda seen: seen.data == b"",
    "reset-before": lambda seen: seen.data == b"",
    "close-head": lambda seen: seen.data.startswith(b"HTTP/1.1 200 OK\r\n") and not seen.blank,
    "reset-head": lambda seen: seen.data.startswith(b"HTTP/1.1 200 OK\r\n") and not seen.blank,
    "close-body": lambda seen: len(seen.body) == 9 < seen.length,
    "reset-body": lambda seen: len(seen.body) == 9 < seen.length,
    "truncated": lambda seen: (seen.length, seen.body) == (100, b'{"price":"1"}'),
    "stall-before": lambda seen: seen.data == b"",
    "stall-head": lambda seen: seen.data.startswith(b"HTTP/1.1 200 OK\r\n") and not seen.blank,
    "stall-after": lambda seen: seen.blank and not seen.body and seen.length,
    "stall-body": lambda seen: len(seen.body) == seen.length // 2,
    "stall-last": lambda seen: len(seen.body) == seen.length - 1,
    "drip-head": lambda seen: whole(seen.body) and len(seen.body) == seen.length,
    "drip-body": lambda seen: whole(seen.body) and len(seen.body) == seen.length,
    "length-negative": lengths("-5"),
    "length-word": lengths("abc"),
    "length-plus": lengths("+n"),
    "length-two": lambda seen: [int(n) - len(seen.body) for n in seen.lines_of("content-length")] == [0, 1],
    "length-repeated": lengths("n", "n"),
    "length-list": lengths("n, n"),
    "length-and-chunked": lambda seen: seen.chunks and begins(seen.body, b"%x\r\n" % seen.length),
    "length-short": lambda seen: whole(seen.body) and seen.length == len(seen.body) - 1,
    "length-long": lambda seen: whole(seen.body) and seen.length == len(seen.body) + 100,
    "length-huge": lengths("1000000000000000"),
    "length-missing": lambda seen: whole(seen.body) and lengths()(seen) and not seen.lines_of("transfer-encoding"),
    "chunk-size-bad": first_size(b"ZZ"),
    "chunk-size-negative": first_size(b"-5"),
    "chunk-size-huge": first_size(b"FFFFFFFFFFFFFFFFFF"),
    "chunk-end-bad": lambda seen: seen.chunks and ends(seen.body, b"XX0\r\n\r\n"),
    "chunk-missing-last": lambda seen: seen.chunks and ends(seen.body, b"\r\n"),
    "chunk-truncated": lambda seen: seen.chunks and not seen.body.endswith(b"\r\n")
    and 0 < len(seen.body.split(b"\r\n", 1)[1]) < int(seen.body.split(b"\r\n")[0], 16),
    "transfer-unknown": lambda seen: seen.lines_of("transfer-encoding") == ["sideways"] and whole(seen.body),
    "chunk-tiny": lambda seen: seen.chunks and begins(seen.body, b"1\r\n", b"\r\n1\r\n"),
    "chunk-extension": lambda seen: seen.chunks and begins(seen.body.partition(b";name=value\r\n")[2]),
    "chunk-trailer": lambda seen: seen.chunks and ends(seen.body, b"\r\n0\r\nX-Trailer: 1\r\n\r\n"),
    "head-giant": lambda seen: seen.lines_of("x-giant") == ["x" * 200_000] and len(seen.body) == seen.length,
    "head-many": lambda seen: sum(line.endswith(b": x") for line in seen.lines) == 3000 and whole(seen.body),
    "head-nul": lambda seen: seen.lines_of("x-nul") == ["a\0b"] and whole(seen.body),
    "head-missing": lambda seen: whole(seen.data),
    "head-blank-first": lambda seen: seen.data.startswith(b"\r\nHTTP/1.1 200 OK\r\n"),
    "version-2": lambda seen: seen.status_line == b"HTTP/2.0 200 OK" and len(seen.body) == seen.length,
    "version-1.0": lambda seen: seen.status_line == b"HTTP/1.0 200 OK" and len(seen.body) == seen.length,
    "status-word": lambda seen: seen.status_line == b"HTTP/1.1 abc OK" and len(seen.body) == seen.length,
    "switching": lambda seen: seen.status_line.startswith(b"HTTP/1.1 101 ") and not seen.body,
    "early-hints": lambda seen: seen.status_line == b"HTTP/1.1 103 Early Hints"
    and seen.body.startswith(b"HTTP/1.1 200 OK\r\n"),
    "continue-flood": lambda seen: seen.data.count(b"HTTP/1.1 100 Continue\r\n\r\n") == 2000
    and seen.data.count(b"HTTP/1.1 200 OK\r\n") == 1,
    "answer-twice": lambda seen: seen.data[: len(seen.data) // 2] * 2 == seen.data
    and seen.data.count(b"HTTP/1.1 200 OK\r\n") == 2,
    "banner-ssh": lambda seen: seen.data.startswith(b"SSH-2.0-") and seen.data.count(b"\r\n") == 2,
    "garbage": lambda seen: len(seen.data) == 512 and not seen.data.startswith(b"HTTP/"),
    "body-giant": lambda seen: seen.length == len(seen.body) == 32 * 1024 * 1024,
    "body-endless": lambda seen: seen.chunks and seen.body.startswith(b"10000\r\n ") and len(seen.body) >= MOST - 1024,
}  # fmt: skip


def of_steps(fault, raw):
    data, pauses = bytearray(), []
    for step in fault.wire(raw):
        if isinstance(step, bytes):
            data += step
        elif isinstance(step, Pause):
            if step.seconds == math.inf:
                return Seen(bytes(data), OPEN), pauses
            pauses.append(step.seconds)
        else:
            return Seen(bytes(data), FIN if step is End.CLOSE else RST), pauses
        if len(data) >= MOST:
            return Seen(bytes(data), ENDLESS), pauses
    return Seen(bytes(data), OPEN), pauses


def of_socket(connection, enough):
    """Read until the connection ends, or MOST bytes; or until it is quiet and what came is ``enough``."""
    data, quiet = bytearray(), 0
    while len(data) < MOST:
        if not select.select([connection], [], [], 0.02)[0]:
            seen, quiet = Seen(bytes(data), OPEN), quiet + 1
            if enough(seen) or quiet > 500:
                return seen
            continue
        try:
            piece = connection.recv(1 << 20)
        except ConnectionResetError:
            return Seen(bytes(data), RST)
        if not piece:
            return Seen(bytes(data), FIN)
        data += piece
    return Seen(bytes(data), ENDLESS)


def never(seen):
    return False


def ask(connection, bench, index=0, extra=b""):
    target = bench.request.target.encode()
    connection.sendall(b"GET %b HTTP/1.1\r\nHost: mock\r\nX-Fetchrace-Request: %d\r\n%b\r\n" % (target, index, extra))


def test_every_fault_on_the_wire_has_its_claim():
    assert WIRED.keys() == CLAIMS.keys()


@pytest.mark.slow
def test_the_steps_of_a_fault_are_what_it_says(bench):
    for name in WIRED:
        seen, _ = of_steps(WIRED[name], bench.raw())
        assert CLAIMS[name](seen), name
        assert seen.end == END_OF.get(name, OPEN), name


def test_a_drip_is_one_byte_at_a_time_and_a_fifth_of_a_second_after_each(binance):
    for name, part in (("drip-head", binance.raw().head), ("drip-body", binance.raw().body)):
        _, pauses = of_steps(WIRED[name], binance.raw())
        assert pauses == [0.2] * len(part)


def test_a_large_body_is_one_piece_sent_over_and_over(binance):
    for name in ("body-giant", "body-endless"):
        steps = WIRED[name].wire(binance.raw())
        pieces = [next(steps) for _ in range(100)][1:]
        assert len({id(piece) for piece in pieces}) == 1


@pytest.mark.parametrize("name", [name for name in WIRED if not name.startswith("drip-")])
def test_a_bare_socket_sees_what_a_fault_says(mock, control, connect, binance, name):
    control.begin(seed=7, faults=f"binance:{name}")
    connection = connect(mock.origins["binance"])
    ask(connection, binance)
    end = END_OF.get(name, OPEN)
    seen = of_socket(connection, CLAIMS[name] if end is OPEN else never)
    assert CLAIMS[name](seen)
    assert seen.end == end
    connection.close()
    assert [row["fault"] for row in rows(control)] == [name]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "before"), [("drip-head", b""), ("drip-body", b"\r\n\r\n")])
def test_a_bare_socket_gets_no_more_than_a_byte_in_a_fifth_of_a_second(mock, control, connect, binance, name, before):
    control.begin(seed=7, faults=f"binance:{name}")
    connection = connect(mock.origins["binance"])
    asked = time.monotonic()
    ask(connection, binance)
    data = connection.recv(4096)
    while before not in data:
        data += connection.recv(4096)
    for _ in range(5):
        data += connection.recv(4096)
        dripped = len(data.partition(before)[2] if before else data)
        assert 1 <= dripped <= 1 + (time.monotonic() - asked) / 0.2


def test_a_fault_of_what_is_said_comes_over_the_wire_as_it_is_judged(mock, control, binance):
    for name in (n for n in catalogue if catalogue[n].reply or catalogue[n].quote):
        control.begin(seed=7, faults=f"binance:{name}")
        client = http.client.HTTPConnection(urlsplit(mock.origins["binance"]).netloc, timeout=10)
        # Not an exception: http.client reads a head of its own strictness, and these heads are all sound.
        client.request("GET", binance.request.target)
        answer = client.getresponse()
        judged = binance.judged_bytes(answer.status, answer.headers, answer.read())
        client.close()
        assert judged == catalogue[name].kind, name
        (row,) = rows(control)
        # Binance quotes its numbers already, so that this one changes nothing.
        struck = "" if name == "string-for-number" else name
        assert (row["fault"], row["status"]) == (struck, answer.status)


def test_two_faults_strike_one_answer_and_both_are_in_the_log(mock, control, connect, binance):
    control.begin(seed=7, faults="nan,length-missing,reset-before")
    connection = connect(mock.origins["binance"])
    ask(connection, binance)
    seen = of_socket(connection, never)
    assert CLAIMS["length-missing"](seen)
    assert b'"bidPrice":NaN' in seen.body
    assert [row["fault"] for row in rows(control)] == ["nan+length-missing"]


def test_a_client_that_takes_gzip_gets_faults_of_framing_on_plain_bytes(mock, control, connect, binance):
    control.begin(seed=7, faults="length-missing")
    connection = connect(mock.origins["binance"])
    connection.sendall(b"GET /api/v3/ticker/24hr HTTP/1.1\r\nHost: mock\r\nAccept-Encoding: gzip\r\n\r\n")
    seen = of_socket(connection, never)
    assert seen.end == FIN
    assert seen.body.startswith(b"[{")
    assert seen.lines_of("content-encoding") == []


def test_the_same_seed_strikes_the_same_requests_at_the_server(mock, control, connect, binance):
    def struck(order):
        control.begin(seed=7, faults="500@0.3,bom@0.3")
        connection = connect(mock.origins["binance"])
        for index in order:
            ask(connection, binance, index)
            of_answers(connection, 1)
        return {row["index"]: row["fault"] for row in rows(control)}

    first = struck(range(40))
    assert {"", "500", "bom"} <= set(first.values())
    assert struck(reversed(range(40))) == first


def test_other_requests_are_not_harmed_by_a_fault_on_another_connection(mock, control, connect, binance):
    control.begin(seed=7, faults="kraken:stall-body,kraken:nan")
    connection = connect(mock.origins["binance"])
    ask(connection, binance)
    assert whole(of_answers(connection, 1)[0])


def test_a_client_that_leaves_a_stalled_answer_leaves_nothing_in_flight(mock, control, connect, binance):
    control.begin(seed=7, faults="stall-before")
    connection = connect(mock.origins["binance"])
    ask(connection, binance)
    assert of_socket(connection, CLAIMS["stall-before"]).end == OPEN
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert control.status()["in_flight"] == 0
    assert [row["status"] for row in rows(control)] == [200]


def test_a_body_without_end_does_not_grow_the_server(mock, control, connect, binance):
    control.begin(seed=7, faults="body-endless")
    server = psutil.Process(mock.pid)
    before = server.memory_info().rss
    connection = connect(mock.origins["binance"])
    ask(connection, binance)
    assert of_socket(connection, never).end == ENDLESS
    assert server.memory_info().rss - before < 16 * 1024 * 1024


def test_faults_stay_until_they_are_taken_away(mock, control, connect, binance):
    def status():
        connection = connect(mock.origins["binance"])
        ask(connection, binance)
        return of_socket(connection, lambda seen: seen.blank).status_line

    control.begin(seed=7, faults="500")
    control.begin(seed=7)
    assert status() == b"HTTP/1.1 500 Internal Server Error"
    control.begin(seed=7, faults="")
    assert status() == b"HTTP/1.1 200 OK"


def of_answers(connection, count):
    """The bodies of so many sound answers on one connection."""
    bodies, data = [], b""
    while len(bodies) < count:
        data += connection.recv(1 << 16)
        seen = Seen(data, OPEN)
        if seen.blank and len(seen.body) >= seen.length:
            bodies.append(seen.body[: seen.length])
            data = seen.body[seen.length :]
    return bodies


def rows(control):
    log = control.end()
    return [dict(zip(log["columns"], row, strict=True)) for row in log["rows"]]
