"""Bitstamp (spot): both halves of its public interface.

    GET /api/v2/ticker/btcusd/                        one market, which the answer does not name
    {"timestamp": "1710328241", "open": "71448", "high": "73656", "low": "68626", "last": "73285", "volume": "135.29",
     "vwap": "70853", "bid": "73353", "ask": "73367", "side": "0", "open_24": "72144", "percent_change_24": "1.58",
     "market_type": "SPOT"}

    GET /api/v2/ticker/                               all of them, as a list in which each has also
    {..., "pair": "BTC/USD", "market": "BTC/USD"}

    GET /api/v2/order_book/btcusd/                    the whole book, thousands of levels; ours has a hundred a side
    {"timestamp": "1643643584", "microtimestamp": "1643643584684047", "bids": [["9484.34", "1.00000000"]], "asks": ...}

    GET /api/v2/markets/                              trading: Enabled, Disabled; market_type: SPOT, PERPETUAL

Everything is text but the numbers of decimals. A ticker's time is in whole seconds; a book's is that of its last
change. The slash at the end belongs to the path, without it there is a redirect. Names are understood in both cases.
There is no public clock. Documented refusals have a response_code, https://www.bitstamp.net/api/#section/Response-codes,
of keys a code such as API0005, and in maintenance {"error": "..."}; but for the book of a market that it does not list
the real server sends nginx's own page with HTTP 404, and for the ticker of one the list of all with HTTP 200.
10,000 requests in ten minutes and 400 a second for one address; the former is counted here.
Base-tier taker fee: https://www.bitstamp.net/fee-schedule/ (under 10,000 dollars in thirty days).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

from exchanges.book import Book
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import decimals_of, instruments_from, listed_pair, step_from_digits
from exchanges.levels import book_of, rows_text
from exchanges.limit import RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import bid_and_ask, entries_by, entry_of, integer, items, last_price, member, refused_as, rows_of
from exchanges.refusal import retry_after_from
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USD    btcusd    1        0.00000001
    ETH/USD    ethusd    0.1      0.00000001
    SOL/USD    solusd    0.01     0.00000001
    XRP/USD    xrpusd    0.00001  0.00000001
    DOGE/USD   dogeusd   0.00001  0.00000001
    ADA/USD    adausd    0.00001  0.00000001
    LTC/USD    ltcusd    0.01     0.00000001
    LINK/USD   linkusd   0.01     0.00000001
    DOT/USD    dotusd    0.01     0.00000001
    AVAX/USD   avaxusd   0.01     0.00000001
    BCH/USD    bchusd    0.01     0.00000001
    XLM/USD    xlmusd    0.00001  0.00000001
    UNI/USD    uniusd    0.01     0.00000001
    AAVE/USD   aaveusd   0.01     0.00000001
    BTC/EUR    btceur    1        0.00000001
    ETH/EUR    etheur    0.1      0.00000001
    XRP/EUR    xrpeur    0.00001  0.00000001
    USDT/USD   usdtusd   0.00001  0.00001
    USDC/USD   usdcusd   0.00001  0.00001
    USDC/USDT  usdcusdt  0.00001  0.00001
    EUR/USD    eurusd    0.00001  0.00001
""")

