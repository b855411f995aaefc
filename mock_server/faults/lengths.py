"""Lengths that lie, contradict themselves, or are missing.

Law (strategies/body.py): a Content-Length is one number in digits, and excludes Transfer-Encoding; all else is
``protocol``. A body that ends before its length is ``truncated``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from mock_server.fault import End, Fault, Raw, Step
from mock_server.faults.framing import chunk, head_with


def _said(*lengths: str) -> Callable[[Raw], Iterator[Step]]:
    """The body after one line for each of these lengths, in which ``{}`` is the true one; then a FIN, so that a client
    that believes none of them reads a price."""

    def steps(raw: Raw) -> Iterator[Step]:
        body = raw.reply.body
        yield head_with(raw, *(f"Content-Length: {length.format(len(body))}" for length in lengths)) + body
        yield End.CLOSE

    return steps


def _two(raw: Raw) -> Iterator[Step]:
    body = raw.reply.body
    yield head_with(raw, f"Content-Length: {len(body)}", f"Content-Length: {len(body) + 1}") + body
    yield End.CLOSE


def _and_chunked(raw: Raw) -> Iterator[Step]:
    body = raw.reply.body
    yield head_with(raw, f"Content-Length: {len(body)}", "Transfer-Encoding: chunked") + chunk(body) + chunk(b"")
    yield End.CLOSE


def _short(raw: Raw) -> Iterator[Step]:
    body = raw.reply.body
    # A blank at the end is no part of the JSON.
    yield head_with(raw, f"Content-Length: {max(0, len(body.rstrip()) - 1)}") + body


def _long(raw: Raw) -> Iterator[Step]:
    body = raw.reply.body
    yield head_with(raw, f"Content-Length: {len(body) + 100}") + body
    yield End.CLOSE


def _missing(raw: Raw) -> Iterator[Step]:
    yield head_with(raw, "Connection: close") + raw.reply.body
    yield End.CLOSE


FAULTS: Final = (
    Fault("length-negative", "protocol", "Content-Length: -5", "B08", wire=_said("-5")),
    Fault("length-word", "protocol", "Content-Length: abc", "B08", wire=_said("abc")),
    Fault("length-plus", "protocol", "the right Content-Length with a plus sign", "B08", wire=_said("+{}")),
    Fault("length-two", "protocol", "two different Content-Length lines", "B08", wire=_two),
    Fault("length-repeated", "protocol", "the right Content-Length in two lines", "B08", wire=_said("{}", "{}")),
    Fault("length-list", "protocol", "the right Content-Length twice in one line", "B08", wire=_said("{0}, {0}")),
    Fault("length-and-chunked", "protocol", "Content-Length and Transfer-Encoding: chunked", "B08",
          wire=_and_chunked),
    Fault("length-short", "not_json", "a Content-Length one below the JSON's: JSON without its end, then what nobody "
          "announced", "B08", wire=_short),
    Fault("length-long", "truncated", "a Content-Length 100 above the body's, then a FIN", "B05", wire=_long),
    Fault("length-huge", "too_large", "a Content-Length of 10**15, and the body", "B11", wire=_said(str(10**15))),
    Fault("length-missing", None, "no length at all: the body ends with the connection, as HTTP/1.0 has it", "B08",
          wire=_missing),
)  # fmt: skip
