"""What a request asks of Binance: which endpoint, about which symbols, with which options; or what is wrong with it.

The rules are those of the documentation: fields that are mandatory, fields that exclude each other, ranges, and the
error code for each breach. A field that no public endpoint has is ignored; one that another endpoint
has is refused (-1104).
https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import unquote

from exchanges.binance.access import KEY_HEADER, PUBLIC_METHODS, is_signed, refused
from exchanges.binance.endpoints import DAY, DEPTH, FIELDS, INSTRUMENTS, endpoint_of
from exchanges.binance.instruments import status_of
from exchanges.binance.periods import DAY_MS, INTERVALS_MS, Periods, periods_of, window_ms_from, zone_ms_from
from exchanges.errors import UnknownPair, safe
from exchanges.instruments import Listing
from exchanges.pair import Pair
from exchanges.target import Query, path_and_query

Headers: TypeAlias = tuple[tuple[str, str], ...]

DAYS: Final = periods_of("1d")
_EVERY_FIELD: Final = frozenset().union(*FIELDS.values())
_PAIRLESS: Final = frozenset(path for path, fields in FIELDS.items() if not fields)
_MANY: Final = frozenset(path for path, fields in FIELDS.items() if "symbols" in fields)
_ALL_BY_DEFAULT: Final = frozenset({INSTRUMENTS, DAY, "/api/v3/ticker/bookTicker", "/api/v3/ticker/price"})

_SYMBOL: Final = r"[A-Z0-9-_.]{1,20}"
_LEGAL: Final = {
    "symbol": rf"^{_SYMBOL}$",
    "symbols": rf'^\[("{_SYMBOL}"(,"{_SYMBOL}"){{0,}}){{0,1}}\]$',
    "limit": r"^[0-9]{1,20}$",
    "fromId": r"^[0-9]{1,20}$",
    "startTime": r"^[0-9]{1,20}$",
    "endTime": r"^[0-9]{1,20}$",
}
_MOST_FIELDS: Final = 100
_USUAL_AND_MOST: Final = {DEPTH: (100, 5000)}  # of entries; all others 500 and 1000
UNIT_HEADER: Final = "x-mbx-time-unit"
_UNITS_A_MS: Final = {"MILLISECOND": 1, "millisecond": 1, "MICROSECOND": 1000, "microsecond": 1000}
# Times may be sent in either unit; as milliseconds, this one is in the year 5138.
_LEAST_US: Final = 10**14
_STATUSES: Final = frozenset({"TRADING", "HALT", "BREAK", "END_OF_DAY"})
_PERMISSIONS: Final = frozenset({"SPOT", "MARGIN"})


class Complaint(LookupError):
    """What Binance answers with a code. ``symbol`` is the text that is no symbol, where that is why."""

    def __init__(self, code: int, text: str, symbol: str | None = None, status: int = 400) -> None:
        super().__init__(code, text, symbol, status)
        self.code, self.text, self.symbol, self.status = code, text, symbol, status

    def __str__(self) -> str:
        return f"code {self.code}: {self.text}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, understood. ``single`` tells that the answer is an object and no list, ``every`` that no symbol
    was named; ``limit`` is how many levels, trades or candles, 0 where nothing is priced; ``periods`` are the candles,
    or the days of a trading day; ``window_ms`` is the length of a window; ``first`` is the trade to begin with; times
    are in milliseconds since 1970, and an answer's are in units of which ``units`` make a millisecond."""

    path: str
    pairs: tuple[Pair, ...] = ()
    single: bool = False
    every: bool = False
    limit: int = 0
    mini: bool = False
    periods: Periods = DAYS
    window_ms: int = DAY_MS
    first: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    units: int = 1


def understood(
    target: str, method: str = "GET", headers: Headers = (), *, listing: Listing
) -> Asked | LookupError | UnknownPair:
    """What ``asked_in`` returns or raises, as a value."""
    try:
        return asked_in(target, listing, method, dict(headers))
    except (LookupError, UnknownPair) as error:
        return error.with_traceback(None)


