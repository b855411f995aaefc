"""What Binance's requests weigh, and how its answers tell what was spent.

    X-MBX-USED-WEIGHT: 42
    X-MBX-USED-WEIGHT-1M: 42

6,000 a minute for one address, all back at the full minute; whoever goes on after HTTP 429 is banned (HTTP 418) from
two minutes up to three days. The system status belongs to another API, ``sapi``, with a budget of its own, and so do
the futures' APIs.
https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
"""

from __future__ import annotations

from typing import Final

from exchanges.binance.endpoints import DAY, DEPTH, INSTRUMENTS, SYSTEM, TIME
from exchanges.binance.query import Asked, Complaint
from exchanges.errors import UnknownPair
from exchanges.limit import Charge, RateLimit

# The real number is not published.
_PATIENCE: Final = 5
WEIGHT: Final = RateLimit(6000, 60.0, window=True, patience=_PATIENCE, ban_s=120.0)
SAPI_WEIGHT: Final = RateLimit(12_000, 60.0, window=True, patience=_PATIENCE, ban_s=120.0)
FUTURES_WEIGHT: Final = RateLimit(2400, 60.0, window=True, patience=_PATIENCE, ban_s=120.0)

EVERY_DAY_TICKER: Final = 80
LIST: Final = 20
REFUSED: Final = Charge("api", 1, WEIGHT)
SAPI_REFUSED: Final = Charge("sapi", 1, SAPI_WEIGHT)

_FIXED: Final = {
    "/api/v3/ping": 1, TIME: 1, INSTRUMENTS: LIST, "/api/v3/avgPrice": 2, "/api/v3/trades": 25,
    "/api/v3/historicalTrades": 25, "/api/v3/aggTrades": 4, "/api/v3/klines": 2, "/api/v3/uiKlines": 2,
}  # fmt: skip
_HEADERS: Final = {
    "api": ("x-mbx-used-weight", "x-mbx-used-weight-1m"),
    "sapi": ("x-sapi-used-ip-weight-1m",),
    "fapi": ("x-mbx-used-weight-1m",),
    "dapi": ("x-mbx-used-weight-1m",),
}


def depth_weight(levels: int) -> int:
    return 5 if levels <= 100 else 25 if levels <= 500 else 50 if levels <= 1000 else 250


def day_weight(symbols: int) -> int:
    """Of ``ticker/24hr`` with so many symbols in a list; all of them weigh as much as the longest list."""
    return 2 if symbols <= 20 else 40 if symbols <= 100 else 80


def charge_of(found: Asked | LookupError | UnknownPair, target: str) -> Charge | None:
    """What a request costs, by what was understood of it. One that is refused by the API is counted all the same; one
    that the router refuses is not."""
    if not isinstance(found, Asked):
        if isinstance(found, UnknownPair) or (isinstance(found, Complaint) and found.status != 405):
            return SAPI_REFUSED if target.startswith("/sapi/") else REFUSED
        return None
    if found.path == SYSTEM:
        return Charge("sapi", 1, SAPI_WEIGHT)
    if found.path.startswith(("/fapi/", "/dapi/")):
        return Charge(found.path[1:5], 1, FUTURES_WEIGHT)
    return Charge("api", _weight_of(found), WEIGHT)


def _weight_of(asked: Asked) -> int:
    if asked.path in _FIXED:
        return _FIXED[asked.path]
    if asked.path == DEPTH:
        return depth_weight(asked.limit)
    if asked.path == DAY:
        return EVERY_DAY_TICKER if asked.every else day_weight(len(asked.pairs))
    if asked.path in ("/api/v3/ticker/tradingDay", "/api/v3/ticker"):
        return min(200, 4 * len(asked.pairs))
    return 2 if asked.single else 4


def usage_headers(charge: Charge, used: int) -> dict[str, str]:
    return dict.fromkeys(_HEADERS[charge.bucket], str(used))
