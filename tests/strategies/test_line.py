"""A line between processes: whole messages, and nobody waits."""

import socket
import struct
from multiprocessing.connection import Connection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.line import Line


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(ours.fileno())
        yield line, theirs
        line.close()


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 50))
def test_messages_arrive_whole_and_in_order_however_they_are_cut(messages, size):
    raw = b"".join(struct.pack("!i", len(message)) + message for message in messages)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line, got = Line(ours.fileno()), []
        for start in range(0, len(raw), size):
            theirs.sendall(raw[start : start + size])
            got += line.messages()
        line.close()
    assert got == messages


def test_a_connection_of_multiprocessing_may_be_at_the_other_end(ends):
    line, theirs = ends
    connection = Connection(theirs.detach())
    connection.send_bytes(b"to the line")
    assert list(line.messages()) == [b"to the line"]
    line.put(b"from the line")
    assert connection.recv_bytes() == b"from the line"
    connection.close()


def test_a_message_for_whom_nobody_reads_is_kept_and_goes_on_later(ends):
    line, theirs = ends
    message = bytes(5_000_000)
    assert not line.put(message)
    reader, got = Line(theirs.fileno()), []
    while not line.flush():
        got += reader.messages()
    got += reader.messages()
    reader.close()
    assert got == [message]


def test_what_was_said_before_the_end_is_heard_before_it(ends):
    line, theirs = ends
    said = Line(theirs.fileno())
    said.put(b"last words")
    said.close()
    theirs.close()
    heard = line.messages()
    assert next(heard) == b"last words"
    with pytest.raises(EOFError):
        next(heard)


def test_half_a_message_from_somebody_who_stopped_holds_nobody_up(ends):
    line, theirs = ends
    theirs.sendall(b"\0\0\0\x05abc")
    assert list(line.messages()) == []
    theirs.sendall(b"de")
    assert list(line.messages()) == [b"abcde"]


def test_nobody_there_is_an_os_error_for_who_speaks(ends):
    line, theirs = ends
    theirs.close()
    with pytest.raises(OSError, match="Broken pipe"):
        line.put(b"hello?")
