import pytest

from mock_server import app, patience
from mock_server.patience import HANDSHAKE_S, Patience


class Parser:
    """Is in the middle of a head, or is not, and counts how often it was asked."""

    def __init__(self, in_a_head):
        self._messages = ["a request"] if in_a_head else []
        self.asked = 0

    def feed_data(self, data):
        self.asked += 1
        return self._messages, False, b""


def since(first, *reads):
    """A Patience that read so many times: (when, whether a request was heard, whether a blank line came last)."""
    held = Patience()
    held.silent_since = first
    for now, heard, blank_line in reads:
        held.read(now, heard, blank_line, True)
    return held


def test_whoever_is_slow_silent_in_a_handshake_or_does_not_read_is_cut_within_ten_seconds():
    slowest = max(HANDSHAKE_S, patience._SLOW_REQUEST_S, patience._UNREAD_S, patience._CLOSING_S)
    assert slowest + app._SWEEP_S < 10


@pytest.mark.parametrize("drips", [[], [104.0, 107.9]], ids=["silent", "drips"])
def test_a_head_is_slow_from_its_first_byte_on_even_behind_a_whole_request(drips):
    for heard in (False, True):
        held = since(99.0, (100.0, heard, False), *[(at, False, False) for at in drips])
        assert not held.is_over(108.0, Parser(True))
        assert held.is_over(108.1, Parser(True))


def test_a_connection_whose_last_request_ended_with_its_head_is_never_looked_into():
    held, parser = since(99.0, (100.0, True, True)), Parser(True)
    held.idle_since = 100.0
    assert not held.is_over(170.0, parser)
    assert parser.asked == 0


def test_a_connection_that_is_in_no_head_is_looked_into_once_and_kept():
    held, parser = since(99.0, (100.0, True, False)), Parser(False)
    held.idle_since = 100.0
    assert [held.is_over(now, parser) for now in (110.0, 120.0, 175.0, 175.1)] == [False, False, False, True]
    assert parser.asked == 1


def test_bytes_that_make_no_request_do_not_end_the_silence():
    held = since(100.0, (101.0, False, True))
    assert [held.is_over(now, Parser(False)) for now in (130.0, 130.1)] == [False, True]


def test_a_client_that_takes_some_is_not_cut_and_one_that_takes_nothing_is():
    held = Patience()
    taking = [held.is_unread(float(now), 10_000 - now) for now in range(100, 130)]
    stuck = [held.is_unread(float(now), 10_000) for now in (130, 138, 139)]
    assert not any(taking)
    assert stuck == [False, False, True]


def test_what_was_closed_is_cut_even_where_nothing_is_unsent():
    held = Patience()
    held.closing_since = 100.0
    assert [held.is_unread(now, 0) for now in (108.0, 108.1)] == [False, True]
