"""Kraken (spot): both halves of its public ticker and its order book.

    GET /0/public/Ticker?pair=XBTUSD            one pair, a comma list, or no field for all
    {"error": [], "result": {"XXBTZUSD": {"a": ["30300.10000", "1", "1.000"], "b": ["30300.00000", "1", "1.000"],
     "c": ["30303.20000", "0.00067643"], "v": [...], "p": [...], "t": [...], "l": [...], "h": [...], "o": "..."}}}

``a`` is the ask (price, whole lots, size), ``b`` the bid, ``c`` the last trade; pairs of numbers are today
and 24 hours. There is no time.

    GET /0/public/Depth?pair=XBTUSD&count=2
    {"error": [], "result": {"XXBTZUSD": {"asks": [["30384.10000", "2.059", 1688671659], ...], "bids": [...]}}}

A level ends with the second of its last change; the book has no time of its own. Names of markets are in
``listing``, refusals (HTTP 200, and one unknown pair fails a whole batch) in ``errors``, the other
methods in ``catalogue`` and ``history``. A public method may be POSTed as well, with a form or with JSON.

How many public calls an address has is not documented beyond "one a second is within the limits", for most methods
together and for Trades and OHLC by market. The mock gives a burst of 15 (what the counters of keys begin with), which
refills at one a second; whoever goes on after 20 refusals is locked out for 15 minutes, as Kraken once documented.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from exchanges.book import Book, Level
from exchanges.errors import Rejected, UnknownPair, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import Listing
from exchanges.kraken.catalogue import catalogue_text, instruments_of, time_of
from exchanges.kraken.errors import JSON_HEADERS, PUBLIC, refusal_in, refusal_of
from exchanges.kraken.history import history_text, opening_price, price_format, price_of
from exchanges.kraken.listing import INSTRUMENTS, id_of, names_of
from exchanges.kraken.target import EXAMPLES, MOST_LEVELS, PRICED, asked_in, method_in
from exchanges.levels import book_of
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.plain import PlainExchange
from exchanges.quote import Quote
from exchanges.reading import bid_and_ask, decimal, items, judged, last_price, member, quotes_in
from exchanges.view import View
from exchanges.wire import Request, Response

_TICKER: Final = PUBLIC + "Ticker"
_DEPTH: Final = PUBLIC + "Depth"
_LIMIT: Final = RateLimit(15, 15.0, patience=20, ban_s=900.0)
_PUBLIC: Final = Charge("public", 1, _LIMIT)
_BY_MARKET: Final = frozenset({"Trades", "OHLC"})


@dataclass(frozen=True, eq=False)
class Kraken(PlainExchange):
    """The public spot API. ``Kraken(instruments=...)`` serves markets that are not in the table."""

    name: str = "kraken"
    title: str = "Kraken"
    origin: str = "https://api.kraken.com"
    docs: str = "https://docs.kraken.com/api/docs/rest-api/get-ticker-information"
    taker_fee: Decimal = Decimal("0.004")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = MOST_LEVELS
    accepts_post: bool = True
    examples: tuple[tuple[str, str], ...] = EXAMPLES

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.name, self.instruments, names_of)

    # client half

    def request_for(self, pair: Pair) -> Request:
        return Request(self.name, self.origin, self._target((pair,)), (pair,))

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        wanted = tuple(dict.fromkeys(pairs))
        return [Request(self.name, self.origin, self._target(wanted), wanted)] if wanted else []

    def market_request(self) -> Request | None:
        return Request(self.name, self.origin, _TICKER, self._listing.pairs)

    def book_request_for(self, pair: Pair, levels: int) -> Request:
        if not 1 <= levels <= self.most_levels:
            raise ValueError(f"expected 1 to {self.most_levels} levels of a Kraken book, found {levels}")
        symbol = percent_encoded(self._listing.of(pair).symbol, safe="")
        return Request(self.name, self.origin, f"{_DEPTH}?pair={symbol}&count={levels}", (pair,), about="book")

    def time_request(self) -> Request | None:
        return Request(self.name, self.origin, f"{PUBLIC}Time", about="time")

    def instruments_request(self) -> Request | None:
        return Request(self.name, self.origin, f"{PUBLIC}AssetPairs", about="instruments")

    def _target(self, pairs: tuple[Pair, ...]) -> str:
        symbols = ",".join(self._listing.of(pair).symbol for pair in pairs)
        return f"{_TICKER}?pair={percent_encoded(symbols, safe='')}"

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        return quotes_in(response, self.name, pairs, self._refusal_in, self._quotes_of)

    def book_from(self, pair: Pair, response: Response) -> Book | Rejected:
        return judged(response, self.name, pair, self._refusal_in, lambda reply: self._book_of(pair, reply))

    def time_from(self, response: Response) -> int | Rejected:
        return judged(response, self.name, None, self._refusal_in, time_of)

    def instruments_from(self, response: Response) -> tuple[Instrument, ...] | Rejected:
        return judged(response, self.name, None, self._refusal_in, partial(instruments_of, self.name))

    def _refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        return refusal_in(self.name, reply, response)

    def _quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        result = member(reply, "result")
        return tuple(self._quote_of(pair, result) for pair in pairs)

    def _quote_of(self, pair: Pair, result: Any) -> Quote:
        entry = self._entry_in(pair, result)
        bid_side, ask_side = items(member(entry, "b"), "b", 1), items(member(entry, "a"), "a", 1)
        bid, ask = bid_and_ask(bid_side[0], ask_side[0])
        last = last_price(items(member(entry, "c"), "c", 1)[0], "c[0]")
        return Quote(self.name, pair, bid, ask, last, _size_in(bid_side), _size_in(ask_side))

    def _book_of(self, pair: Pair, reply: Any) -> Book:
        entry = self._entry_in(pair, member(reply, "result"))
        bids, asks = items(member(entry, "bids"), "bids"), items(member(entry, "asks"), "asks")
        return book_of(self.name, pair, _rows(bids), _rows(asks))

    def _entry_in(self, pair: Pair, result: Any) -> Any:
        # Kraken answers under the id; that it answered under the name that was asked has been seen as well.
        symbol = self._listing.of(pair).symbol
        asked_name = type(result) is dict and symbol in result
        return member(result, symbol if asked_name else id_of(symbol))

    # server half

    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        asked = asked_in(request, self._listing)
        if asked.method not in PRICED:
            raise LookupError(f"{safe(request.target)} asks Kraken for no price")
        return tuple(one.pair for one in asked.instruments)

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        # Without a market there is no day: it opens here at the last price.
        return self._tickers((quote, price_of(quote)) for quote in quotes)

    def _tickers(self, priced: Iterable[tuple[Quote, Decimal]]) -> Response:
        return _ok(f"{{{','.join(self._ticker(quote, opened) for quote, opened in priced)}}}")

    def book_response_for(self, book: Book) -> Response:
        return _ok(self._depth(book, book.time_us or 0))

    def answer(self, request: Request, view: View) -> Response:
        asked = asked_in(request, self._listing)
        if asked.method == "Ticker":
            return self._tickers((view.quote(one.pair), opening_price(view, one.pair)) for one in asked.instruments)
        if asked.method == "Depth":
            return _ok(self._depth(view.book(asked.instruments[0].pair, asked.count), view.time_us))
        if asked.method in PRICED:
            return _ok(history_text(asked, view))
        return _ok(catalogue_text(self.name, asked, view.time_us))

    def entries_in(self, request: Request) -> int:
        try:
            asked = asked_in(request, self._listing)
        except (UnknownPair, LookupError):
            return 0
        if asked.method not in PRICED:
            return 0
        return len(asked.instruments) if asked.method == "Ticker" else asked.count

    def charge_for(self, request: Request) -> Charge | None:
        if not request.target.startswith(PUBLIC):
            return None
        method = method_in(request)
        if method not in _BY_MARKET:
            return _PUBLIC
        try:
            return Charge(f"{method} {self.pair_from(request)}", 1, _LIMIT)
        except (UnknownPair, LookupError):
            return _PUBLIC

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        return refusal_of(kind, request, method_in(request), retry_after)

    def _depth(self, book: Book, time_us: int) -> str:
        instrument = self._listing.of(book.pair)
        digits, at_s = price_format(instrument), time_us // 1_000_000
        asks, bids = (_side(side, digits, at_s) for side in (book.asks, book.bids))
        return f'{{"{id_of(instrument.symbol)}":{{"asks":[{asks}],"bids":[{bids}]}}}}'

    def _ticker(self, quote: Quote, opened: Decimal) -> str:
        instrument = self._listing.of(quote.pair)
        digits = price_format(instrument)
        bid_size, ask_size = quote.bid_size or Decimal(0), quote.ask_size or Decimal(0)
        return (
            f'"{id_of(instrument.symbol)}":{{'
            f'"a":["{quote.ask:{digits}}","{int(ask_size)}","{ask_size:.3f}"],'
            f'"b":["{quote.bid:{digits}}","{int(bid_size)}","{bid_size:.3f}"],'
            f'"c":["{price_of(quote):{digits}}","{bid_size:.8f}"],{_day_text(opened, digits)}}}'
        )


# The day of a ticker is that of its opening price, so that it does not change from one answer to the next: a range in
# which every price of the mock's market lies, and volumes worth 80 and 400 million.
_LOW, _MEAN, _HIGH = Decimal("0.95"), Decimal("1.001"), Decimal("1.05")


@lru_cache(maxsize=8192)
def _day_text(opened: Decimal, digits: str) -> str:
    low, mean, high = (f"{opened * part:{digits}}" for part in (_LOW, _MEAN, _HIGH))
    today, day = (f"{money / opened if opened > 0 else 0:.8f}" for money in (80_000_000, 400_000_000))
    return (
        f'"v":["{today}","{day}"],"p":["{mean}","{mean}"],"t":[6405,21103],"l":["{low}","{low}"],'
        f'"h":["{high}","{high}"],"o":"{opened:{digits}}"'
    )


def _size_in(side: list[Any]) -> Decimal | None:
    # The third item is the size; bodies recorded in 2014 have two.
    return decimal(side[2], "the size") if len(side) > 2 else None


def _rows(side: list[Any]) -> list[tuple[object, object]]:
    rows = [items(level, "a level", 2) for level in side]
    return [(row[0], row[1]) for row in rows]


def _side(side: Sequence[Level], digits: str, at_s: int) -> str:
    return ",".join(f'["{level.price:{digits}}","{level.size:.3f}",{at_s}]' for level in side)


def _ok(result: str) -> Response:
    return Response(200, f'{{"error":[],"result":{result}}}'.encode("ascii"), dict(JSON_HEADERS))


KRAKEN: Final[Exchange] = Kraken()
