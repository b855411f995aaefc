"""Coinbase (Advanced Trade, the public market endpoints): both halves.

    GET /api/v3/brokerage/market/products/BTC-USD/ticker?limit=1
    {"trades": [{"trade_id": "518078013", "product_id": "BTC-USD", "price": "28208.1", "size": "0.00659179",
                 "time": "2023-04-04T23:05:34.492746Z", "side": "BUY", "bid": "", "ask": ""}],
     "best_bid": "28208.61", "best_ask": "28208.62"}

A ticker has no sizes; ``product_book?product_id=BTC-USD&limit=1`` has them, and is read and served as well.
There is no unsigned request for many pairs with bid and ask, so a batch is one request each. An unknown
product is HTTP 404 ``{"error": "NOT_FOUND", ...}``, or 400 ``INVALID_ARGUMENT`` from the book. Coinbase has
no form of its own for a ban: ``banned`` is written as ``blocked`` (HTTP 403).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import ceil
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import Listing, instruments_from
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import (
    Unreadable,
    bid_and_ask,
    items,
    last_price,
    member,
    optional_decimal,
    quotes_in,
    time_text_for,
    time_us_from,
)
from exchanges.target import path_and_query
from exchanges.wire import Request, Response

_INSTRUMENTS: Final = instruments_from("""
    BTC/USD    BTC-USD    0.01      0.00000001
    ETH/USD    ETH-USD    0.01      0.00000001
    SOL/USD    SOL-USD    0.01      0.00000001
    BTC/USDT   BTC-USDT   0.01      0.00000001
    ETH/USDT   ETH-USDT   0.01      0.00000001
    SOL/USDT   SOL-USDT   0.01      0.00000001
    XRP/USD    XRP-USD    0.0001    0.000001
    DOGE/USD   DOGE-USD   0.00001   0.1
    ADA/USD    ADA-USD    0.0001    0.00000001
    LTC/USD    LTC-USD    0.01      0.00000001
    LINK/USD   LINK-USD   0.001     0.01
    DOT/USD    DOT-USD    0.001     0.00000001
    AVAX/USD   AVAX-USD   0.01      0.00000001
    BCH/USD    BCH-USD    0.01      0.00000001
    XRP/USDT   XRP-USDT   0.0001    0.000001
    DOGE/USDT  DOGE-USDT  0.00001   0.1
    XLM/USD    XLM-USD    0.000001  1
    UNI/USD    UNI-USD    0.001     0.000001
    ATOM/USD   ATOM-USD   0.001     0.01
    ETC/USD    ETC-USD    0.01      0.00000001
    AAVE/USD   AAVE-USD   0.01      0.001
