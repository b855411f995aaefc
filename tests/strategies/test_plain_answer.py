"""The short way takes nothing that the long way would refuse or read otherwise."""

import random

import pytest

from strategies.body import Fault
from strategies.lean_answer import LeanAnswer
from strategies.plain_answer import PlainAnswer

MAX_BODY = 100
PLAIN = b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\n12345"


def five(*lines, first=b"HTTP/1.1 200 OK", body=b"12345", length=b"Content-Length: 5"):
    return b"\r\n".join([first, *lines, length, b"", body])


NOT_TAKEN = {
    "cut": PLAIN[:-1],
    "head-alone": PLAIN[:-5],
    "cut-in-head": PLAIN[:20],
    "longer": PLAIN + b"6",
    "longer-by-a-line-end": PLAIN + b"\r\n",
    "twice": PLAIN * 2,
    "without-length": five(length=b"X: y"),
    "two-lengths": five(b"content-length: 5"),
    "length-of-20-digits": five(length=b"Content-Length: 00000000000000000005"),
    "chunked": five(length=b"Transfer-Encoding: chunked", body=b"5\r\n12345\r\n0\r\n\r\n"),
    "both": five(b"transfer-encoding: chunked", body=b"5\r\n12345\r\n0\r\n\r\n"),
    "gzip": five(b"CONTENT-ENCODING: gzip"),
    "nul-in-reason": five(first=b"HTTP/1.1 200 O\0K"),
    "nul-in-header": five(b"X: a\0b"),
    "bare-cr": five(b"X: a\rb"),
    "101-headers": five(*[b"X: y"] * 100),
    "large-head": five(b"X: " + b"y" * 65536),
    "large-body": five(length=b"Content-Length: 101", body=b"x" * 101),
    "old": five(first=b"HTTP/1.0 200 OK"),
    "new": five(first=b"HTTP/2.0 200 OK"),
    "other-status": five(first=b"HTTP/1.1 201 Created"),
    "interim": b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
    "nothing": b"",
}


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_what_is_not_plain_is_left_to_the_long_way_and_the_next_plain_answer_is_taken(name):
    plain = PlainAnswer(MAX_BODY)
    assert plain.read(NOT_TAKEN[name]) is None
    response = plain.read(PLAIN)
    assert (response.status, response.body, dict(response.headers)) == (
        200,
        b"12345",
        {"x": "y", "content-length": "5"},
    )


def test_an_answer_without_a_byte_of_body_is_plain():
    plain = PlainAnswer(MAX_BODY)
    for _ in range(2):
        assert plain.read(five(length=b"Content-Length: 0", body=b"")).body == b""
        assert plain.keep
        assert plain.read(PLAIN).body == b"12345"


def test_an_answer_that_ends_its_connection_is_taken_and_says_so():
    plain = PlainAnswer(MAX_BODY)
    for _ in range(2):
        assert plain.read(five(b"Connection: close")).body == b"12345"
        assert not plain.keep
    assert plain.read(PLAIN).body == b"12345"
    assert plain.keep


BITS = [
    b"", b"-", b"+", b"0x", b"\r\n", b"\n", b"\r", b"\0", b"\t", b"\x0b", b"\xff", b" ", b":", b",", b"9" * 30,
    b"\r\n ", b"\r\nContent-Length: 5", b"\r\ncontent-length:", b"Connection: close\r\n", b"Connection: x, close\r\n",
    b"Connection: close x\r\n", b"Connection: keep-alive\r\n", b"Upgrade: x\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: br\r\n", b"HTTP/1.1 ",
]  # fmt: skip


def mutant(dice):
    data = bytearray(dice.choice([PLAIN, five(b"Connection: keep-alive, upgrade", b"Upgrade: x", b"X: a\r\n b")]))
    for _ in range(dice.randint(1, 3)):
        at = dice.choice([dice.randrange(len(data)), data.find(b"\r\n", dice.randrange(len(data) - 5)) + 2])
        data[at : at + dice.choice([0, 0, 1, 2])] = dice.choice([*BITS, dice.randbytes(1)])
    return bytes(data)


def test_whatever_the_short_way_takes_the_long_way_reads_alike():
    dice, plain, taken = random.Random(7), PlainAnswer(MAX_BODY), 0
    for _ in range(5000):
        data = mutant(dice)
        response = plain.read(data)
        if response is None:
            continue
        taken += 1
        answer = LeanAnswer(MAX_BODY)
        try:
            other = answer.add(data)
        except Fault as fault:
            pytest.fail(f"{data!r} is taken, and refused by the long way: {fault.detail}")
        assert (other.status, other.body, dict(other.headers)) == (200, response.body, dict(response.headers)), data
        assert answer.keep or not plain.keep, data
    assert taken > 50
