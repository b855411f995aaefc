"""Binance (spot): both halves of its public price endpoints.

    GET /api/v3/ticker/24hr?symbol=BTCUSDT
    {"symbol": "BTCUSDT", "lastPrice": "69624.00000000", "bidPrice": "69624.00000000", "bidQty": "0.09810000",
     "askPrice": "69624.01000000", "askQty": "8.52891000", "closeTime": 1730439018472, ...}

Many pairs come in one request with ``symbols=["BTCUSDT","ETHUSDT"]``, and all of them with neither field;
then the answer is a list. ``ticker/bookTicker`` has the same quotes without last price and time, and
``ticker/price`` the last price alone. Prices are strings of eight decimals, ``closeTime`` is in
milliseconds. An unknown symbol is HTTP 400 ``{"code": -1121, ...}`` and fails a whole batch.

    GET /api/v3/depth?symbol=BTCUSDT&limit=5
    {"lastUpdateId": 1027024, "bids": [["4.00000000", "431.00000000"], ...], "asks": [...]}

Beside this file: ``query`` (what is asked, by the documented rules; with it ``periods`` and ``access``), ``errors``
(codes), ``weights`` (limits), and the bodies in ``tickers``, ``history`` and ``market_data``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from math import ceil
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from exchanges.binance.access import KEY_HEADER
from exchanges.binance.endpoints import DAY, DEPTH, EXAMPLES, TIME
from exchanges.binance.endpoints import INSTRUMENTS as EXCHANGE_INFO
from exchanges.binance.errors import refusal_in, refusal_of
from exchanges.binance.instruments import INSTRUMENTS
from exchanges.binance.market_data import instrument, instruments_of, market_data, time_of
from exchanges.binance.query import UNIT_HEADER, Asked, Complaint, Headers, understood
from exchanges.binance.tickers import TICKERS, Mark, depth, ticker, ticker_24hr
from exchanges.binance.weights import EVERY_DAY_TICKER, LIST, charge_of, day_weight, depth_weight, usage_headers
from exchanges.book import Book
from exchanges.errors import Rejected, UnknownPair, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import Listing
from exchanges.levels import book_of
from exchanges.limit import Charge
from exchanges.pair import Pair
from exchanges.plain import PlainExchange
from exchanges.quote import Quote
from exchanges.reading import (
    Unreadable,
    bid_and_ask,
    integer,
    items,
    judged,
    last_price,
    member,
    optional_decimal,
    quotes_in,
)
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

_HEADERS: Final = {"content-type": "application/json;charset=UTF-8"}


@dataclass(frozen=True, eq=False)
class Binance(PlainExchange):
    """The public spot API. ``Binance(instruments=...)`` serves markets that are not in the table."""

    name: str = "binance"
    title: str = "Binance"
    origin: str = "https://api.binance.com"
    docs: str = "https://developers.binance.com/docs/binance-spot-api-docs/rest-api"
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size", "time_us"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 5000
    heeds: frozenset[str] = frozenset({UNIT_HEADER, KEY_HEADER})
    examples: tuple[tuple[str, str], ...] = EXAMPLES

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.name, self.instruments)

    # client half

    def request_for(self, pair: Pair) -> Request:
        target = f"{DAY}?symbol={percent_encoded(self._symbol(pair))}"
        return Request(self.name, self.origin, target, (pair,), weight=2)

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        # The exchange refuses a symbol that is named twice (-1151).
        wanted = tuple(dict.fromkeys(pairs))
        if len(wanted) < 2:
            return [self.request_for(pair) for pair in wanted]
        symbols = json_text([self._symbol(pair) for pair in wanted])
        target = f"{DAY}?symbols={percent_encoded(symbols, safe='')}"
        return [Request(self.name, self.origin, target, wanted, weight=day_weight(len(wanted)))]

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        return quotes_in(response, self.name, pairs, self._refusal_in, self._quotes_of)

    def _refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        return refusal_in(self.name, reply, response)

    def _quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        entries = [reply] if type(reply) is dict else items(reply, "tickers")
        by_symbol = {str(member(entry, "symbol")): entry for entry in entries}
        if len(by_symbol) != len(entries):
            raise Unreadable("schema", "a symbol appears twice, so its price is in doubt")
        return tuple(self._quote_of(pair, by_symbol) for pair in pairs)

    def _quote_of(self, pair: Pair, by_symbol: dict[str, Any]) -> Quote:
        symbol = self._symbol(pair)
        entry = by_symbol.get(symbol)
        if entry is None:
            found = safe(", ".join(by_symbol), 60) or "none"
            raise Unreadable("schema", f"expected the symbol {symbol}, found {found}")
        bid, ask = bid_and_ask(member(entry, "bidPrice"), member(entry, "askPrice"))
        closed = entry.get("closeTime")
        return Quote(
            self.name,
            pair,
            bid,
            ask,
            last_price(entry.get("lastPrice"), "lastPrice"),
            optional_decimal(entry.get("bidQty"), "bidQty"),
            optional_decimal(entry.get("askQty"), "askQty"),
            None if closed is None else integer(closed, "closeTime") * 1000,
        )

    def market_request(self) -> Request | None:
        return Request(self.name, self.origin, DAY, self._listing.pairs, weight=EVERY_DAY_TICKER)

    def book_request_for(self, pair: Pair, levels: int) -> Request:
        if not 1 <= levels <= self.most_levels:
            raise ValueError(f"expected 1 to {self.most_levels} levels of a book of {self.title}, found {levels}")
        target = f"{DEPTH}?symbol={percent_encoded(self._symbol(pair))}&limit={levels}"
        return Request(self.name, self.origin, target, (pair,), weight=depth_weight(levels), about="book")

    def book_from(self, pair: Pair, response: Response) -> Book | Rejected:
        return judged(response, self.name, pair, self._refusal_in, lambda reply: self._book_of(pair, reply))

    def _book_of(self, pair: Pair, reply: Any) -> Book:
        bids, asks = (map(_price_and_size, items(member(reply, side), side)) for side in ("bids", "asks"))
        return book_of(self.name, pair, bids, asks)

    def time_request(self) -> Request | None:
        return Request(self.name, self.origin, TIME, about="time")

    def time_from(self, response: Response) -> int | Rejected:
        return judged(response, self.name, None, self._refusal_in, time_of)

    def instruments_request(self) -> Request | None:
        return Request(self.name, self.origin, EXCHANGE_INFO, weight=LIST, about="instruments")

    def instruments_from(self, response: Response) -> tuple[Instrument, ...] | Rejected:
        return judged(response, self.name, None, self._refusal_in, partial(instruments_of, self.name))

    # server half

    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        asked = self._asked_in(request)
        if not asked.limit:
            raise LookupError(f"{safe(request.target)} asks Binance for no price")
        return asked.pairs

    def _asked_in(self, request: Request) -> Asked:
        found = self._understood(request.target, request.method, request.headers)
        if isinstance(found, Asked):
            return found
        if isinstance(found, Complaint) and found.symbol is not None:
            raise UnknownPair(self.name, None, found.symbol)
        # A new one each time: what is remembered must not hold on to the frames that it was raised through.
        raise type(found)(*found.args)

    @cached_property
    def _understood(self) -> Callable[[str, str, Headers], Asked | LookupError | UnknownPair]:
        # Remembered, because a server is asked the same few things again and again. Strangers cannot make it grow.
        return lru_cache(maxsize=512)(partial(understood, listing=self._listing))

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        texts = [ticker_24hr(self._mark(quote.pair), quote) for quote in quotes]
        # requests_for asks for a single pair by symbol=, which is answered without a list.
        return _ok(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]")

    def book_response_for(self, book: Book) -> Response:
        return _ok(depth(book))

    def answer(self, request: Request, view: View) -> Response:
        asked = self._asked_in(request)
        if asked.path in TICKERS:
            texts = [ticker(asked, self._mark(pair), pair, view) for pair in asked.pairs]
            return _ok(texts[0] if asked.single else f"[{','.join(texts)}]")
        if asked.path == DEPTH:
            return self.book_response_for(view.book(asked.pairs[0], asked.limit))
        return _ok(market_data(asked, view, self._instrument_texts, self._marks))

    def entries_in(self, request: Request) -> int:
        asked = self._understood(request.target, request.method, request.headers)
        if not isinstance(asked, Asked):
            return 0
        return len(asked.pairs) if asked.path in TICKERS else asked.limit

    def charge_for(self, request: Request) -> Charge | None:
        return charge_of(self._understood(request.target, request.method, request.headers), request.target)

    def usage_headers(self, charge: Charge, used: int, resets_s: float) -> Mapping[str, str]:
        return usage_headers(charge, used)

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        found = self._understood(request.target, request.method, request.headers)
        complaint = (found.status, found.code, found.text) if isinstance(found, Complaint) else None
        status, error = refusal_of(kind, complaint)
        headers = dict(_HEADERS)
        if retry_after is not None:
            headers["retry-after"] = str(ceil(retry_after))
        if status == 405:
            headers["allow"] = "GET, HEAD"
        if error is None:
            headers["content-type"] = "text/html"
            return Response(status, f"<html><body><h1>{status}</h1></body></html>".encode(), headers)
        return Response(status, json_text(error).encode(), headers)

    def _symbol(self, pair: Pair) -> str:
        return self._listing.of(pair).symbol

    def _mark(self, pair: Pair) -> Mark:
        return self._marks.get(pair) or Mark.of(self._listing.of(pair))

    @cached_property
    def _marks(self) -> dict[Pair, Mark]:
        return {one.pair: Mark.of(one) for one in self.instruments}

    @cached_property
    def _instrument_texts(self) -> dict[Pair, str]:
        return {one.pair: instrument(one) for one in self.instruments}


def _price_and_size(row: Any) -> tuple[Any, Any]:
    price, size, *_ = items(row, "a level", least=2)
    return price, size


def _ok(text: str) -> Response:
    return Response(200, text.encode("ascii"), dict(_HEADERS))


BINANCE: Final[Exchange] = Binance()
