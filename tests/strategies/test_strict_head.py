"""A head is judged as its bytes arrive, however they are cut into segments."""

import pytest

from strategies.body import Fault
from strategies.strict_head import StrictHead, judge_cut
from strategies.terms import MAX_HEAD, MAX_INTERIM

HEAD = b"HTTP/1.1 200 OK\r\nX: a\r\n\tb\r\nContent-Length: 5\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"


def missing(*pieces):
    head = StrictHead()
    return [head.missing(piece) for piece in pieces]


def test_a_head_is_missing_until_its_blank_line_has_come():
    assert missing(*[HEAD[n : n + 1] for n in range(len(HEAD))]) == [True] * (len(HEAD) - 1) + [False]


def test_a_head_may_end_its_lines_with_bare_line_feeds():
    assert missing(HEAD.replace(b"\r\n", b"\n")) == [False]


def test_interim_heads_are_passed_over_wherever_they_are_cut():
    whole = HINTS * 3 + HEAD
    for cut in range(1, len(whole)):
        assert missing(whole[:cut], whole[cut:]) == [True, False]


def test_as_many_interim_heads_as_allowed_are_passed_over_and_one_more_is_refused():
    assert missing(HINTS * MAX_INTERIM + HEAD) == [False]
    with pytest.raises(Fault, match="at most 100 interim"):
        missing(HINTS * (MAX_INTERIM + 1) + HEAD)


@pytest.mark.parametrize("start", [b"SSH-2.0", b"\r\n", b"\n", b"HTTP/2", b"h", b"HTTP/1.1 100 Continue\r\n\r\n\r\n"])
def test_what_is_no_status_line_is_refused_at_its_first_wrong_byte(start):
    with pytest.raises(Fault, match="status line"):
        missing(start)


@pytest.mark.parametrize("lengths", [b"Content-Length: 5\r\ncontent-length: 5", b"CONTENT-LENGTH:5, 5"])
def test_more_than_one_length_is_refused(lengths):
    with pytest.raises(Fault, match="one Content-Length"):
        missing(b"HTTP/1.1 200 OK\r\n" + lengths + b"\r\n\r\n")


def test_a_head_that_does_not_end_is_refused_at_its_limit():
    with pytest.raises(Fault, match="at most 65536 bytes"):
        missing(b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_HEAD)


def test_a_new_request_begins_with_nothing_of_the_last_answer():
    head = StrictHead()
    assert head.missing(b"HTTP/1.1 2")
    head.begin()
    assert not head.missing(HEAD)


def test_a_sound_head_that_was_cut_is_no_fault_of_protocol():
    for size in range(len(HEAD)):
        judge_cut(HEAD[:size])


@pytest.mark.parametrize(
    "cut",
    [b"220", b"HTTP/1.1 2x", b"HTTP/1.1 200 OK\r\nX", b"HTTP/1.1 200 OK\r\nX: a\r\nY: b"],
)
def test_a_cut_head_with_a_byte_that_no_head_can_have_is_a_fault_of_protocol(cut):
    with pytest.raises(Fault, match="malformed"):
        judge_cut(cut + b"\0")
