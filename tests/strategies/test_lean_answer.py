"""An answer is read alike however its bytes are cut, and one that is cut short is told by where it was cut."""

import gzip
import http.client
import zlib

import pytest

from strategies.body import Fault
from strategies.lean_answer import LeanAnswer

BODY = b'{"price": "1"}'
GZIP = gzip.compress(BODY)
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"


def head(*lines, first=b"HTTP/1.1 200 OK"):
    return b"\r\n".join([first, *lines, b"", b""])


def chunks(data, size):
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nX: y\r\n\r\n"


SOUND = {
    "plain": head(b"Content-Length: %d" % len(BODY)) + BODY,
    "bare-line-feeds": (head(b"X: a", b"Content-Length: %d" % len(BODY)) + BODY).replace(b"\r\n", b"\n"),
    "folded": head(b"X: a\r\n b", b"Content-Length: %d" % len(BODY)) + BODY,
    "interim": HINTS * 3 + head(b"Content-Length: %d" % len(BODY)) + BODY,
    "chunked": head(b"Transfer-Encoding: chunked") + chunks(BODY, 3),
    "gzip": head(b"Content-Encoding: gzip", b"Content-Length: %d" % len(GZIP)) + GZIP,
    "gzip-chunked": head(b"Content-Encoding: gzip", b"Transfer-Encoding: chunked") + chunks(GZIP, 7),
    "deflate": head(b"Content-Encoding: deflate", b"Transfer-Encoding: chunked") + chunks(zlib.compress(BODY), 1),
}
ENDLESS = head(b"X: y") + BODY


def read(*pieces, **options):
    """The answer, and which piece made it whole."""
    answer = LeanAnswer(1000, **options)
    for place, piece in enumerate(pieces):
        response = answer.add(piece)
        if response is not None:
            return answer, response, place
    return answer, None, None


@pytest.mark.parametrize("name", SOUND)
def test_an_answer_is_the_same_wherever_it_is_cut(name):
    data = SOUND[name]
    for cut in range(1, len(data)):
        answer, response, place = read(data[:cut], data[cut:])
        assert (response.status, response.body, place, answer.keep) == (200, BODY, 1, True)


@pytest.mark.parametrize("name", SOUND)
def test_an_answer_that_comes_byte_by_byte_is_whole_with_its_last(name):
    data = SOUND[name]
    _, response, place = read(*[data[at : at + 1] for at in range(len(data))])
    assert (response.body, place) == (BODY, len(data) - 1)


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("more", [b"\r\n", b"H", SOUND["plain"]])
def test_bytes_after_the_end_cost_the_connection_and_not_the_answer(name, more):
    answer, response, _ = read(SOUND[name] + more)
    assert response.body == BODY
    assert not answer.keep


@pytest.mark.parametrize("name", SOUND)
def test_a_connection_that_ends_too_early_is_told_by_where_it_ended(name):
    data = SOUND[name]
    for size in range(1, len(data)):
        answer, response, _ = read(data[:size])
        assert response is None
        in_head = answer.status is None
        with pytest.raises(http.client.RemoteDisconnected if in_head else http.client.IncompleteRead):
            answer.end()


def test_an_answer_without_a_length_ends_with_its_connection():
    for cut in range(1, len(ENDLESS)):
        answer, response, _ = read(ENDLESS[:cut], ENDLESS[cut:])
        assert response is None
        assert answer.end().body == BODY
        assert not answer.keep


@pytest.mark.parametrize(
    ("first", "line", "keep"),
    [
        (b"HTTP/1.1 200 OK", b"X: close", True),
        (b"HTTP/1.1 200 OK", b"Connection: close", False),
        (b"HTTP/1.1 200 OK", b"CONNECTION: x , Close", False),
        (b"HTTP/1.1 200 OK", b"Connection: closed", True),
        (b"HTTP/1.0 200 OK", b"X: y", False),
        (b"HTTP/1.0 200 OK", b"Connection: Keep-Alive", True),
    ],
)
def test_a_connection_is_kept_as_the_version_and_its_header_have_it(first, line, keep):
    answer, _, _ = read(head(line, b"Content-Length: 0", first=first))
    assert answer.keep is keep


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_answers_have_no_body_whatever_their_head_says(status):
    answer, response, _ = read(head(b"Content-Length: 14", first=b"HTTP/1.1 " + status))
    assert (response.body, answer.keep) == (b"", True)


def test_the_answer_to_head_has_no_body_whatever_its_head_says():
    answer, response, _ = read(head(b"Content-Length: 14"), has_body=False)
    assert (response.body, answer.keep) == (b"", True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (head(*[b"X: y"] * 101), "protocol"),
        (head(b"X: " + b"y" * 65536), "protocol"),
        (head(b"X: a\rb"), "protocol"),
        (head(b" folded"), "protocol"),
        (head(first=b"HTTP/1.1 101 Switching"), "protocol"),
        (HINTS * 101 + SOUND["plain"], "protocol"),
        (head(b"X Y: z", first=b"HTTP/1.1 103 Hints") + SOUND["plain"], "protocol"),
        (head(b"Content-Length: 5", b"content-length: 5"), "protocol"),
        (head(b"Content-Length: 5\xa0"), "protocol"),
        (head(b"Content-Length: 1001"), "too_large"),
        (head() + b"x" * 1001, "too_large"),
        (head(b"Location: /x", first=b"HTTP/1.1 302 Found"), "redirect"),
        (head(b"Content-Encoding: br"), "encoding"),
    ],
)
def test_what_must_be_refused_is_refused_with_its_kind(data, kind):
    with pytest.raises(Fault) as caught:
        read(data)
    assert caught.value.kind == kind


def test_the_status_is_known_once_the_head_is_whole_even_if_the_body_is_refused():
    answer = LeanAnswer(1000)
    assert answer.add(b"HTTP/1.1 503 ") is None
    assert answer.status is None
    with pytest.raises(Fault, match="limit"):
        answer.add(b"Busy\r\nContent-Length: 1001\r\n\r\n")
    assert answer.status == 503