""")

_MARKET: Final = "/api/v3/brokerage/market/"
_PRODUCTS: Final = _MARKET + "products/"
_BOOK: Final = _MARKET + "product_book"
_TICKER: Final = "/ticker"
_MOST_TRADES: Final = 100
_HEADERS: Final = {"content-type": "application/json"}

_KIND_OF_ERROR: Final = {
    "NOT_FOUND": "unknown_symbol", "INVALID_ARGUMENT": "unknown_symbol", "RESOURCE_EXHAUSTED": "rate_limited",
    "PERMISSION_DENIED": "blocked", "UNAUTHENTICATED": "blocked", "UNAVAILABLE": "server", "INTERNAL": "server",
}  # fmt: skip
_REFUSALS: Final = {
    "unknown_symbol": (404, "NOT_FOUND", "valid product_id is required"),
    "rate_limited": (429, "RESOURCE_EXHAUSTED", "too many requests"),
    "banned": (403, "PERMISSION_DENIED", "access denied"),
    "blocked": (403, "PERMISSION_DENIED", "access denied"),
    "server": (503, "UNAVAILABLE", "service unavailable"),
}


@dataclass(frozen=True, eq=False)
class Coinbase:
    """The public market API. ``Coinbase(instruments=...)`` serves markets that are not in the table."""

    name: str = "coinbase"
    title: str = "Coinbase"
    origin: str = "https://api.coinbase.com"
    docs: str = "https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api"
    taker_fee: Decimal = Decimal("0.012")
    carries: frozenset[str] = frozenset({"last", "time_us"})
    instruments: tuple[Instrument, ...] = _INSTRUMENTS

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.name, self.instruments)

    # client half

    def request_for(self, pair: Pair) -> Request:
        symbol = percent_encoded(self._listing.of(pair).symbol, safe="")
        return Request(self.name, self.origin, f"{_PRODUCTS}{symbol}{_TICKER}?limit=1", (pair,))

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        return [self.request_for(pair) for pair in dict.fromkeys(pairs)]

    def quote_from(self, pair: Pair, response: Response) -> Quote | Rejected:
        read = self.quotes_from((pair,), response)
        return read if isinstance(read, Rejected) else read[0]

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        return quotes_in(response, self.name, pairs, self._refusal_in, self._quotes_of)

    def _refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        if type(reply) is not dict or not ("error" in reply or "errors" in reply):
            return None
        error = str(reply.get("error") or reply.get("errors"))
        said = f"{safe(error, 40)!r}, {safe(str(reply.get('message')))!r}"
        kind = _KIND_OF_ERROR.get(error)
        if kind is None:
            raise Unreadable("schema", f"HTTP {response.status} refused with {said}, which this adapter does not know")
        return Rejected(kind, f"{self.name} answered HTTP {response.status} with {said}")

    def _quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        if len(pairs) != 1:
            raise Unreadable(
                "schema", f"expected an answer to be read for one product, found {len(pairs)} wanted of it"
            )
        read = self._from_book if type(reply) is dict and "pricebook" in reply else self._from_ticker
        return (read(pairs[0], reply),)

    def _from_ticker(self, pair: Pair, reply: Any) -> Quote:
        bid, ask = bid_and_ask(member(reply, "best_bid"), member(reply, "best_ask"))
        trades = items(member(reply, "trades"), "trades")
        if not trades:  # a new market: nobody has traded yet, and no field names the product
            return Quote(self.name, pair, bid, ask)
        trade = trades[0]
        self._same_product(pair, member(trade, "product_id"))
        last = last_price(member(trade, "price"), "the trade's price")
        return Quote(self.name, pair, bid, ask, last, time_us=time_us_from(member(trade, "time"), "the trade's time"))

    def _from_book(self, pair: Pair, reply: Any) -> Quote:
        book = member(reply, "pricebook")
        self._same_product(pair, member(book, "product_id"))
        bids, asks = items(member(book, "bids"), "bids"), items(member(book, "asks"), "asks")
        if not bids or not asks:
            raise Unreadable("bad_value", f"expected both sides of the book, found {len(bids)} bids, {len(asks)} asks")
        bid, ask = bid_and_ask(member(bids[0], "price"), member(asks[0], "price"))
        return Quote(
            self.name,
            pair,
            bid,
            ask,
            last_price(reply.get("last"), "last"),
            optional_decimal(bids[0].get("size"), "the bid's size"),
            optional_decimal(asks[0].get("size"), "the ask's size"),
            time_us_from(member(book, "time"), "the book's time"),
        )

    def _same_product(self, pair: Pair, found: object) -> None:
        symbol = self._listing.of(pair).symbol
        if found != symbol:
            raise Unreadable("schema", f"expected the product {symbol}, found {safe(str(found), 40)!r}")

    # server half

    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        path, query = path_and_query(request.target)
        if path == _BOOK:
            return (self._listing.named(query.get("product_id", "")).pair,)
        return (self._listing.named(_product_in(path)).pair,)

    def pair_from(self, request: Request) -> Pair:
        return self.pairs_from(request)[0]

    def response_for(self, quote: Quote) -> Response:
        return self._ticker(quote, 1)

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        if len(quotes) != 1:
            raise ValueError(f"Coinbase answers for one pair at a time; expected one quote, found {len(quotes)}")
        return self.response_for(quotes[0])

    def answer(self, request: Request, quotes: Sequence[Quote]) -> Response:
        path, query = path_and_query(request.target)
        if path == _BOOK:
            return self._book(quotes[0])
        limit = query.get("limit", "1")
        wanted = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 6 else 1
        return self._ticker(quotes[0], min(max(wanted, 1), _MOST_TRADES))

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        headers = dict(_HEADERS)
        if retry_after is not None:
            headers["retry-after"] = str(ceil(retry_after))
        if kind == "not_found":
            return Response(404, b'{"errors":[{"id":"not_found","message":"Not found"}]}', headers)
        status, error, details = _REFUSALS[kind]
        if kind == "unknown_symbol" and request.target.startswith(_BOOK):
            status, error = 400, "INVALID_ARGUMENT"
        body = {"error": error, "error_details": details, "message": details}
        return Response(status, json.dumps(body, separators=(",", ":")).encode(), headers)

    def _ticker(self, quote: Quote, trades: int) -> Response:
        symbol, traded = self._listing.of(quote.pair).symbol, quote.last or quote.bid
        price, side = f"{traded:f}", "BUY" if traded >= quote.ask else "SELL"
        time_us = quote.time_us or 0
        # The newest trade comes first and carries the quote's price and time; the rest are a second apart.
        rows = ",".join(
            f'{{"trade_id":"{(time_us // 1_000_000) - back}","product_id":"{symbol}","price":"{price}",'
            f'"size":"{_size(quote)}","time":"{time_text_for(time_us - back * 1_000_000)}","side":"{side}",'
            '"bid":"","ask":""}'
            for back in range(trades)
        )
        return _ok(f'{{"trades":[{rows}],"best_bid":"{quote.bid:f}","best_ask":"{quote.ask:f}"}}')

    def _book(self, quote: Quote) -> Response:
        middle, spread = (quote.bid + quote.ask) / 2, quote.ask - quote.bid
        return _ok(
            f'{{"pricebook":{{"product_id":"{self._listing.of(quote.pair).symbol}",'
            f'"bids":[{{"price":"{quote.bid:f}","size":"{_size(quote, quote.bid_size)}"}}],'
            f'"asks":[{{"price":"{quote.ask:f}","size":"{_size(quote, quote.ask_size)}"}}],'
            f'"time":"{time_text_for(quote.time_us or 0)}"}},"last":"{quote.last or quote.bid:f}",'
            f'"mid_market":"{middle:f}","spread_bps":"{spread / middle * 10_000:.12f}","spread_absolute":"{spread:f}"}}'
        )


def _size(quote: Quote, known: Decimal | None = None) -> str:
    # A ticker's quote has no size; about ten thousand of the quote currency looks like a real one.
    return f"{10_000 / quote.bid if known is None else known:.8f}"


def _product_in(path: str) -> str:
    product = path.removeprefix(_PRODUCTS).removesuffix(_TICKER)
    if path != f"{_PRODUCTS}{product}{_TICKER}" or not product or "/" in product:
        raise LookupError(f"{safe(path)} is not a price endpoint of Coinbase")
    return product


def _ok(text: str) -> Response:
    return Response(200, text.encode("ascii"), dict(_HEADERS))


COINBASE: Final[Exchange] = Coinbase()