_KIND_OF_CODE: Final = {
    "400.002": "rate_limited", "400.067": "rate_limited", "400.068": "rate_limited", "404.003": "unknown_symbol",
    "404.005": "unknown_symbol", "404.007": "unknown_symbol",
}  # fmt: skip
_KIND_OF_FAMILY: Final = {
    "400": "protocol", "403": "blocked", "404": "protocol", "405": "protocol", "410": "protocol", "500": "server",
    "API": "blocked",
}  # fmt: skip
_REFUSALS: Final = {
    "unknown_symbol": (404, "404.003", "Currency pair not found for corresponding request."),
    "rate_limited": (400, "400.002", "Request rejected due to exceeded rate limit."),
    "banned": (403, "403.004", "Trading is blocked for user."),
    "blocked": (403, "403.004", "Trading is blocked for user."),
}
_MAINTENANCE: Final = "Bitstamp.net is under scheduled maintenance. We'll be back soon."
_NO_SUCH_PAGE: Final = (
    b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_LEVELS: Final = 100
_DIGITS: Final = ("counter_decimals", "base_decimals")  # of prices and of sizes
# One budget for everything that an address asks.
_ROUTE: Final = partial(Route, limit=RateLimit(10_000, 600.0), bucket="ip")


@dataclass(frozen=True, eq=False)
class Bitstamp(RoutedExchange):
    """The public spot API. ``Bitstamp(instruments=...)`` serves markets that are not in the table."""

    name: str = "bitstamp"
    title: str = "Bitstamp"
    origin: str = "https://www.bitstamp.net"
    docs: str = "https://www.bitstamp.net/api/#tag/Tickers"
    taker_fee: Decimal = Decimal("0.004")
    carries: frozenset[str] = frozenset({"last", "time_us"})
    time_grain_us: int = 1_000_000
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = _LEVELS
    examples: tuple[tuple[str, str], ...] = (("what is listed", "/api/v2/markets/"),)
    routes: ClassVar[tuple[Route, ...]] = (
        _ROUTE("one", "/api/v2/ticker/{symbol}/"),
        _ROUTE("all", "/api/v2/ticker/"),
        _ROUTE("book", "/api/v2/order_book/{symbol}/", usual=_LEVELS),
        _ROUTE("instruments", "/api/v2/markets/"),
    )

    def names_of(self, instrument: Instrument) -> tuple[str, ...]:
        return instrument.symbol, instrument.symbol.upper()

    # what it reads

    def refusal_of_its_own(self, response: Response) -> Rejected | None:
        if response.status != 404 or b"<center>nginx" not in response.body[:400]:
            return None
        said = f"{self.name} answered HTTP 404 with its server's own page, as for a market that it does not list"
        return Rejected("unknown_symbol", said)

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        if type(reply) is not dict or not (reply.get("status") == "error" or "error" in reply):
            return None
        code = str(reply.get("response_code") or reply.get("code") or "")
        reason = str(reply.get("reason") or reply.get("error"))
        kind = _KIND_OF_CODE.get(code) or _KIND_OF_FAMILY.get(code[:3])
        if not code and "maintenance" in reason.lower():
            kind = "server"
        said = f"{safe(code, 20) or 'no code'}, {safe(reason)!r}"
        return refused_as(kind, self.name, said, response, retry_after_from(response))

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...] | Rejected:
        if type(reply) is dict and len(pairs) == 1:
            return (self._quote_of(pairs[0], reply),)
        # Older answers have only the former name of the field.
        entries = items(reply, "the tickers of all markets")
        named = all(type(entry) is dict and "market" in entry for entry in entries)
        by_name = entries_by("market" if named else "pair", entries)
        if len(pairs) == 1 and by_name and str(pairs[0]) not in by_name:
            return Rejected("unknown_symbol", f"{self.name} answered with all its markets, of which {pairs[0]} is none")
        return tuple(self._quote_of(pair, entry_of(str(pair), by_name)) for pair in pairs)

    def _quote_of(self, pair: Pair, entry: Any) -> Quote:
        bid, ask = bid_and_ask(member(entry, "bid"), member(entry, "ask"))
        last = last_price(entry.get("last"), "last")
        return Quote(self.name, pair, bid, ask, last, time_us=integer(member(entry, "timestamp"), "timestamp") * 10**6)

    def book_of(self, pair: Pair, reply: Any) -> Book:
        # Nothing in a book names its market.
        bids, asks = (rows_of(member(reply, side), side) for side in ("bids", "asks"))
        # Answers of 2019 have the whole seconds alone.
        exact = reply.get("microtimestamp")
        time_us = integer(member(reply, "timestamp"), "timestamp") * 10**6 if exact is None else integer(exact, "time")
        return book_of(self.name, pair, bids, asks, time_us)

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        found = []
        for entry in items(reply, "markets"):
            pair = listed_pair(self.name, member(entry, "base_currency"), member(entry, "counter_currency"))
            if pair is not None and member(entry, "market_type") == "SPOT":
                price, size = (step_from_digits(member(entry, name), name) for name in _DIGITS)
                trading = member(entry, "trading") == "Enabled"
                found.append(Instrument(pair, str(member(entry, "market_symbol")), price, size, trading))
        return tuple(found)

    # what it writes

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        if single:
            return self._ticker_text(quotes[0], "")
        named = (self._ticker_text(quote, f',"pair":"{quote.pair}","market":"{quote.pair}"') for quote in quotes)
        return f"[{','.join(named)}]"

    def _ticker_text(self, quote: Quote, name: str) -> str:
        prices = f".{decimals_of(self.listing.of(quote.pair).price_step)}f"
        last = f"{quote.last or quote.bid:{prices}}"
        # The day: it opened at the last price and ranged a little.
        return (
            f'{{"timestamp":"{(quote.time_us or 0) // 10**6}","open":"{last}","high":"{last}","low":"{last}",'
            f'"last":"{last}","volume":"4000.00000000","vwap":"{last}","bid":"{quote.bid:{prices}}",'
            f'"ask":"{quote.ask:{prices}}","side":"0","open_24":"{last}","percent_change_24":"0.00",'
            f'"market_type":"SPOT"{name}}}'
        )

    def book_text(self, book: Book, asked: Asked) -> str:
        instrument, time_us = self.listing.of(book.pair), book.time_us or 0
        bids, asks = (rows_text(side, instrument) for side in (book.bids, book.asks))
        times = f'"timestamp":"{time_us // 10**6}","microtimestamp":"{time_us}"'
        return f'{{{times},"bids":[{bids}],"asks":[{asks}]}}'

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return json_text([_market(one) for one in instruments])

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        path, question, query = request.target.partition("?")
        at = {route.about for route in self.routes_at(request)}
        if kind == "not_found" and not at and self.routes_at(replace(request, target=f"{path}/")):
            return Response(301, b"", {"location": f"{path}/{question}{query}"})
        if kind == "unknown_symbol" and "book" in at:
            return Response(404, _NO_SUCH_PAGE, {"content-type": "text/html"})
        if kind == "not_found":
            return self.refused(404, {"message": "Not found."})
        if kind == "server":
            return self.refused(503, {"error": _MAINTENANCE}, retry_after)
        status, code, reason = _REFUSALS[kind]
        return self.refused(status, {"status": "error", "reason": reason, "response_code": code}, retry_after)


def _market(one: Instrument) -> dict[str, object]:
    trading = "Enabled" if one.trading else "Disabled"
    return {
        "name": str(one.pair), "market_symbol": one.symbol, "base_currency": one.pair.base,
        "base_decimals": decimals_of(one.size_step), "counter_currency": one.pair.quote,
        "counter_decimals": decimals_of(one.price_step), "minimum_order_value": "10", "trading": trading,
        "instant_order_counter_decimals": 2, "instant_and_market_orders": trading,
        "description": f"{one.pair.base} / {one.pair.quote}", "market_type": "SPOT",
    }  # fmt: skip


BITSTAMP: Final[Exchange] = Bitstamp()
