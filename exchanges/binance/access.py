"""Who may ask for what: the methods that an endpoint takes, and what is refused to a caller without a valid key.

    GET /api/v3/account                                     HTTP 401 {"code": -2014, "msg": "API-key format invalid."}

No account exists here, so a signed request is always refused; in the words that tell its caller what it lacks.
https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
"""

from __future__ import annotations

import re
from typing import Final

from exchanges.target import Query

KEY_HEADER: Final = "x-mbx-apikey"
PUBLIC_METHODS: Final = ("GET",)

_KEY: Final = re.compile(r"[A-Za-z0-9]{64}")
_SIGNED: Final = re.compile(
    r"/api/v3/(account(/commission)?|order(/test|/cancelReplace|/amend/keepPriority|List|List/o(co|to|toco))?|"
    r"openOrders|allOrders|openOrderList|allOrderList|myTrades|myPreventedMatches|myAllocations|rateLimit/order|"
    r"sor/order(/test)?|userDataStream|order/oco)|/sapi/v[1-9]/[A-Za-z0-9/_-]+"
)


def is_signed(path: str) -> bool:
    """Whether a path that is not public belongs to somebody's account."""
    return _SIGNED.fullmatch(path) is not None


def refused(key: str | None, query: Query) -> tuple[int, int, str]:
    """HTTP status, code and text for a signed request with this key."""
    if key is None or not _KEY.fullmatch(key):
        return 401, -2014, "API-key format invalid."
    for name in ("timestamp", "signature"):
        if not query.get(name):
            return 400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return 401, -2015, "Invalid API-key, IP, or permissions for action."
