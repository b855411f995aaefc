"""Coinbase's refusals: how each one is written, and what its words mean in our vocabulary.

    HTTP 404 {"error": "NOT_FOUND", "error_details": "valid product_id is required", "message": "..."}
    HTTP 404 {"errors": [{"id": "not_found", "message": "Not found"}]}        below /v2/
    HTTP 401 Unauthorized                                                     a private path without a signature

The names of ``error`` are those of gRPC. An unknown product is ``NOT_FOUND`` from most endpoints and
``INVALID_ARGUMENT`` from the book; an argument that cannot be read is ``INVALID_ARGUMENT`` as well, and is told apart
by its message, which names the argument. A method that a path does not take is ``UNIMPLEMENTED`` (no page documents
that answer: the name is gRPC's, the status HTTP's), and below /v2/ there is no such path. Coinbase has no form of its
own for a ban: ``banned`` is written as ``blocked`` (HTTP 403).
"""

from __future__ import annotations

from math import ceil
from typing import Any, Final
from urllib.parse import unquote

from exchanges.errors import Rejected, safe
from exchanges.reading import refused_as
from exchanges.wire import Request, Response, json_text

V3: Final = "/api/v3/brokerage/"
MARKET: Final = V3 + "market/"
V2: Final = "/v2/"
TIME: Final = V3 + "time"
BOOK: Final = MARKET + "product_book"
JSON_HEADERS: Final = {"content-type": "application/json"}

_KIND_OF_ERROR: Final = {
    "NOT_FOUND": "unknown_symbol", "INVALID_ARGUMENT": "unknown_symbol", "RESOURCE_EXHAUSTED": "rate_limited",
    "PERMISSION_DENIED": "blocked", "UNAUTHENTICATED": "blocked", "UNAVAILABLE": "server", "INTERNAL": "server",
    "UNIMPLEMENTED": "protocol",
}  # fmt: skip
_BAD_ARGUMENT: Final = "invalid argument: "
_REFUSALS: Final = {
    "unknown_symbol": (404, "NOT_FOUND", "valid product_id is required"),
    "rate_limited": (429, "RESOURCE_EXHAUSTED", "too many requests"),
    "banned": (403, "PERMISSION_DENIED", "access denied"),
    "blocked": (403, "PERMISSION_DENIED", "access denied"),
    "server": (503, "UNAVAILABLE", "service unavailable"),
    "not_found": (400, "INVALID_ARGUMENT", _BAD_ARGUMENT + "the query of this endpoint cannot be read"),
    "not_allowed": (405, "UNIMPLEMENTED", "Method Not Allowed"),
}
_V2_REFUSALS: Final = {
    "unknown_symbol": (404, "not_found", "Not found"),
    "rate_limited": (429, "rate_limit_exceeded", "Too many requests"),
    "banned": (403, "invalid_scope", "Access denied"),
    "blocked": (403, "invalid_scope", "Access denied"),
    "server": (500, "internal_server_error", "Internal server error"),
    "not_found": (404, "not_found", "Not found"),
}
_V2_PRIVATE: Final = ("accounts", "user", "users", "payment-methods")


def refusal_in(exchange: str, reply: Any, response: Response) -> Rejected | None:
    """The refusal that a parsed body spells, None where it is none.

    Raises:
        Unreadable: a refusal in words that nobody documented, or in those of the older interfaces.
    """
    if type(reply) is not dict or not ("error" in reply or "errors" in reply):
        return None
    error, message = str(reply.get("error") or reply.get("errors")), str(reply.get("message"))
    said = f"{safe(error, 40)!r}, {safe(message)!r}"
    kind = _KIND_OF_ERROR.get(error)
    if error == "INVALID_ARGUMENT" and message.startswith(_BAD_ARGUMENT):
        kind = "protocol"
    return refused_as(kind, exchange, said, response)


def refusal_of(kind: str, request: Request, served: bool, retry_after: float | None) -> Response:
    """How a refusal of this kind is written. ``served`` says that there is an endpoint at the request's path, so that
    "not_found" is a complaint about its method or its query."""
    path = unquote(request.target.partition("?")[0])
    headers = dict(JSON_HEADERS)
    if retry_after is not None:
        headers["retry-after"] = str(ceil(retry_after))
    if kind == "not_found" and not served and _is_private(path):
        return Response(401, b"Unauthorized\n", {"content-type": "text/plain; charset=utf-8"})
    if path.startswith(V2) or (kind == "not_found" and not served):
        status, error, message = _V2_REFUSALS[kind]
        return Response(status, json_text({"errors": [{"id": error, "message": message}]}).encode(), headers)
    if kind == "not_found" and request.method != "GET":
        kind = "not_allowed"
        headers["allow"] = "GET, HEAD"
    status, error, message = _REFUSALS[kind]
    if kind == "unknown_symbol" and path == BOOK:
        status, error = 400, "INVALID_ARGUMENT"
    return Response(status, json_text({"error": error, "error_details": message, "message": message}).encode(), headers)


def _is_private(path: str) -> bool:
    if path.startswith(V2):
        return path.removeprefix(V2).partition("/")[0] in _V2_PRIVATE
    return path.startswith(V3) and not path.startswith(MARKET)
