"""Gemini (spot): both halves of its public interface.

    GET /v1/pubticker/btcusd            one market; no request brings the bids and asks of several
    {"bid": "9117.95", "ask": "9117.96", "last": "9115.23",
     "volume": {"BTC": "1615.46861748", "USD": "14727307.57545006088", "timestamp": 1594982700000}}
    GET /v2/ticker/btcusd               the same with the day's range, the last price as "close", and without a time
    GET /v1/book/btcusd?limit_bids=5&limit_asks=5     50 levels a side where none is said, all of them for 0
    {"bids": [{"price": "9117.95", "amount": "0.08", "timestamp": "1594982738"}], "asks": [...]}
    GET /v1/symbols, /v1/pricefeed      names; last prices, which are no quotes
    GET /v1/symbols/details/btcusd, /v1/symbols/details/all    status: open, closed, cancel_only, post_only, limit_only
    {"symbol": "BTCUSD", "base_currency": "BTC", "quote_currency": "USD", "tick_size": 1E-8, "quote_increment": 0.01,
     "min_order_size": "0.00001", "status": "open", "wrap_enabled": false, "product_type": "spot", ...}

Names are lower case in paths and upper case in bodies. A ticker names its market by the two currencies of its volume,
whose time is the only one: the end of the day that the volume is of. It is said to stand still for minutes; recordings
of 2024 have whole seconds. ``tick_size`` is the grid of sizes, ``quote_increment`` that of prices. No clock is shown.
Base-tier taker fee: https://www.gemini.com/fees/activetrader-fee-schedule (0 to 10,000 USD in 30 days).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

from exchanges.book import Book
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import decimals_of, instruments_from, listed_pair
from exchanges.levels import book_of, shortest
from exchanges.limit import RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import Unreadable, bid_and_ask, decimal, integer, items, last_price, member, refused_as, step
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USD    btcusd    0.01        0.00000001
    ETH/USD    ethusd    0.01        0.000001
    SOL/USD    solusd    0.001       0.000001
    XRP/USD    xrpusd    0.0001      0.000001
    DOGE/USD   dogeusd   0.00001     0.000001
    LTC/USD    ltcusd    0.01        0.00001
    LINK/USD   linkusd   0.0001      0.000001
    DOT/USD    dotusd    0.0001      0.000001
    AVAX/USD   avaxusd   0.001       0.000001
    BCH/USD    bchusd    0.01        0.000001
    UNI/USD    uniusd    0.0001      0.000001
    ATOM/USD   atomusd   0.001       0.000001
    AAVE/USD   aaveusd   0.0001      0.000001
    FIL/USD    filusd    0.0001      0.000001
    SHIB/USD   shibusd   0.000000001 1
    BTC/EUR    btceur    0.01        0.00000001
    ETH/BTC    ethbtc    0.00001     0.000001
    SOL/BTC    solbtc    0.0000001   0.000001
    BTC/USDT   btcusdt   0.01        0.00000001
    ETH/USDT   ethusdt   0.01        0.000001
    USDT/USD   usdtusd   0.00001     0.000001
    USDC/USD   usdcusd   0.00001     0.000001
""")

_KIND_OF_REASON: Final = {
    "InvalidSymbol": "unknown_symbol", "RateLimit": "rate_limited", "System": "server", "Maintenance": "server",
    "Bad Request": "protocol", "EndpointNotFound": "protocol", "EndpointMismatch": "protocol",
    "MissingApikeyHeader": "blocked", "InvalidApiKey": "blocked", "MissingRole": "blocked",
}  # fmt: skip
_REFUSALS: Final = {
    "rate_limited": (429, "RateLimit", "Requests were made too frequently. See Rate Limits below."),
    "banned": (403, "MissingRole", "Access to this endpoint is denied"),
    "blocked": (403, "MissingRole", "Access to this endpoint is denied"),
    "server": (503, "Maintenance", "The Gemini Exchange is currently undergoing maintenance."),
    "bad_argument": (400, "Bad Request", "Supplied value is not valid"),
    "not_found": (404, "EndpointNotFound", "API entry point was not found"),
}
_UNKNOWN: Final = (
    "Supplied value '{}' is not a valid symbol.  Please correct your API request to use one of the supported symbols: "
    "[{}]"
)
_V2: Final = "/v2/ticker/{symbol}"
_route = partial(Route, limit=RateLimit(120, 60.0), bucket="public")  # all public requests share one budget


