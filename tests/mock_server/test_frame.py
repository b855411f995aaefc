import gzip

import pytest

from exchanges import Response
from mock_server.frame import CHUNKED, GZIP, accepts_gzip, date_line, frame, lines_of, whole
from mock_server.reply import Reply


def reply(size=10, status=200, **headers):
    return Reply.of(Response(status, b"x" * size, headers))


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("GZip;q=0.001", True),
        ("*", True),
        ("x-gzip", True),
        ("br, *;q=0.1", True),
        ("", False),
        ("identity", False),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
    ],
)
def test_gzip_is_accepted_where_it_is_named_or_meant_and_not_refused(header, accepted):
    assert accepts_gzip(header) is accepted


def test_a_head_has_the_length_and_no_blank_line():
    framed = frame(reply(10), 0)
    assert framed.head == b"HTTP/1.1 200 OK\r\nServer: fetchrace-mock\r\nContent-Length: 10\r\n"
    assert framed.body == b"x" * 10


@pytest.mark.parametrize("size", [999, 1000])
def test_a_thousand_bytes_are_worth_compressing(size):
    framed = frame(reply(size), GZIP)
    assert (b"Content-Encoding: gzip" in framed.head) is (b"Vary: Accept-Encoding" in framed.head) is (size == 1000)
    assert f"Content-Length: {len(framed.body)}".encode() in framed.head


def test_a_body_that_is_encoded_already_stays_as_it_is():
    framed = frame(reply(5000, **{"Content-Encoding": "br"}), GZIP)
    assert framed.body == b"x" * 5000
    assert framed.head.count(b"Content-Encoding") == 1


def test_chunks_add_up_to_the_body_and_end_with_an_empty_one():
    framed = frame(reply(40_000), CHUNKED)
    assert b"Content-Length" not in framed.head
    assert framed.body.startswith(b"4000\r\n")
    assert framed.body.endswith(b"\r\n0\r\n\r\n")
    assert framed.body.count(b"x") == 40_000


def test_a_compressed_body_can_be_sent_in_chunks():
    framed = frame(reply(3000), GZIP | CHUNKED)
    size, _, rest = framed.body.partition(b"\r\n")
    assert gzip.decompress(rest[: int(size, 16)]) == b"x" * 3000


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_cannot_have_a_body_has_none_and_no_length(status):
    framed = frame(reply(10, status), GZIP | CHUNKED)
    assert framed.body == b""
    assert b"Content-Length" not in framed.head
    assert b"Transfer-Encoding" not in framed.head


def test_a_length_that_a_fault_wrote_is_not_corrected():
    assert frame(reply(10, **{"Content-Length": "99"}), 0).head.count(b"Content-Length: ") == 1


def test_an_unknown_status_has_an_empty_phrase():
    assert frame(reply(0, 599), 0).head.startswith(b"HTTP/1.1 599 \r\n")


def test_nothing_in_a_header_can_end_its_line():
    assert b"\r\nEvil: 1" not in frame(reply(0, X="a\r\nEvil: 1"), 0).head


def test_further_lines_are_as_they_stand_in_a_head():
    assert lines_of({"A": "1", "B": "2"}) == b"A: 1\r\nB: 2\r\n"
    assert lines_of({}) == b""


def test_a_whole_answer_has_its_date_and_its_blank_line():
    said = whole(reply(3))
    assert said.endswith(b" GMT\r\n\r\nxxx")
    assert date_line() in said or b"Date: " in said
