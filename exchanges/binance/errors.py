"""Binance's error codes: what each one means in our vocabulary, and how each refusal is written.

    HTTP 400 {"code": -1121, "msg": "Invalid symbol."}

The codes from -1100 to -1139, -1151 and -1220 complain about the request. Only two of them are about the symbol
itself: -1121, and -1100 where the parameter with the illegal characters is ``symbol`` or ``symbols``.
https://developers.binance.com/docs/binance-spot-api-docs/errors
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from exchanges.errors import Rejected, safe
from exchanges.reading import refused_as
from exchanges.wire import Response

Refusal: TypeAlias = tuple[int, dict[str, int | str] | None]
"""An HTTP status and the JSON body; None where the firewall or the router answers before the API does, in HTML."""

_KIND_OF_CODE: Final = {
    "-1121": "unknown_symbol",
    "-1100": "protocol", "-1101": "protocol", "-1102": "protocol", "-1103": "protocol", "-1104": "protocol",
    "-1105": "protocol", "-1106": "protocol", "-1108": "protocol", "-1111": "protocol", "-1112": "protocol",
    "-1114": "protocol", "-1120": "protocol", "-1122": "protocol", "-1125": "protocol", "-1127": "protocol",
    "-1128": "protocol", "-1130": "protocol", "-1135": "protocol", "-1139": "protocol", "-1151": "protocol",
    "-1220": "protocol",
    "-1003": "rate_limited", "-1015": "rate_limited", "-1034": "rate_limited",
    "-1020": "protocol", "-1194": "protocol", "-2014": "blocked", "-2015": "blocked",
    "-1000": "server", "-1001": "server", "-1006": "server", "-1007": "server", "-1008": "server", "-1016": "server",
}  # fmt: skip
_TOO_MUCH: Final = (
    "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
    "Please use WebSocket Streams for live updates to avoid polling the API."
)
_REFUSALS: Final[dict[str, Refusal]] = {
    "unknown_symbol": (400, {"code": -1121, "msg": "Invalid symbol."}),
    "rate_limited": (429, {"code": -1003, "msg": _TOO_MUCH}),
    "banned": (418, {"code": -1003, "msg": "Way too much request weight used; IP banned."}),
    "blocked": (403, None),
    "server": (503, {"code": -1001, "msg": "Internal error; unable to process your request. Please try again."}),
    "not_found": (404, None),
}


def refusal_in(exchange: str, reply: Any, response: Response) -> Rejected | None:
    """The refusal that a parsed body spells, None where it is none.

    Raises:
        Unreadable: a refusal with a code that is not in the table.
    """
    if type(reply) is not dict or "code" not in reply:
        return None
    code, message = str(reply["code"]), str(reply.get("msg"))
    return refused_as(_kind_of(code, message), exchange, f"code {safe(code, 20)}, {safe(message)!r}", response)


def _kind_of(code: str, message: str) -> str | None:
    # None for a code that is not in the table.
    if code == "-1100" and "parameter 'symbol" in message and "'symbolStatus'" not in message:
        return "unknown_symbol"
    return _KIND_OF_CODE.get(code)


def refusal_of(kind: str, complaint: tuple[int, int, str] | None = None) -> Refusal:
    """How a refusal of this kind is written. A complaint (status, code and text) about the request replaces the
    refusals that the request can have brought upon itself: unknown_symbol and not_found."""
    if complaint is None or kind not in ("unknown_symbol", "not_found"):
        return _REFUSALS[kind]
    status, code, text = complaint
    return status, {"code": code, "msg": text}
