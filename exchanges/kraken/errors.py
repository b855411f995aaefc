"""Kraken's refusals: always HTTP 200, and an ``error`` that is not empty.

    {"error": ["EQuery:Unknown asset pair"]}

Entries that begin with W are warnings and refuse nothing. No header says how long to wait, so a refusal carries no
``retry_after``, except the moment that ``EService:Throttled: <seconds since 1970>`` names.
https://docs.kraken.com/api/docs/guides/spot-errors
"""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import unquote

from exchanges.errors import Rejected, safe
from exchanges.reading import Unreadable, items, member
from exchanges.refusal import wait_until
from exchanges.wire import Request, Response

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
    if kind is None:
        raise Unreadable("schema", f"refused with {safe(refusal)!r}, which this adapter does not know")
    throttled = _THROTTLED.fullmatch(refusal)
    wait = wait_until(float(throttled[1])) if throttled else None
    return Rejected(kind, f"{exchange} answered HTTP {response.status} with {safe(refusal)!r}", wait)


def refusal_of(kind: str, request: Request, served: bool) -> Response:
    """How a refusal of this kind is written. ``served`` says that there is a method at the request's path, so that
    "not_found" is a complaint about its arguments."""
    path = unquote(request.target.partition("?")[0])
    error = _REFUSALS[kind]
    if kind == "not_found" and served:
        error = "EGeneral:Invalid arguments"
    elif kind == "not_found" and path.startswith(PRIVATE):
        error = "EAPI:Invalid key"
    elif kind == "unknown_symbol" and path == PUBLIC + "Assets":
        error = "EQuery:Unknown asset"
    return Response(200, json.dumps({"error": [error]}, separators=(",", ":")).encode(), dict(JSON_HEADERS))
