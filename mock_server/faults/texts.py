"""What is wrong with a body as text and as JSON, whatever it says. The rules are those of ``exchanges/reading.py``.

Text is UTF-8 whatever the Content-Type says, with or without a byte order mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from mock_server.fault import Context, Fault
from mock_server.faults.changing import Change, with_body
from mock_server.reply import Reply

_FIRST_KEY: Final = re.compile(rb'\{\s*("(?:[^"\\]|\\.)*")\s*:')
_DEEP: Final = b"[" * 100_000 + b"]" * 100_000


def _text(change_body: Callable[[bytes], bytes], content_type: str | None = None) -> Change:
    def change(reply: Reply, context: Context) -> Reply:
        body = change_body(reply.body)
        if body == reply.body:  # and the label stays as well: alone it would be another fault
            return reply
        return with_body(reply, body) if content_type is None else with_body(reply, body, Content_Type=content_type)

    return change


def _labelled(content_type: str) -> Change:
    return lambda reply, context: with_body(reply, reply.body, Content_Type=content_type)


def _in(encoding: str) -> Callable[[bytes], bytes]:
    return lambda body: body.decode("utf-8", "replace").encode(encoding)


def _in_latin_1(body: bytes) -> bytes:
    # The JSON of an exchange is ASCII, the same in Latin-1; one é makes the difference.
    return body.replace(b'"', b'"\xe9', 1)


def _double_key(body: bytes) -> bytes:
    return _FIRST_KEY.sub(rb"{\1:0,\1:", body, count=1)


FAULTS: Final = (
    Fault("text-plain", None, "JSON that is labelled text/plain", "B21", reply=_labelled("text/plain")),
    Fault("charset-bogus", None, "JSON that is labelled charset=bogus", "B21",
          reply=_labelled("application/json; charset=bogus")),
    Fault("bom", None, "a byte order mark before the JSON", "B21", reply=_text(b"\xef\xbb\xbf".__add__)),
    Fault("utf-16", "charset", "JSON in UTF-16 with a byte order mark, and labelled so", "B21",
          reply=_text(_in("utf-16"), "application/json; charset=utf-16")),
    Fault("utf-16-bare", "charset", "JSON in UTF-16 without a byte order mark, and labelled UTF-8", "B21",
          reply=_text(_in("utf-16-le"), "application/json; charset=utf-8")),
    Fault("latin-1", "charset", "JSON in Latin-1 with an é, and labelled so", "B21",
          reply=_text(_in_latin_1, "application/json; charset=iso-8859-1")),
    Fault("json-cut", "not_json", "the first half of the JSON, in the length that was announced", "B20",
          reply=_text(lambda body: body[: len(body) // 2])),
    Fault("json-twice", "not_json", "the JSON twice over in one body", "B20", reply=_text(lambda body: body * 2)),
    Fault("json-empty", "schema", "an empty object", "B24", reply=_text(lambda body: b"{}")),
    Fault("json-null", "schema", "null instead of an object", "B24", reply=_text(lambda body: b"null")),
    Fault("deep-json", "schema", "an array inside an array, 100,000 deep", "B24", reply=_text(lambda body: _DEEP)),
    Fault("duplicate-keys", "schema", "the first key of the first object twice", "B24", reply=_text(_double_key)),
)  # fmt: skip
