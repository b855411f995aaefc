"""What a status alone says, and how long it asks to wait."""

import pytest

from exchanges.errors import KINDS
from exchanges.refusal import refusal_from_status, retry_after_from, wait_until, wait_until_ms
from exchanges.wire import Response


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, "redirect"),
        (304, "redirect"),
        (401, "blocked"),
        (403, "blocked"),
        (418, "banned"),
        (429, "rate_limited"),
        (451, "blocked"),
        (500, "server"),
        (503, "server"),
        (520, "server"),
        (999, "server"),
    ],
)
def test_a_status_that_refuses_is_believed_whatever_the_body(status, kind):
    for body in (b"", b"<html>busy</html>", b'{"bidPrice":"1","askPrice":"2"}', b"\xff"):
        refused = refusal_from_status("binance", Response(status, body))
        assert refused.kind == kind
        assert refused.kind in KINDS
        assert f"binance answered HTTP {status}" in refused.detail


@pytest.mark.parametrize("status", [0, 200, 204, 400, 404, 405, 422])
def test_a_status_that_does_not_refuse_by_itself_leaves_the_body_to_be_read(status):
    assert refusal_from_status("binance", Response(status, b"")) is None


@pytest.mark.parametrize("status", [403, 451, 418])
def test_who_is_shut_out_is_told_to_try_another_exchange(status):
    assert "try another exchange" in refusal_from_status("binance", Response(status, b"")).detail


def test_the_detail_shows_the_beginning_of_the_body_without_control_characters():
    refused = refusal_from_status("binance", Response(500, b"\x1b[2Jboom\n" + b"x" * 1000))
    assert refused.detail.isprintable()
    assert "boom" in refused.detail
    assert len(refused.detail) < 250


@pytest.mark.parametrize(("text", "seconds"), [("1", 1.0), ("0", 0.0), (" 7 ", 7.0), ("999999999", 999999999.0)])
def test_retry_after_is_read_in_seconds(text, seconds):
    assert retry_after_from(Response(429, b"", {"retry-after": text})) == seconds


NO_WAIT = [
    "", "abc", "-1", "1.5", "1e3", "١", "9" * 400, "nan", "Wed, 31 Feb 2026 00:00:00 GMT",
    "Wed, 21 Oct 2026 07:28:00 CET", "21 Oct 2026",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_WAIT)
def test_a_retry_after_that_cannot_be_read_is_none(text):
    assert retry_after_from(Response(429, b"", {"retry-after": text})) is None


def test_no_retry_after_is_none():
    assert retry_after_from(Response(429, b"")) is None


def test_a_retry_after_date_counts_from_the_answers_own_date():
    headers = {"date": "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2026 07:30:30 GMT"}
    assert retry_after_from(Response(429, b"", headers)) == 150.0


def test_a_retry_after_date_counts_from_our_clock_where_the_answer_has_none(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_000.0)
    assert retry_after_from(Response(429, b"", {"retry-after": "Thu, 01 Jan 1970 00:17:00 GMT"})) == 20.0
    assert wait_until(1_030.0) == 30.0


def test_a_retry_after_date_in_the_past_is_zero():
    assert retry_after_from(Response(429, b"", {"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"})) == 0.0
    assert wait_until(0.0) == 0.0


def test_a_header_may_name_the_millisecond_until_which_to_wait(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    assert [wait_until_ms(text) for text in ("1700000002500", " 1700000002500 ", "1699999999999")] == [2.5, 2.5, 0.0]
    assert [wait_until_ms(text) for text in (None, "", "soon", "-1", "1.7e12", "٣", "9" * 30)] == [None] * 7
