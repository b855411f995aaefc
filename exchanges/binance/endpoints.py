"""Binance's public endpoints: which are served, and which fields each of them reads."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

DEPTH: Final = "/api/v3/depth"
INSTRUMENTS: Final = "/api/v3/exchangeInfo"
TIME: Final = "/api/v3/time"
SYSTEM: Final = "/sapi/v1/system/status"
DAY: Final = "/api/v3/ticker/24hr"

_TICKER_FIELDS: Final = frozenset({"symbol", "symbols", "symbolStatus"})
_TRADE_FIELDS: Final = frozenset({"symbol", "limit", "fromId"})
_CANDLE_FIELDS: Final = frozenset({"symbol", "interval", "startTime", "endTime", "timeZone", "limit"})
FIELDS: Final = {
    "/api/v3/ping": frozenset[str](),
    TIME: frozenset[str](),
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
    ("the exchange's time", TIME),
    ("whether it is in maintenance", SYSTEM),
)
"""What the client half does not ask for itself, for people to try."""


def endpoint_of(target: str) -> str | None:
    """The path of a target, where Binance serves it."""
    path = unquote(target.partition("?")[0])
    return path if path in FIELDS else None
