"""A head from its raw lines: what is whole is read, what is malformed is refused, whatever the library let through."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.body import Fault
from strategies.raw_head import Fields, RawHead
from strategies.terms import MAX_HEAD, MAX_INTERIM

OK = [b"HTTP/1.1 200 OK\r\n", b"Content-Type: text/plain\r\n", b"\r\n"]


def read(lines):
    head = RawHead()
    return head, [head.add(line) for line in lines]


def test_the_blank_line_makes_a_head_whole():
    head, whole = read(OK)
    assert whole == [False, False, True]
    assert (head.status, dict(head.fields)) == (200, {"content-type": "text/plain"})


def test_interim_answers_are_passed_over():
    head, whole = read([b"HTTP/1.1 103 Hints\r\n", b"Link: x\r\n", b"\r\n", *OK])
    assert whole == [False] * 5 + [True]
    assert "link" not in head.fields


def test_more_interim_answers_than_allowed_are_refused():
    interim = [b"HTTP/1.1 100 Continue\r\n", b"\r\n"]
    read([*interim * MAX_INTERIM, *OK])
    with pytest.raises(Fault, match="interim"):
        read(interim * (MAX_INTERIM + 1))


@pytest.mark.parametrize("line", [b"X : a\r\n", b": a\r\n", b"just words\r\n", b"X: a\0b\r\n", b"X: a\rb\r\n"])
def test_a_malformed_line_is_refused(line):
    with pytest.raises(Fault, match="malformed"):
        read([OK[0], line, b"\r\n"])


@pytest.mark.parametrize("status", [b"HTTP/2 200 OK\r\n", b"HTTP/1.9 200 OK\r\n", b"HTTP/1.1 20 OK\r\n", b"\tX: y\r\n"])
def test_another_version_or_status_is_refused(status):
    with pytest.raises(Fault, match="malformed"):
        read([status, b"\r\n"])


def test_a_head_over_its_limit_is_refused_before_it_ends():
    with pytest.raises(Fault, match=f"at most {MAX_HEAD} bytes"):
        read([OK[0], *[b"X: " + b"y" * 1000 + b"\r\n"] * 70])


def test_lines_after_the_head_are_a_trailer_and_judged_as_one():
    head, _ = read(OK)
    assert head.add(b"X-Sum: 1\r\n") is False
    with pytest.raises(Fault, match="trailer"):
        head.add(b"just words\r\n")


def test_a_head_that_ends_early_is_judged_by_the_lines_that_came():
    head, _ = read(OK[:2])
    head.end()
    head, _ = read([OK[0], b"X Y: z\r\n"])
    with pytest.raises(Fault, match="ended before its time"):
        head.end()


def test_the_next_answer_begins_anew():
    head, _ = read(OK)
    head.begin()
    assert (head.fields, head.status) == (None, 0)
    assert [head.add(line) for line in OK] == [False, False, True]


def test_names_are_found_in_any_case():
    fields = Fields("Content-Type: a\r\nRetry-After: 7\r\n")
    assert fields["CONTENT-TYPE"] == fields.get("content-Type") == "a"
    assert "retry-after" in fields
    assert fields.get("absent") is None


def test_a_folded_value_is_one_and_values_of_one_name_are_joined():
    fields = Fields("X: a\x0b\r\n b\r\nContent-Length: 5\r\ncontent-length: 6\r\n")
    assert (fields["x"], fields["content-length"]) == ("a\x0b b", "5, 6")
    assert len(fields) == 3


NAME = st.text("abcXYZ-", min_size=1)
VALUE = st.text(st.characters(codec="latin-1", exclude_characters="\0\r\n"))


@settings(max_examples=30)
@given(st.lists(st.tuples(NAME, VALUE)))
def test_every_value_is_found_under_its_name_in_order(pairs):
    lines = [f"{name}:{value}\r\n".encode("latin-1") for name, value in pairs]
    head, _ = read([OK[0], *lines, b"\r\n"])
    wanted = {}
    for name, value in pairs:
        wanted.setdefault(name.lower(), []).append(value.strip(" \t"))
    assert dict(head.fields) == {name: ", ".join(values) for name, values in wanted.items()}
    assert len(head.fields) == len(pairs)
