"""Kraken's refusals: always HTTP 200, and an ``error`` that is not empty.

    {"error": ["EQuery:Unknown asset pair"]}

Entries that begin with W are warnings and refuse nothing. No header says how long to wait; where the time is known,
``EService:Throttled: <seconds since 1970>`` names the moment until which to. The status is told even in maintenance:
``{"error": [], "result": {"status": "maintenance", "timestamp": "2024-05-03T11:23:45Z"}}``.
https://docs.kraken.com/api/docs/guides/spot-errors
"""

from __future__ import annotations

import re
import time
from math import ceil
from typing import Any, Final
from urllib.parse import unquote

from exchanges.errors import Rejected, safe
from exchanges.reading import items, member, refused_as, time_text_for
from exchanges.refusal import wait_until
from exchanges.wire import Request, Response, json_text

PUBLIC: Final = "/0/public/"
PRIVATE: Final = "/0/private/"
JSON_HEADERS: Final = {"content-type": "application/json; charset=utf-8"}

_KIND_OF_ERROR: Final = (
    ("EQuery:Unknown asset", "unknown_symbol"),
    ("EQuery:Invalid asset pair", "unknown_symbol"),
    ("EAPI:Rate limit exceeded", "rate_limited"),
    ("EGeneral:Too many requests", "rate_limited"),
    ("EService:Throttled", "rate_limited"),
    ("EService: Throttled", "rate_limited"),
    ("EGeneral:Temporary lockout", "banned"),
    ("EGeneral:Permission denied", "blocked"),
    ("EAPI:Invalid key", "blocked"),
    ("EGeneral:Internal error", "server"),
    ("EGeneral:Invalid arguments", "protocol"),
    ("EGeneral:Unknown method", "protocol"),
    ("EService:", "server"),
)
# A public call that is one too many; EAPI:Rate limit exceeded is for the counters of keys.
_REFUSALS: Final = {
    "unknown_symbol": "EQuery:Unknown asset pair",
    "rate_limited": "EGeneral:Too many requests",
    "banned": "EGeneral:Temporary lockout",
    "blocked": "EGeneral:Permission denied",
    "server": "EService:Unavailable",
    "not_found": "EGeneral:Unknown method",
}
_THROTTLED: Final = re.compile(r"EService: ?Throttled: ?([0-9]{1,12})")


def refusal_in(exchange: str, reply: Any, response: Response) -> Rejected | None:
    """The refusal that a parsed body spells: its first error that is no warning. None where there is none.

    Raises:
        Unreadable: the body has no list of errors, or the error is not documented.
    """
    errors = [str(entry) for entry in items(member(reply, "error"), "error")]
    refusal = next((entry for entry in errors if not entry.startswith("W")), None)
    if refusal is None:
        return None
    kind = next((kind for beginning, kind in _KIND_OF_ERROR if refusal.startswith(beginning)), None)
    throttled = _THROTTLED.fullmatch(refusal)
    wait = wait_until(float(throttled[1])) if throttled else None
    return refused_as(kind, exchange, repr(safe(refusal)), response, wait)


def refusal_of(kind: str, request: Request, method: str | None, retry_after: float | None) -> Response:
    """How a refusal of this kind is written. ``method`` is the public one at the request's path, so that "not_found" is
    a complaint about its arguments, or about another verb than GET and POST. Times are this machine's, as in the Date
    header: by its own clock a client waits."""
    if kind == "server" and method == "SystemStatus":
        return _written({"error": [], "result": status_at(int(time.time() * 1e6), "maintenance")})
    error = _REFUSALS[kind]
    if kind == "not_found" and unquote(request.target).startswith(PRIVATE):
        error = "EAPI:Invalid key"
    elif kind == "not_found" and method is not None and request.method in ("GET", "POST"):
        error = "EGeneral:Invalid arguments"
    elif kind == "unknown_symbol" and method == "Assets":
        error = "EQuery:Unknown asset"
    elif kind == "rate_limited" and retry_after is not None:
        error = f"EService:Throttled: {ceil(time.time() + retry_after)}"
    return _written({"error": [error]})


def status_at(time_us: int, status: str) -> dict[str, str]:
    """The result of SystemStatus: the exchange is online, in maintenance, cancel_only or post_only."""
    return {"status": status, "timestamp": time_text_for(time_us)[:19] + "Z"}


def _written(value: object) -> Response:
    return Response(200, json_text(value).encode(), dict(JSON_HEADERS))