@dataclass(frozen=True, eq=False)
class Gemini(RoutedExchange):
    """The public spot API. ``Gemini(instruments=...)`` serves markets that are not in the table."""

    name: str = "gemini"
    title: str = "Gemini"
    origin: str = "https://api.gemini.com"
    docs: str = "https://docs.gemini.com/rest/market-data"
    taker_fee: Decimal = Decimal("0.004")
    carries: frozenset[str] = frozenset({"last", "time_us"})
    time_grain_us: int = 1_000_000
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 500
    examples: tuple[tuple[str, str], ...] = (
        ("the quote with the day's range", "/v2/ticker/btcusd"),
        ("last prices of all markets", "/v1/pricefeed"),
        ("one market's grids", "/v1/symbols/details/btcusd"),
    )
    routes: ClassVar[tuple[Route, ...]] = (
        _route("one", "/v1/pubticker/{symbol}"),
        _route("one", _V2),
        _route("book", "/v1/book/{symbol}", depth="limit_bids,limit_asks", usual=50, most=500, whole="0"),
        _route("instruments", "/v1/symbols/details/all"),
        _route("details", "/v1/symbols/details/{symbol}"),
        _route("names", "/v1/symbols"),
        _route("feed", "/v1/pricefeed"),
    )

    def names_of(self, instrument: Instrument) -> tuple[str, ...]:
        return instrument.symbol, instrument.symbol.upper()

    # what it reads

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        if type(reply) is not dict or reply.get("result") != "error":
            return None
        reason, message = str(reply.get("reason")), str(reply.get("message"))
        kind = "unknown_symbol" if "is not a valid symbol" in message else _KIND_OF_REASON.get(reason)
        return refused_as(kind, self.name, f"{safe(reason, 30)!r}, {safe(message)!r}", response)

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        if len(pairs) != 1:
            raise Unreadable("schema", f"expected {len(pairs)} markets, found an answer about one")
        (pair,) = pairs
        bid, ask = bid_and_ask(member(reply, "bid"), member(reply, "ask"))
        if "close" in reply:
            named = str(member(reply, "symbol"))
            if named.lower() != self.listing.of(pair).symbol.lower():
                raise Unreadable("schema", f"expected an answer about {pair}, found one about {safe(named, 30)}")
            return (Quote(self.name, pair, bid, ask, last_price(reply["close"], "close")),)
        volume = member(reply, "volume")
        member(volume, pair.base), member(volume, pair.quote)
        time_us = integer(member(volume, "timestamp"), "timestamp") * 1000
        return (Quote(self.name, pair, bid, ask, last_price(reply.get("last"), "last"), time_us=time_us),)

    def book_of(self, pair: Pair, reply: Any) -> Book:
        # Nothing in a book names its market, and its times are those of its rows.
        bids, asks = (_levels(items(member(reply, side), side)) for side in ("bids", "asks"))
        return book_of(self.name, pair, bids, asks)

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        found = []
        for entry in items(reply, "the markets"):
            pair = listed_pair(self.name, member(entry, "base_currency"), member(entry, "quote_currency"))
            # Older answers have no perpetuals, and no word for it.
            if pair is not None and entry.get("product_type", "spot") == "spot":
                price, size = (step(member(entry, field), field) for field in ("quote_increment", "tick_size"))
                symbol, trading = str(member(entry, "symbol")).lower(), member(entry, "status") == "open"
                found.append(Instrument(pair, symbol, price, size, trading))
        return tuple(found)

    # what it writes

    def answer(self, request: Request, view: View) -> Response:
        asked = self.asked_in(request)
        if asked.route.path == _V2:
            return self.ok(self._second_text(view.quote(asked.instruments[0].pair)))
        return super().answer(request, view)

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        return ",".join(map(self._ticker_text, quotes))

    def _ticker_text(self, quote: Quote) -> str:
        bid, ask, last = self._prices(quote)
        volume = {quote.pair.base: "1615.46861748", quote.pair.quote: "14727307.57545006088"}
        when = {"timestamp": (quote.time_us or 0) // 1000}
        return json_text({"bid": bid, "ask": ask, "volume": {**volume, **when}, "last": last})

    def _second_text(self, quote: Quote) -> str:
        bid, ask, last = self._prices(quote)
        day = {"open": last, "high": last, "low": last, "close": last, "changes": [last] * 24}
        return json_text({"symbol": self.listing.of(quote.pair).symbol.upper(), **day, "bid": bid, "ask": ask})

    def _prices(self, quote: Quote) -> tuple[str, str, str]:
        digits = self._digits(quote.pair)
        return f"{quote.bid:{digits}}", f"{quote.ask:{digits}}", f"{quote.last or quote.bid:{digits}}"

    def _digits(self, pair: Pair) -> str:
        return f".{decimals_of(self.listing.of(pair).price_step)}f"

    def book_text(self, book: Book, asked: Asked) -> str:
        digits, at_s = self._digits(book.pair), str((book.time_us or 0) // 1_000_000)
        sides = {
            name: [{"price": f"{price:{digits}}", "amount": shortest(size), "timestamp": at_s} for price, size in side]
            for name, side in zip(("bids", "asks"), asked.cut(book), strict=True)
        }
        return json_text(sides)

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return f"[{','.join(map(_details, instruments))}]"

    def other_text(self, asked: Asked, view: View) -> str:
        match asked.route.about:
            case "details":
                return _details(asked.instruments[0])
            case "names":
                return json_text([one.symbol for one in self.instruments])
        last = [(one.symbol.upper(), self._prices(view.quote(one.pair))[2]) for one in self.instruments]
        return json_text([{"pair": name, "price": price, "percentChange24h": "0.0000"} for name, price in last])

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        if kind == "unknown_symbol":
            named = safe(request.target.partition("?")[0].rpartition("/")[2], 30)
            message = _UNKNOWN.format(named, ", ".join(one.symbol for one in self.instruments))
            return self.refused(400, {"result": "error", "reason": "Bad Request", "message": message}, retry_after)
        status, reason, message = _REFUSALS["bad_argument" if kind == "not_found" and self.routes_at(request) else kind]
        return self.refused(status, {"result": "error", "reason": reason, "message": message}, retry_after)


def _levels(rows: Sequence[Any]) -> list[tuple[object, object]]:
    """Price and size of each level. The oldest bodies on record list orders, each with its time: those at one price
    are one level. A level that is there twice at one time stays what it is, a fault."""
    found: list[tuple[object, object]] = []
    before = None
    for row in rows:
        price, size, at = member(row, "price"), member(row, "amount"), row.get("timestamp")
        if found and price == found[-1][0] and at != before:
            size = f"{decimal(found.pop()[1], 'a size') + decimal(size, 'a size'):f}"
        found.append((price, size))
        before = at
    return found


def _details(one: Instrument) -> str:
    # Grids are bare numbers, and the small ones in scientific notation.
    status = "open" if one.trading else "closed"
    return (
        f'{{"symbol":"{one.symbol.upper()}","base_currency":"{one.pair.base}","quote_currency":"{one.pair.quote}",'
        f'"tick_size":{one.size_step.normalize()},"quote_increment":{one.price_step.normalize()},'
        f'"min_order_size":"{one.size_step:f}","status":"{status}","wrap_enabled":false,'
        f'"product_type":"spot","contract_type":"vanilla","contract_price_currency":"{one.pair.quote}"}}'
    )


GEMINI: Final[Exchange] = Gemini()
