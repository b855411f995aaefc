"""The headers of an answer are looked up in any case."""

from strategies.lean_head import Head

HEAD = Head(
    b"HTTP/1.1 200 OK\r\nContent-Type:text/plain \r\nX-Thing: a\r\n"
    b"Via:\t1\r\n two\r\nx-thing: b\n\r\nBody: no header\r\n"
)


def test_a_header_is_found_by_its_name_in_any_case():
    assert HEAD["content-TYPE"] == HEAD.get("Content-Type") == "text/plain"


def test_several_lines_of_a_name_are_joined_by_commas_and_folds_by_blanks():
    assert dict(HEAD) == {"content-type": "text/plain", "x-thing": "a, b", "via": "1 two"}


def test_what_is_no_header_is_not_there():
    assert "body" not in HEAD
    assert HEAD.get("date", "none") == "none"
    assert len(Head(b"HTTP/1.1 200 OK\r\n\r\n")) == 0


def test_a_name_and_a_fold_may_be_empty_of_value():
    assert dict(Head(b"HTTP/1.1 200 OK\nA:\n \nB:\n\n")) == {"a": "", "b": ""}
