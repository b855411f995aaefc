"""Coinbase (Advanced Trade, the public market endpoints): both halves.

    GET /api/v3/brokerage/market/products/BTC-USD/ticker?limit=1
    {"trades": [{"trade_id": "518078013", "product_id": "BTC-USD", "price": "28208.1", "size": "0.00659179",
                 "time": "2023-04-04T23:05:34.492746Z", "side": "BUY", "bid": "", "ask": ""}],
     "best_bid": "28208.61", "best_ask": "28208.62"}

    GET /api/v3/brokerage/market/product_book?product_id=BTC-USD&limit=1[&aggregation_price_increment=0.1]
    {"pricebook": {"product_id": "BTC-USD", "bids": [{"price": "30757.85", "size": "0.115"}], "asks": [...],
     "time": "2023-06-30T04:02:40.533606Z"}, "last": "...", "mid_market": "...", "spread_bps": "...", ...}

A ticker has no sizes; a book has them, and is read as a quote as well. There is no unsigned request for many pairs
with bid and ask, so a batch is one request each. Refusals are in ``errors``, the other endpoints in
``catalogue`` and ``history``.

Ten requests a second are free for one address; the headers x-ratelimit-* tell how many are left. How deep a book may
be is not documented: the mock stops at 1,000 levels, and gives 50 where no limit is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from math import ceil
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from exchanges.book import Book
from exchanges.coinbase import catalogue
from exchanges.coinbase.book import coarser, pricebook_text, rows_of, same_product, sides_in
from exchanges.coinbase.errors import BOOK, JSON_HEADERS, TIME, V2, V3, refusal_in, refusal_of
from exchanges.coinbase.history import MOST_TRADES, candles_text, ticker_text, trade_text, trades_text
from exchanges.coinbase.listing import INSTRUMENTS
from exchanges.coinbase.target import EXAMPLES, PRICED, PRODUCTS, Asked, asked_in, endpoint_in
from exchanges.errors import Rejected, UnknownPair, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import Listing
from exchanges.levels import book_of
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.plain import PlainExchange
from exchanges.quote import Quote
from exchanges.reading import (
    Unreadable,
    bid_and_ask,
    items,
    judged,
    last_price,
    member,
    optional_decimal,
    quotes_in,
    time_us_from,
)
from exchanges.view import View
from exchanges.wire import Request, Response

_USUAL_LEVELS: Final = 50
# Documented: 10 a second without a key; 10,000 an hour for the older interface.
_PUBLIC: Final = Charge("public", 1, RateLimit(10, 1.0))
_OLDER: Final = Charge("v2", 1, RateLimit(10_000, 3600.0))


@dataclass(frozen=True, eq=False)
class Coinbase(PlainExchange):
    """The public market API. ``Coinbase(instruments=...)`` serves markets that are not in the table."""

    name: str = "coinbase"
    title: str = "Coinbase"
    origin: str = "https://api.coinbase.com"
    docs: str = "https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api"
    taker_fee: Decimal = Decimal("0.012")
    carries: frozenset[str] = frozenset({"last", "time_us"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 1000
    time_grain_us: int = 1
    examples: tuple[tuple[str, str], ...] = EXAMPLES

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.name, self.instruments)

    # client half

    def request_for(self, pair: Pair) -> Request:
        return Request(self.name, self.origin, f"{PRODUCTS}/{self._symbol(pair)}/ticker?limit=1", (pair,))

    def book_request_for(self, pair: Pair, levels: int) -> Request:
        if not 1 <= levels <= self.most_levels:
            raise ValueError(f"expected 1 to {self.most_levels} levels of a Coinbase book, found {levels}")
        target = f"{BOOK}?product_id={self._symbol(pair)}&limit={levels}"
        return Request(self.name, self.origin, target, (pair,), about="book")

    def _symbol(self, pair: Pair) -> str:
        return percent_encoded(self._listing.of(pair).symbol, safe="")

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        return quotes_in(response, self.name, pairs, self._refusal_in, self._quotes_of)

    def book_from(self, pair: Pair, response: Response) -> Book | Rejected:
        return judged(response, self.name, pair, self._refusal_in, lambda reply: self._book_of(pair, reply))

    def _refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        return refusal_in(self.name, reply, response)

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
        same_product(self._listing.of(pair).symbol, member(trade, "product_id"))
        last = last_price(member(trade, "price"), "the trade's price")
        return Quote(self.name, pair, bid, ask, last, time_us=time_us_from(member(trade, "time"), "the trade's time"))

    def _from_book(self, pair: Pair, reply: Any) -> Quote:
        bids, asks, time_us = sides_in(self._listing.of(pair).symbol, reply)
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
            time_us,
        )

    def _book_of(self, pair: Pair, reply: Any) -> Book:
        bids, asks, time_us = sides_in(self._listing.of(pair).symbol, reply)
        return book_of(self.name, pair, rows_of(bids), rows_of(asks), time_us)

    def time_request(self) -> Request | None:
        return Request(self.name, self.origin, TIME, about="time")

    def time_from(self, response: Response) -> int | Rejected:
        return judged(response, self.name, None, self._refusal_in, catalogue.time_of)

    def instruments_request(self) -> Request | None:
        return Request(self.name, self.origin, f"{PRODUCTS}?product_type=SPOT", about="instruments")

    def instruments_from(self, response: Response) -> tuple[Instrument, ...] | Rejected:
        return judged(response, self.name, None, self._refusal_in, partial(catalogue.instruments_of, self.name))

    # server half

    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        asked = asked_in(request, self._listing)
        if asked.endpoint not in PRICED or not asked.instruments:
            raise LookupError(f"{safe(request.target)} asks Coinbase for no price")
        return tuple(one.pair for one in asked.instruments)

    def response_for(self, quote: Quote) -> Response:
        return _ok(ticker_text(quote, trade_text(self._listing.of(quote.pair).symbol, quote, quote.time_us or 0)))

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        if len(quotes) != 1:
            raise ValueError(f"Coinbase answers for one pair at a time; expected one quote, found {len(quotes)}")
        return self.response_for(quotes[0])

    def book_response_for(self, book: Book) -> Response:
        return _ok(pricebook_text(self._listing.of(book.pair).symbol, book))

    def answer(self, request: Request, view: View) -> Response:
        asked = asked_in(request, self._listing)
        match asked.endpoint:
            case "ticker":
                (instrument,), most = asked.instruments, min(asked.limit or 1, MOST_TRADES)
                trades = trades_text(instrument, view, most, asked.start_s, asked.end_s)
                return _ok(ticker_text(view.quote(instrument.pair), trades))
            case "book":
                return _ok(self._book_text(asked, view))
            case "products":
                return _ok(catalogue.products_text(asked.instruments, view))
            case "product":
                return _ok(catalogue.product_text(asked.instruments[0], view.quote(asked.instruments[0].pair)))
            case "candles":
                start_s, end_s = asked.start_s or 0, asked.end_s or 0
                return _ok(candles_text(asked.instruments[0], view, start_s, end_s, asked.width_s, asked.limit))
        return _ok(catalogue.catalogue_text(asked, view))

    def _book_text(self, asked: Asked, view: View) -> str:
        (instrument,) = asked.instruments
        levels, last = min(asked.limit or _USUAL_LEVELS, self.most_levels), view.quote(instrument.pair).last
        if asked.grain is None:
            book = view.book(instrument.pair, levels)
        else:
            book = coarser(view.book(instrument.pair, self.most_levels), asked.grain, levels)
        return pricebook_text(instrument.symbol, book, last)

    def entries_in(self, request: Request) -> int:
        try:
            asked = asked_in(request, self._listing)
        except (UnknownPair, LookupError):
            return 0
        if asked.endpoint == "book":
            return self.most_levels if asked.grain is not None else min(asked.limit or _USUAL_LEVELS, self.most_levels)
        if asked.endpoint in ("ticker", "candles"):
            return min(asked.limit or 1, MOST_TRADES)
        # The rates are worked out of every market's price.
        return len(asked.instruments) if asked.endpoint in PRICED or asked.endpoint == "rates" else 0

    def charge_for(self, request: Request) -> Charge | None:
        if request.target.startswith(V3):
            return _PUBLIC
        return _OLDER if request.target.startswith(V2) else None

    def usage_headers(self, charge: Charge, used: int, resets_s: float) -> Mapping[str, str]:
        if charge.bucket != _PUBLIC.bucket:
            return {}
        capacity = charge.limit.capacity
        return {
            "x-ratelimit-limit": str(capacity),
            "x-ratelimit-remaining": str(max(0, capacity - used)),
            "x-ratelimit-reset": str(ceil(resets_s)),
        }

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        return refusal_of(kind, request, endpoint_in(request) is not None, retry_after)


def _ok(text: str) -> Response:
    return Response(200, text.encode("ascii"), dict(JSON_HEADERS))


COINBASE: Final[Exchange] = Coinbase()
