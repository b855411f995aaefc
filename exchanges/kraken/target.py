"""What a request to Kraken asks for: its method, the markets it names, and its arguments, all of them checked.

/0/public/Ticker?pair=XBTUSD,ETHUSD      no pair: all of them
/0/public/Depth?pair=XBTUSD&count=100    1 to 500
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from exchanges.errors import safe
from exchanges.exchange import Instrument
from exchanges.instruments import Listing
from exchanges.kraken.errors import PUBLIC
from exchanges.target import Query, path_and_query
from exchanges.wire import Request

MOST_LEVELS: Final = 500
MOST_TRADES: Final = 1000
MOST_SPREADS: Final = 200
MOST_CANDLES: Final = 720
INTERVALS_MIN: Final = frozenset({1, 5, 15, 30, 60, 240, 1440, 10_080, 21_600})
PRICED: Final = frozenset({"Ticker", "Depth", "Trades", "Spread", "OHLC"})

EXAMPLES: Final = (
    ("the latest trades", PUBLIC + "Trades?pair=XBTUSD&count=5"),
    ("candles", PUBLIC + "OHLC?pair=XBTUSD&interval=1"),
    ("the latest spreads", PUBLIC + "Spread?pair=XBTUSD"),
    ("what is listed", PUBLIC + "AssetPairs"),
    ("currencies", PUBLIC + "Assets"),
    ("the exchange's time", PUBLIC + "Time"),
    ("whether it is in maintenance", PUBLIC + "SystemStatus"),
)
"""What the client half does not ask for itself, for people to try."""

# How many levels, trades, spreads or candles a method gives where none is said, and at most.
_COUNTS: Final = {
    "Depth": (100, MOST_LEVELS),
    "Trades": (MOST_TRADES, MOST_TRADES),
    "Spread": (MOST_SPREADS, MOST_SPREADS),
    "OHLC": (MOST_CANDLES, MOST_CANDLES),
}
_METHODS: Final = PRICED | {"Time", "SystemStatus", "Assets", "AssetPairs"}
_INFO: Final = frozenset({"info", "leverage", "fees", "margin"})


@dataclass(frozen=True, slots=True)
class Asked:
    """``instruments`` are the markets that it is about, in the order of the answer; ``named`` are the assets."""

    method: str
    instruments: tuple[Instrument, ...] = ()
    named: tuple[str, ...] = ()
    count: int = 0
    since: int = 0
    interval_min: int = 1
    info: str = "info"


def method_in(request: Request) -> str | None:
    """The public method at the request's path; None where there is none."""
    path = unquote(request.target.partition("?")[0])
    method = path.removeprefix(PUBLIC)
    return method if path != method and method in _METHODS else None


def asked_in(request: Request, listing: Listing) -> Asked:
    """Read a request.

    Raises:
        UnknownPair: it names a market that is not listed.
        LookupError: there is no such method, or its arguments break its rules.
    """
    method = method_in(request)
    if method is None:
        raise LookupError(f"{safe(request.target)} is not a public method of Kraken")
    _, query = path_and_query(request.target)
    if method in ("Time", "SystemStatus"):
        return Asked(method)
    if method == "Assets":
        return Asked(method, listing.instruments, _names(query, "asset"))
    names = _names(query, "pair")
    markets = tuple(dict.fromkeys(map(listing.named, names))) if names else listing.instruments
    if method == "Ticker":
        return Asked(method, markets)
    if method == "AssetPairs":
        info = query.get("info") or "info"
        if info not in _INFO:
            raise LookupError("expected info to be info, leverage, fees or margin")
        return Asked(method, markets, info=info)
    if len(names) != 1:
        raise LookupError(f"expected one pair, found {len(names)}")
    usual, most = _COUNTS[method]
    count = _whole(query, "count", usual) if method in ("Depth", "Trades") else usual
    interval = _whole(query, "interval", 1)
    if count < 1 or interval not in INTERVALS_MIN:
        raise LookupError("expected a count of 1 or more, and an interval that is offered")
    return Asked(method, markets, (), min(count, most), _whole(query, "since", 0), interval)


def _names(query: Query, field: str) -> tuple[str, ...]:
    text = query.get(field, "")
    return tuple(name.strip() for name in text.split(",")) if text else ()


def _whole(query: Query, field: str, usual: int) -> int:
    text = query.get(field, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise LookupError(f"expected {field} as a whole number")
    return int(text)
