"""Binance's error codes: what each one means in our vocabulary, and which one a malformed request earns.

    HTTP 400 {"code": -1121, "msg": "Invalid symbol."}

The codes from -1100 to -1128, -1151 and -1220 complain about the request. Only two of them are about the symbol
itself: -1121, and -1100 where the parameter with the illegal characters is ``symbol`` or ``symbols``.
https://developers.binance.com/docs/binance-spot-api-docs/errors
"""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

from exchanges.target import path_and_query

Refusal: TypeAlias = tuple[int, dict[str, int | str] | None]
"""An HTTP status and the JSON body; None where the firewall or the router answers before the API does, in HTML."""

_KIND_OF_CODE: Final = {
    "-1121": "unknown_symbol",
    "-1100": "protocol", "-1101": "protocol", "-1102": "protocol", "-1103": "protocol", "-1104": "protocol",
    "-1105": "protocol", "-1106": "protocol", "-1128": "protocol", "-1151": "protocol", "-1220": "protocol",
    "-1003": "rate_limited", "-1015": "rate_limited", "-1034": "rate_limited",
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

_SYMBOL: Final = r"[A-Z0-9-_.]{1,20}"
_LEGAL: Final = {"symbol": rf"^{_SYMBOL}$", "symbols": rf'^\[("{_SYMBOL}"(,"{_SYMBOL}"){{0,}}){{0,1}}\]$'}
_MOST_FIELDS: Final = 100


def kind_of(code: str, message: str) -> str | None:
    """The kind of an error code; None for a code that is not in the table."""
    if code == "-1100" and "parameter 'symbol" in message:
        return "unknown_symbol"
    return _KIND_OF_CODE.get(code)


def refusal_of(kind: str, target: str) -> Refusal:
    """How a refusal of this kind is written. ``target`` is a price request's: where it is malformed, the refusals
    that it can have brought upon itself (unknown_symbol, not_found) become the complaint about it."""
    complaint = _complaint_about(target) if kind in ("unknown_symbol", "not_found") else None
    if complaint is None:
        return _REFUSALS[kind]
    code, text = complaint
    return 400, {"code": code, "msg": text}


def _complaint_about(target: str) -> tuple[int, str] | None:
    try:
        _, query = path_and_query(target)
    except LookupError:
        if target.count("&") >= _MOST_FIELDS:
            return -1101, "Too many parameters sent for this endpoint."
        return -1101, "Duplicate values for a parameter detected."
    if "symbol" in query and "symbols" in query:
        return -1128, "Combination of optional parameters invalid."
    for name in query.keys() & _LEGAL.keys():
        if query[name] in ("", "[]"):
            return -1105, f"Parameter '{name}' was empty."
        if not re.fullmatch(_LEGAL[name], query[name]):
            return -1100, f"Illegal characters found in parameter '{name}'; legal range is '{_LEGAL[name]}'."
    symbols = json.loads(query.get("symbols", "[]"))
    if len(set(symbols)) != len(symbols):
        return -1151, "Symbol is present multiple times in the list."
    return None
