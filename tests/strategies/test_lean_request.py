"""A request is encoded as a parser of somebody else reads it."""

import httptools
import pytest

from exchanges.wire import Request
from strategies.lean_request import Destination
from strategies.terms import HEADERS

ORIGIN = "http://127.0.0.1:8000"


class Parsed:
    """What llhttp finds in a request."""

    def __init__(self, data):
        self.headers, self.whole = [], False
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(data)
        self.method = parser.get_method().decode()

    def on_url(self, url):
        self.target = url.decode()

    def on_header(self, name, value):
        self.headers.append((name.decode(), value.decode()))

    def on_message_complete(self):
        self.whole = True


def parsed(target="/", origin=ORIGIN, **options):
    return Parsed(Destination(origin).encoded(Request("test", origin, target, **options)))


def test_a_request_is_sent_with_its_target_as_it_is_written_and_the_common_headers():
    found = parsed("/%7E?list=%5B%22A%22%5D,b", headers=(("X-Number", "7"),))
    assert (found.method, found.target, found.whole) == ("GET", "/%7E?list=%5B%22A%22%5D,b", True)
    assert found.headers == [("Host", "127.0.0.1:8000"), *HEADERS.items(), ("X-Number", "7")]


def test_a_request_of_no_headers_has_the_common_ones():
    assert parsed().headers == [("Host", "127.0.0.1:8000"), *HEADERS.items()]


def test_a_header_of_the_request_takes_the_place_of_a_common_one():
    headers = parsed(headers=(("accept", "text/html"), ("USER-AGENT", "me"), ("Host", "a.invalid"))).headers
    assert [pair for pair in headers if pair[0].lower() in ("accept", "user-agent", "host")] == [
        ("accept", "text/html"),
        ("USER-AGENT", "me"),
        ("Host", "a.invalid"),
    ]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_method_that_could_have_a_body_says_that_it_has_none(method):
    found = parsed(method=method)
    assert (found.method, found.whole) == (method, True)
    assert ("Content-Length", "0") in found.headers


@pytest.mark.parametrize(
    ("origin", "where"),
    [
        ("http://a.invalid", ("a.invalid", 80, False)),
        ("https://a.invalid", ("a.invalid", 443, True)),
        ("http://[::1]:81", ("::1", 81, False)),
    ],
)
def test_an_origin_says_where_to_connect_to(origin, where):
    found = Destination(origin)
    assert (found.host, found.port, found.secure) == where


@pytest.mark.parametrize(
    "origin", ["127.0.0.1:8000", "ftp://a.invalid", "http://", "http://me@a.invalid", "http://a/b"]
)
def test_what_is_no_origin_is_a_bug_and_raised(origin):
    with pytest.raises(ValueError, match="expected an origin"):
        Destination(origin)


@pytest.mark.parametrize(
    "options",
    [
        {"target": "/a b"},
        {"target": "/\r\nX: y"},
        {"target": "/\n"},
        {"target": "/é"},
        {"headers": (("X", "a\r\nY: b"),)},
        {"headers": (("X", "a\rb"),)},
        {"headers": (("X\n", "a"),)},
        {"method": "GET\r\n"},
        {"method": "GET /x"},
        {"target": "/a\tb"},
        {"target": "/a\0"},
        {"headers": (("X", "a\0"),)},
    ],
)
def test_a_request_that_would_smuggle_a_line_is_a_bug_and_raised(options):
    with pytest.raises(ValueError, match=r"expected a request|ascii"):
        parsed(**options)
