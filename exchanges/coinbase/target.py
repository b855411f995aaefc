"""What a request to Coinbase asks for: its endpoint, the products it names, and its fields, all of them checked.

The gateway in front of the real server reads fields as protocol buffers do: unknown ones are ignored, a missing number
is 0, and a number that is none, or a field given twice that is not a list, is a bad argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import unquote

from exchanges.coinbase.errors import BOOK, MARKET, TIME, V2
from exchanges.coinbase.history import GRANULARITIES, MOST_CANDLES
from exchanges.errors import safe
from exchanges.exchange import Instrument
from exchanges.instruments import Listing
from exchanges.reading import Unreadable, decimal
from exchanges.target import Fields, path_and_fields
from exchanges.wire import Request

PRODUCTS: Final = MARKET + "products"
PRICED: Final = frozenset({"book", "ticker", "candles", "product", "products", "spot", "buy", "sell"})

_FIXED: Final = {
    BOOK: "book",
    PRODUCTS: "products",
    TIME: "time",
    V2 + "time": "older time",
    V2 + "currencies": "fiat",
    V2 + "currencies/crypto": "crypto",
    V2 + "exchange-rates": "rates",
}
EXAMPLES: Final = (
    ("the best level of the book, with sizes", BOOK + "?product_id=BTC-USD&limit=1"),
    ("candles", PRODUCTS + "/BTC-USD/candles?start=1767225000&end=1767225600&granularity=ONE_MINUTE"),
    ("one product", PRODUCTS + "/BTC-USD"),
    ("what is listed", PRODUCTS),
    ("the exchange's time", TIME),
    ("the spot price of the older API", V2 + "prices/BTC-USD/spot"),
)
"""What the client half does not ask for itself, for people to try."""

_OF_A_PRODUCT: Final = re.compile(rf"{PRODUCTS}/([^/]+)(?:/(ticker|candles))?")
_PRICE: Final = re.compile(rf"{V2}prices/([^/]+)/(spot|buy|sell)")
_PRODUCT_TYPES: Final = frozenset({"", "SPOT", "UNKNOWN_PRODUCT_TYPE"})
_OTHER_TYPES: Final = frozenset({"FUTURE"})


@dataclass(frozen=True, slots=True)
class Asked:
    """``instruments`` are the products that it is about, in the order of the answer."""

    endpoint: str
    instruments: tuple[Instrument, ...] = ()
    limit: int = 0
    start_s: int | None = None
    end_s: int | None = None
    width_s: int = 0
    grain: Decimal | None = None
    currency: str = ""


def endpoint_in(request: Request) -> tuple[str, str] | None:
    """The endpoint at the request's path and the product that the path names; None where there is no endpoint."""
    path = unquote(request.target.partition("?")[0])
    if path in _FIXED:
        return _FIXED[path], ""
    found = _OF_A_PRODUCT.fullmatch(path) or _PRICE.fullmatch(path)
    return (found[2] or "product", found[1]) if found else None


def asked_in(request: Request, listing: Listing) -> Asked:
    """Read a request.

    Raises:
        UnknownPair: it names a product that is not listed.
        LookupError: there is no such endpoint, or the query breaks its rules.
    """
    found = endpoint_in(request)
    if found is None:
        raise LookupError(f"{safe(request.target)} is not a public endpoint of Coinbase")
    endpoint, product = found
    _, fields = path_and_fields(request.target)
    if endpoint == "products":
        return Asked(endpoint, _products(fields, listing))
    if endpoint == "rates":
        return Asked(endpoint, listing.instruments, currency=_text(fields, "currency") or "USD")
    if endpoint == "crypto":
        return Asked(endpoint, listing.instruments)
    if not product and endpoint != "book":
        return Asked(endpoint)
    instruments = (listing.named(product or _text(fields, "product_id")),)
    limit, start_s, end_s = _whole(fields, "limit") or 0, _whole(fields, "start"), _whole(fields, "end")
    if endpoint == "book":
        return Asked(endpoint, instruments, limit, grain=_grain(fields))
    if endpoint == "candles":
        width_s = GRANULARITIES.get(_text(fields, "granularity"))
        if width_s is None or start_s is None or end_s is None or end_s < start_s:
            raise LookupError("expected start, end and granularity of candles")
        if end_s - start_s > MOST_CANDLES * width_s:
            raise LookupError(f"expected a time of at most {MOST_CANDLES} candles")
        return Asked(endpoint, instruments, min(limit or MOST_CANDLES, MOST_CANDLES), start_s, end_s, width_s)
    return Asked(endpoint, instruments, limit, start_s, end_s)


def _products(fields: Fields, listing: Listing) -> tuple[Instrument, ...]:
    product_type = _text(fields, "product_type")
    if product_type not in _PRODUCT_TYPES | _OTHER_TYPES:
        raise LookupError("expected a product_type such as SPOT or FUTURE")
    limit, offset = _whole(fields, "limit") or 0, _whole(fields, "offset") or 0
    if product_type in _OTHER_TYPES:
        return ()
    wanted = set(fields.get("product_ids", ()))
    found = [one for one in listing.instruments if not wanted or one.symbol in wanted]
    return tuple(found[offset : offset + limit if limit else None])


def _grain(fields: Fields) -> Decimal | None:
    text = _text(fields, "aggregation_price_increment")
    try:
        return decimal(text, "aggregation_price_increment") or None if text else None
    except Unreadable as error:
        raise LookupError(error.reason) from None


def _text(fields: Fields, name: str) -> str:
    values = fields.get(name, ("",))
    if len(values) > 1:
        raise LookupError(f"the query names {name} twice")
    return values[0]


def _whole(fields: Fields, name: str) -> int | None:
    text = _text(fields, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise LookupError(f"expected {name} as a whole number")
    return int(text)
