"""Statuses that speak for themselves, whatever the body: refusals, trouble, and answers with nothing in them.

Law (exchanges/refusal.py): 401, 403 and 451 are ``blocked``, 418 ``banned``, 429 ``rate_limited``, 3xx ``redirect`` and
5xx ``server``; for all others the body decides.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Final

from mock_server.fault import Context, Fault
from mock_server.faults.changing import Change, always
from mock_server.reply import Reply

_PAGE: Final = b"<!doctype html>\n<html><head><title>Sorry</title></head><body><h1>Sorry</h1></body></html>\n"
_PAST: Final = "Sun, 06 Nov 1994 08:49:37 GMT"


def _sentence(status: int, text: str, **headers: str) -> Change:
    return always(status, text.encode() + b"\n", Content_Type="text/plain; charset=utf-8", **headers)


def _page(status: int) -> Change:
    return always(status, _PAGE, Content_Type="text/html; charset=utf-8")


def _wait(value: str) -> Change:
    return _sentence(429, "Too Many Requests", Retry_After=value)


def _wait_until(reply: Reply, context: Context) -> Reply:
    # The server's own Date, against which a client takes it, comes with every answer.
    return _wait(formatdate(time.time() + 2, usegmt=True))(reply, context)


FAULTS: Final = (
    Fault("html", "not_json", "HTTP 200 with a page of HTML", "B20", reply=_page(200)),
    Fault("empty", "not_json", "HTTP 200 with an empty body", "B20",
          reply=always(200, b"", Content_Type="application/json"), empties=True),
    Fault("no-content", "not_json", "HTTP 204, which has no body", "B20", reply=always(204, b""), empties=True),
    Fault("not-modified", "redirect", "HTTP 304, which has no body and leads nowhere", "B20",
          reply=always(304, b""), empties=True),
    Fault("401", "blocked", "HTTP 401: a key is wanted", "B19", reply=_sentence(401, "Unauthorized")),
    Fault("403", "blocked", "HTTP 403: a firewall", "B19", reply=_page(403)),
    Fault("html-404", "not_json", "HTTP 404 with a page of HTML", "B20", reply=_page(404)),
    Fault("418", "banned", "HTTP 418", "B19", reply=_sentence(418, "I'm a teapot")),
    Fault("429", "rate_limited", "HTTP 429 with Retry-After: 1", "B17", reply=_wait("1")),
    Fault("451", "blocked", "HTTP 451: a country", "B19", reply=_sentence(451, "Unavailable For Legal Reasons")),
    Fault("500", "server", "HTTP 500", "B20", reply=_sentence(500, "Internal Server Error")),
    Fault("502", "server", "HTTP 502 with a page of HTML, as a proxy sends it", "B20", reply=_page(502)),
    Fault("503", "server", "HTTP 503", "B20", reply=_sentence(503, "Service Unavailable")),
    Fault("html-503", "server", "HTTP 503 with a page of HTML", "B20", reply=_page(503)),
    Fault("retry-after-date", "rate_limited", "HTTP 429 with Retry-After: two seconds from now as a date", "B18",
          reply=_wait_until),
    Fault("retry-after-past", "rate_limited", f"HTTP 429 with Retry-After: {_PAST}", "B18", reply=_wait(_PAST)),
    Fault("retry-after-negative", "rate_limited", "HTTP 429 with Retry-After: -1", "B18", reply=_wait("-1")),
    Fault("retry-after-huge", "rate_limited", "HTTP 429 with Retry-After: 999999999", "B18",
          reply=_wait("999999999")),
    Fault("retry-after-word", "rate_limited", "HTTP 429 with Retry-After: soon", "B18", reply=_wait("soon")),
)  # fmt: skip