def asked_in(target: str, listing: Listing, method: str, headers: Mapping[str, str]) -> Asked:
    """Read a request by the documented rules; the headers' names are in lower case.

    Raises:
        UnknownPair: a symbol that is not listed.
        Complaint: the request breaks a rule; its code says which.
        LookupError: there is no such endpoint.
    """
    path = endpoint_of(target)
    if path is None:
        if is_signed(unquote(target.partition("?")[0])):
            status, code, text = refused(headers.get(KEY_HEADER), _query_of(target))
            raise Complaint(code, text, status=status)
        raise LookupError(f"{safe(target)} is no public endpoint of Binance that is served here")
    if method not in PUBLIC_METHODS:
        # What the real server says is not documented; this code of its list fits best.
        raise Complaint(-1020, "This operation is not supported.", status=405)
    query = _query_of(target)
    units = _UNITS_A_MS.get(headers.get(UNIT_HEADER, "MILLISECOND"))
    if units is None:
        raise Complaint(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    _check_fields(path, query)
    if path in _PAIRLESS:
        return Asked(path, units=units)
    pairs = _pairs_in(path, query, listing)
    usual, most = _USUAL_AND_MOST.get(path, (500, 1000))
    limit = min(int(query["limit"]), most) if "limit" in query else usual
    if limit < 1:
        raise Complaint(-1130, "Data sent for parameter 'limit' is not valid.")
    if "interval" in FIELDS[path] and query.get("interval") not in INTERVALS_MS:
        raise _missing("interval") if "interval" not in query else Complaint(-1120, "Invalid interval.")
    kind = query.get("type", "FULL")
    if kind not in ("FULL", "MINI"):
        raise Complaint(-1139, "Invalid ticker type.")
    zone_ms, window_ms = zone_ms_from(query.get("timeZone", "0")), window_ms_from(query.get("windowSize", "1d"))
    if zone_ms is None or window_ms is None:
        raise Complaint(
            -1130, f"Data sent for parameter '{'timeZone' if zone_ms is None else 'windowSize'}' is not valid."
        )
    every = not query.keys() & {"symbol", "symbols"}
    return Asked(
        path,
        pairs,
        "symbol" in query,
        every,
        0 if path == INSTRUMENTS else limit,
        kind == "MINI",
        periods_of(query.get("interval", "1d"), zone_ms),
        window_ms,
        int(query["fromId"]) if "fromId" in query else None,
        _time_ms(query, "startTime"),
        _time_ms(query, "endTime"),
        units,
    )


def _query_of(target: str) -> Query:
    try:
        return path_and_query(target)[1]
    except LookupError:
        if target.count("&") >= _MOST_FIELDS:
            raise Complaint(-1101, "Too many parameters sent for this endpoint.") from None
        raise Complaint(-1101, "Duplicate values for a parameter detected.") from None


def _time_ms(query: Query, name: str) -> int | None:
    if name not in query:
        return None
    time = int(query[name])
    return time if time < _LEAST_US else time // 1000


def _check_fields(path: str, query: Query) -> None:
    if "symbol" in query and "symbols" in query and path in _MANY:
        raise Complaint(-1128, "Combination of optional parameters invalid.")
    for name in query.keys() & _LEGAL.keys() & FIELDS[path]:
        about = query[name][:80] if name.startswith("symbol") else None
        if query[name] in ("", "[]"):
            raise Complaint(-1105, f"Parameter '{name}' was empty.", about)
        if not re.fullmatch(_LEGAL[name], query[name]):
            text = f"Illegal characters found in parameter '{name}'; legal range is '{_LEGAL[name]}'."
            raise Complaint(-1100, text, about)
    read, sent = query.keys() & FIELDS[path], query.keys() & _EVERY_FIELD
    if len(read) < len(sent):
        raise Complaint(
            -1104,
            f"Not all sent parameters were read; read '{len(read)}' parameter(s) but was sent '{len(sent)}'.",
        )


def _pairs_in(path: str, query: Query, listing: Listing) -> tuple[Pair, ...]:
    chosen = _chosen(path, query, listing)
    status = query.get("symbolStatus")
    if status is not None and status not in _STATUSES:
        raise Complaint(-1122, "Invalid symbolStatus.")
    if path == INSTRUMENTS:
        if chosen is not None and query.keys() & {"permissions", "symbolStatus"}:
            raise Complaint(-1128, "Combination of optional parameters invalid.")
        if _PERMISSIONS.isdisjoint(re.findall(r"[A-Z0-9_]+", query.get("permissions", "SPOT"))):
            return ()
    asked = listing.pairs if chosen is None else chosen
    if status is None:
        return asked
    # Of one symbol another status is an error; of several, those that have another are left out.
    found = tuple(pair for pair in asked if status_of(listing.of(pair)) == status)
    if "symbol" in query and not found:
        raise Complaint(-1220, "The symbol's status does not match the requested symbolStatus.")
    return found


def _chosen(path: str, query: Query, listing: Listing) -> tuple[Pair, ...] | None:
    """The pairs that are named; None for all."""
    if "symbol" in query:
        return (listing.named(query["symbol"]).pair,)
    if "symbols" in query and path in _MANY:
        names = json.loads(query["symbols"])
        if len(set(names)) != len(names):
            raise Complaint(-1151, "Symbol is present multiple times in the list.")
        return tuple(listing.named(name).pair for name in names)
    if path not in _ALL_BY_DEFAULT:
        raise _missing("symbol")
    return None


def _missing(name: str) -> Complaint:
    return Complaint(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
