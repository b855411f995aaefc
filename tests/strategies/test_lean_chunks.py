"""Chunks are read as their bytes arrive; what follows the last is handed back."""

import http.client

import pytest

from strategies.body import Body, Fault
from strategies.lean_chunks import Chunks


def read(*pieces):
    body = Body(200, {"transfer-encoding": "chunked"}, 1000)
    chunks = Chunks(body)
    rest = [chunks.add(piece) for piece in pieces]
    return rest[-1], body.whole(), chunks


@pytest.mark.parametrize(
    "data",
    [
        b"5\r\n12345\r\n0\r\n\r\n",
        b"003\r\n123\r\n2 ; a=b\r\n45\r\n000\r\nX: y\r\n\tz\r\n\r\n",
        b"5\r\n12345\r\n0\r\n\n",
    ],
)
def test_a_body_is_the_same_wherever_it_is_cut(data):
    for cut in range(1, len(data)):
        assert read(data[:cut], data[cut:] + b"rest")[:2] == (b"rest", b"12345")


@pytest.mark.parametrize(
    "data",
    [
        b"ZZ\r\n", b"-5\r\n", b"0x5\r\n", b"\r\n", b"5\n", b"5 5\r\n", b"1" * 21 + b"\r\n", b"5\r\n12345XY",
        b"5\r\n12345\n0", b"0\r\njust words\r\n", b"5;" + b"a" * 65536, b"0\r\n" + b"X: y\r\n" * 11000,
    ],
)  # fmt: skip
def test_a_malformed_chunk_is_a_fault_of_protocol(data):
    with pytest.raises(Fault) as caught:
        read(data)
    assert caught.value.kind == "protocol"


@pytest.mark.parametrize(
    "data",
    [
        b"5\r\n123", b"5\r\n12345", b"5\r\n12345\r", b"5\r\n12345\r\n", b"5", b"5;a",
        b"5\r", b"0\r\n", b"0\r\nX:", b"F" * 18 + b"\r\n1",
    ],
)  # fmt: skip
def test_a_sound_beginning_that_ends_is_a_body_that_was_cut(data):
    chunks = read(data)[2]
    with pytest.raises(http.client.IncompleteRead):
        chunks.end()


def test_a_size_that_could_not_have_become_one_is_a_fault_of_protocol_when_it_ends():
    chunks = read(b"5\r\n12345\r\nZ")[2]
    with pytest.raises(Fault, match="malformed size"):
        chunks.end()
