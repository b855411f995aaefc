import pytest

from mock_server.loadgen_answer import Answers, LoadFailed, place_from

HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  12 \r\nDate: now\r\n\r\n"


def test_an_answer_is_as_long_as_its_head_and_its_content_length_say():
    answers = Answers("http://a")
    assert answers.length(HEAD) == len(HEAD) + 12
    assert answers.length(HEAD + b"body") == len(HEAD) + 12


def test_a_head_that_is_not_whole_has_no_length_yet():
    for cut in range(len(HEAD)):
        assert Answers("http://a").length(HEAD[:cut]) == 0


@pytest.mark.parametrize("status", [b"HTTP/1.1 304 Not Modified", b"HTTP/1.0 200 OK", b"HTTP/1.1 2000 OK", b""])
def test_anything_but_a_200_is_refused(status):
    with pytest.raises(LoadFailed, match=r"expected HTTP/1\.1 200 from http://a"):
        Answers("http://a").length(status + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("value", [b"", b"-5", b"abc", b"1_0"])
def test_a_content_length_that_is_no_number_is_refused(value):
    with pytest.raises(LoadFailed, match="Content-Length"):
        Answers("http://a").length(b"HTTP/1.1 200 OK\r\nContent-Length: " + value + b"\r\n\r\n")


def test_heads_that_never_repeat_do_not_fill_the_memory():
    answers = Answers("http://a")
    for number in range(5000):
        answers.length(b"HTTP/1.1 200 OK\r\nX: %d\r\nContent-Length: 1\r\n\r\n" % number)
    assert len(answers._known) <= 1024


@pytest.mark.parametrize(
    ("origin", "place"),
    [
        ("http://127.0.0.1:43101", ("127.0.0.1", 43101)),
        ("http://localhost/", ("localhost", 80)),
        ("http://[::1]:7", ("::1", 7)),
    ],
)
def test_an_origin_is_a_host_and_a_port(origin, place):
    assert place_from(origin) == place


@pytest.mark.parametrize("origin", ["http://127.0.0.1:43101", "http://[::1]:7"])
def test_a_request_names_the_host_as_the_origin_does(origin):
    assert Answers(origin).head("/a?b=c") == f"GET /a?b=c HTTP/1.1\r\nHost: {origin[7:]}\r\n".encode()
