"""A connection tells its flight once how it ended, and takes no bytes that nobody asked for."""

import asyncio
import http.client

import pytest

from strategies.body import Fault
from strategies.lean_connection import LeanConnection
from strategies.plain_answer import PlainAnswer

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345"
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


class Wire:
    """A transport that goes nowhere."""

    def __init__(self):
        self.sent, self.aborted = [], 0

    def write(self, data):
        self.sent.append(data)

    def abort(self):
        self.aborted += 1


class Flight:
    def __init__(self, then=lambda: None):
        self.heard, self.then = [], then

    def landed(self, response):
        self.heard.append(response.body)
        self.then()

    def crashed(self, error, status):
        self.heard.append((type(error), status))
        self.then()


@pytest.fixture
def opened():
    return set()


@pytest.fixture
def connection(opened):
    made = LeanConnection("http://a.invalid", 1000, PlainAnswer(1000), memoryview(bytearray(4096)), opened)
    made.connection_made(Wire())
    return made


@pytest.fixture
def flight(connection):
    """A request under way, by itself the first of the connection."""
    flight = Flight()
    connection.send(REQUEST, flight)
    return flight


def feed(connection, data):
    connection.get_buffer(-1)[: len(data)] = data
    connection.buffer_updated(len(data))


def wire_of(connection):
    return connection._transport


def test_a_request_is_written_at_once_and_its_answer_lands(connection, flight, opened):
    assert wire_of(connection).sent == [REQUEST]
    feed(connection, PLAIN)
    assert flight.heard == [b"12345"]
    assert connection.usable
    assert opened == {connection}


def test_whoever_hears_of_an_answer_may_send_on_the_same_connection_right_then(connection):
    second = Flight()
    first = Flight(lambda: connection.send(b"second", second))
    connection.send(REQUEST, first)
    feed(connection, PLAIN)
    feed(connection, PLAIN.replace(b"12345", b"67890"))
    assert (first.heard, second.heard) == ([b"12345"], [b"67890"])
    assert wire_of(connection).sent == [REQUEST, b"second"]


@pytest.mark.parametrize("size", range(1, len(PLAIN)))
def test_an_answer_in_two_segments_lands_with_the_second(connection, flight, size):
    feed(connection, PLAIN[:size])
    assert flight.heard == []
    feed(connection, PLAIN[size:])
    assert flight.heard == [b"12345"]
    assert connection.usable


@pytest.mark.parametrize("data", [PLAIN * 2, PLAIN + b"x", PLAIN.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)])
def test_a_connection_with_more_bytes_than_the_answer_or_that_is_to_end_is_closed(connection, flight, data):
    feed(connection, data)
    assert flight.heard == [b"12345"]
    assert (connection.usable, wire_of(connection).aborted) == (False, 1)


def test_bytes_that_come_to_an_idle_connection_close_it(connection, flight):
    feed(connection, PLAIN)
    feed(connection, PLAIN)
    assert flight.heard == [b"12345"]
    assert (connection.usable, wire_of(connection).aborted) == (False, 1)


@pytest.mark.parametrize("end", ["eof", "lost"])
def test_an_idle_connection_that_ends_is_not_usable_any_more(connection, flight, opened, end):
    feed(connection, PLAIN)
    connection.eof_received() if end == "eof" else connection.connection_lost(None)
    assert not connection.usable
    assert opened == (set() if end == "lost" else {connection})


@pytest.mark.parametrize(
    ("sent", "error", "heard"),
    [
        (b"", None, (http.client.RemoteDisconnected, None)),
        (b"", ConnectionResetError(), (ConnectionResetError, None)),
        (PLAIN[:20], None, (http.client.RemoteDisconnected, None)),
        (PLAIN[:20], ConnectionResetError(), (ConnectionResetError, None)),
        (PLAIN[:-1], None, (http.client.IncompleteRead, 200)),
        (PLAIN[:-1], ConnectionResetError(), (ConnectionResetError, 200)),
        (b"220 mail", None, (Fault, None)),
    ],
)
def test_a_connection_that_ends_under_a_request_says_where_once(connection, flight, sent, error, heard):
    if sent:
        feed(connection, sent)
    if error is None:
        connection.eof_received()
    connection.connection_lost(error)
    assert flight.heard == [heard]


def test_an_answer_without_a_length_lands_when_its_connection_ends(connection, flight):
    feed(connection, b"HTTP/1.1 200 OK\r\n\r\n123")
    assert connection.status == 200
    connection.eof_received()
    connection.connection_lost(None)
    assert flight.heard == [b"123"]
    assert not connection.usable


def test_an_answer_that_is_refused_closes_the_connection_and_says_its_status(connection, flight):
    feed(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
    assert flight.heard == [(Fault, 200)]
    assert (connection.usable, wire_of(connection).aborted) == (False, 1)


def test_nobody_hears_of_a_connection_that_was_aborted(connection, flight, opened):
    connection.abort()
    feed(connection, PLAIN)
    connection.connection_lost(None)
    assert (flight.heard, opened) == ([], set())


def test_the_answer_to_head_has_no_body(connection):
    flight = Flight()
    connection.send(REQUEST, flight, has_body=False)
    feed(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert flight.heard == [b""]
    assert connection.usable


@pytest.mark.parametrize(
    ("early", "heard"),
    [
        ([b"SSH-2.0\r\n"], (Fault, None)),
        ([PLAIN], b"12345"),
        ([None], (http.client.RemoteDisconnected, None)),
        ([ConnectionResetError()], (ConnectionResetError, None)),
        ([b"SSH-2.0\r\n", None], (Fault, None)),
    ],
)
def test_what_happens_before_the_first_request_is_sent_is_part_of_its_answer(connection, early, heard):
    flight = Flight()

    async def send():
        for event in early:
            feed(connection, event) if isinstance(event, bytes) else connection.connection_lost(event)
        connection.send(REQUEST, flight)
        assert flight.heard == []  # or whoever sends would be called back in the middle of it
        await asyncio.sleep(0)

    asyncio.run(send())
    assert flight.heard == [heard]
