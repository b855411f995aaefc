"""What a request asks of Binance: which endpoint, about which symbols, with which options; or what is wrong with it.

The rules are those of the documentation: fields that are mandatory, fields that exclude each other, ranges, and the
error code for each breach. A field that no public endpoint has is ignored; one that another endpoint
has is refused (-1104).
https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from exchanges.errors import UnknownPair, safe
from exchanges.instruments import Listing
from exchanges.pair import Pair
from exchanges.target import Query, path_and_query

DEPTH: Final = "/api/v3/depth"
INSTRUMENTS: Final = "/api/v3/exchangeInfo"
SYSTEM: Final = "/sapi/v1/system/status"
DAY: Final = "/api/v3/ticker/24hr"

_TICKER_FIELDS: Final = frozenset({"symbol", "symbols", "symbolStatus"})
_TRADE_FIELDS: Final = frozenset({"symbol", "limit", "fromId"})
_CANDLE_FIELDS: Final = frozenset({"symbol", "interval", "startTime", "endTime", "timeZone", "limit"})
FIELDS: Final = {
    "/api/v3/ping": frozenset[str](),
    "/api/v3/time": frozenset[str](),
    INSTRUMENTS: frozenset({"symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"}),
    DEPTH: frozenset({"symbol", "limit", "symbolStatus"}),
    DAY: _TICKER_FIELDS | {"type"},
    "/api/v3/ticker/bookTicker": _TICKER_FIELDS,
    "/api/v3/ticker/price": _TICKER_FIELDS,
    "/api/v3/ticker/tradingDay": _TICKER_FIELDS | {"type", "timeZone"},
    "/api/v3/ticker": _TICKER_FIELDS | {"type", "windowSize"},
    "/api/v3/avgPrice": frozenset({"symbol"}),
    "/api/v3/trades": _TRADE_FIELDS - {"fromId"},
    "/api/v3/historicalTrades": _TRADE_FIELDS,
    "/api/v3/aggTrades": _TRADE_FIELDS | {"startTime", "endTime"},
    "/api/v3/klines": _CANDLE_FIELDS,
    "/api/v3/uiKlines": _CANDLE_FIELDS,
    SYSTEM: frozenset[str](),
    "/fapi/v1/ping": frozenset[str](),
    "/fapi/v1/time": frozenset[str](),
    "/fapi/v1/exchangeInfo": frozenset[str](),
    "/dapi/v1/ping": frozenset[str](),
    "/dapi/v1/time": frozenset[str](),
    "/dapi/v1/exchangeInfo": frozenset[str](),
}
"""Every public endpoint that is served, with the fields that it reads. Those of futures (fapi, dapi) are there because
clients ask them for their markets as well; no futures are listed."""

EXAMPLES: Final = (
    ("best bid and ask, without the last price", "/api/v3/ticker/bookTicker?symbol=BTCUSDT"),
    ("the last price alone", "/api/v3/ticker/price?symbol=BTCUSDT"),
    ("the latest trades", "/api/v3/trades?symbol=BTCUSDT&limit=5"),
    ("candles", "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5"),
    ("what is listed, and the limits", INSTRUMENTS),
    ("the exchange's time", "/api/v3/time"),
    ("whether it is in maintenance", SYSTEM),
)
"""What the client half does not ask for itself, for people to try."""

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
INTERVALS_S: Final = {
    "1s": 1, "1m": 60, "3m": 180, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "2h": 7200, "4h": 14_400,
    "6h": 21_600, "8h": 28_800, "12h": 43_200, "1d": 86_400, "3d": 259_200, "1w": 604_800, "1M": 2_592_000,
}  # fmt: skip
_STATUSES: Final = frozenset({"TRADING", "HALT", "BREAK", "END_OF_DAY"})
_PERMISSIONS: Final = frozenset({"SPOT", "MARGIN"})


class Complaint(LookupError):
    """What Binance answers with HTTP 400 and a code. ``symbol`` is the text that is no symbol, where that is why."""

    def __init__(self, code: int, text: str, symbol: str | None = None) -> None:
        super().__init__(code, text)
        self.code, self.text, self.symbol = code, text, symbol

    def __str__(self) -> str:
        return f"code {self.code}: {self.text}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, understood. ``single`` tells that the answer is an object and no list, ``every`` that no symbol
    was named; ``limit`` is how many levels, trades or candles, 0 where nothing is priced; ``interval_s`` is of a
    candle, in seconds; ``first`` is the trade to begin with; times are in milliseconds since 1970."""

    path: str
    pairs: tuple[Pair, ...] = ()
    single: bool = False
    every: bool = False
    limit: int = 0
    mini: bool = False
    interval_s: int = 0
    first: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None


def endpoint_of(target: str) -> str | None:
    """The path of a target, where Binance serves it."""
    path = unquote(target.partition("?")[0])
    return path if path in FIELDS else None


def understood(target: str, listing: Listing) -> Asked | LookupError | UnknownPair:
    """What ``asked_in`` returns or raises, as a value."""
    try:
        return asked_in(target, listing)
    except (LookupError, UnknownPair) as error:
        return error.with_traceback(None)


def asked_in(target: str, listing: Listing) -> Asked:
    """Read a target by the documented rules.

    Raises:
        UnknownPair: a symbol that is not listed.
        Complaint: the request breaks a rule; its code says which.
        LookupError: there is no such endpoint.
    """
    path = endpoint_of(target)
    if path is None:
        raise LookupError(f"{safe(target)} is no public endpoint of Binance that is served here")
    try:
        _, query = path_and_query(target)
    except LookupError:
        if target.count("&") >= _MOST_FIELDS:
            raise Complaint(-1101, "Too many parameters sent for this endpoint.") from None
        raise Complaint(-1101, "Duplicate values for a parameter detected.") from None
    _check_fields(path, query)
    if path in _PAIRLESS:
        return Asked(path)
    pairs = _pairs_in(path, query, listing)
    usual, most = _USUAL_AND_MOST.get(path, (500, 1000))
    limit = min(int(query["limit"]), most) if "limit" in query else usual
    if limit < 1:
        raise Complaint(-1130, "Data sent for parameter 'limit' is not valid.")
    if "interval" in FIELDS[path] and query.get("interval") not in INTERVALS_S:
        raise _missing("interval") if "interval" not in query else Complaint(-1120, "Invalid interval.")
    kind = query.get("type", "FULL")
    if kind not in ("FULL", "MINI"):
        raise Complaint(-1139, "Invalid ticker type.")
    interval_s = INTERVALS_S[query["interval"]] if "interval" in query else 0
    every = not query.keys() & {"symbol", "symbols"}
    numbers = {name: int(query[name]) if name in query else None for name in ("fromId", "startTime", "endTime")}
    return Asked(
        path,
        pairs,
        "symbol" in query,
        every,
        0 if path == INSTRUMENTS else limit,
        kind == "MINI",
        interval_s,
        *numbers.values(),
    )


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
    status = query.get("symbolStatus", "TRADING")
    if status not in _STATUSES:
        raise Complaint(-1122, "Invalid symbolStatus.")
    if path == INSTRUMENTS:
        if chosen is not None and query.keys() & {"permissions", "symbolStatus"}:
            raise Complaint(-1128, "Combination of optional parameters invalid.")
        if _PERMISSIONS.isdisjoint(re.findall(r"[A-Z0-9_]+", query.get("permissions", "SPOT"))):
            return ()
    if status != "TRADING":  # every market here is trading
        if chosen is None:
            return ()
        raise Complaint(-1220, "The symbol's status does not match the requested symbolStatus.")
    return listing.pairs if chosen is None else chosen


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
