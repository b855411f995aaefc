"""A Request that cannot be sent as it is written is told of before it is sent, or instead of blaming the server."""

import pytest

from exchanges.wire import Request
from strategies.failure import failed
from strategies.sendable import check


def asked(target="/a?b=%5B%22c%22%5D;d", headers=(("X-A", "b, c"), ("X-B", "")), method="GET"):
    return Request("test", "http://a.invalid", target, headers=headers, method=method)


def test_what_can_be_sent_is_let_through():
    check(asked())


ODD = [
    {"target": "/a b"},
    {"target": "/a\r\nX: y"},
    {"target": "/\u00e9"},
    {"target": "/a\0"},
    {"method": "GET /x"},
    {"headers": (("X-A", "b\r\nX-B: c"),)},
    {"headers": (("X-A", "b\0"),)},
    {"headers": (("X-A", " b"),)},
    {"headers": (("X-A", "\u00e9"),)},
    {"headers": (("X A", "b"),)},
    {"headers": (("X-B: c\r\nX-A", "b"),)},
    {"headers": (("", "b"),)},
]


@pytest.mark.parametrize("options", ODD)
def test_what_cannot_be_sent_is_a_bug_of_the_caller(options):
    with pytest.raises(ValueError, match=r"expected a (request|header) of printable ASCII"):
        check(asked(**options))


def test_what_a_library_says_of_a_request_that_cannot_be_sent_is_no_failure_of_the_servers():
    refusal = ValueError("Invalid header value")
    assert failed(refusal, asked(), 0.0, None).kind == "protocol"
    with pytest.raises(ValueError, match="expected a header"):
        failed(refusal, asked(headers=(("X-A", "b\n"),)), 0.0, None)
