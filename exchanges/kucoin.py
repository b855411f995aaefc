"""KuCoin (spot): both halves of its public interface.

    GET /api/v1/market/orderbook/level1?symbol=BTC-USDT            one market, live
    {"code": "200000", "data": {"time": 1550653727731, "sequence": "1550467636704", "price": "0.03715005",
     "bestBid": "0.03710768", "bestBidSize": "3.803", "bestAsk": "0.03715004", "bestAskSize": "1.788"}}

    GET /api/v1/market/allTickers                                  all, with one time; up to two seconds old
    {"code": "200000", "data": {"time": 1602832092060, "ticker": [{"symbol": "BTC-USDT", "buy": "11328.9", ...}]}}
    GET /api/v1/market/orderbook/level2_20?symbol=BTC-USDT         and level2_100: so many levels, no others
    {"code": "200000", "data": {"time": 1619378326628, "sequence": "1613277183892", "bids": [["242.649", "5"]], ...}}

"buy" is the best bid, "sell" the best ask; idle markets have null for either. A symbol is for ever; the name beside it
changes with the currency's (BCHSV-USDT is called BSV-USDT), and by it a market in the list is known. An unknown symbol
is success with "data": null. Neither level1 nor a book names its market: that it is ours, HTTP alone says.

/api/v1/market/stats, which ccxt asks for, names its market, without sizes. The newer unified ticker costs fifteen
points where level1 costs two; its time was in milliseconds in 2025 and is documented in nanoseconds. Futures have its
shape, with sizes in contracts: refused.
All requests of an address share 2000 points in 30 s. Base-tier taker fee: takerFeeRate of stats (coins of class A).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any, ClassVar, Final

from exchanges.aliases import own_code
from exchanges.book import Book
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.fields import Fields
from exchanges.instruments import instruments_from, listed_pair
from exchanges.levels import book_of, shortest, shortest_rows
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import Unreadable, integer, items, member, refused_as, rows_of, step
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USDT   BTC-USDT    0.1       0.00000001
    ETH/USDT   ETH-USDT    0.01      0.0000001
    SOL/USDT   SOL-USDT    0.001     0.0001
    XRP/USDT   XRP-USDT    0.00001   0.0001
    DOGE/USDT  DOGE-USDT   0.00001   0.0001
    ADA/USDT   ADA-USDT    0.0001    0.0001
    LTC/USDT   LTC-USDT    0.01      0.000001
    LINK/USDT  LINK-USDT   0.001     0.0001
    DOT/USDT   DOT-USDT    0.001     0.0001
    AVAX/USDT  AVAX-USDT   0.001     0.0001
    BCH/USDT   BCH-USDT    0.01      0.0001
    XLM/USDT   XLM-USDT    0.000001  0.0001
    UNI/USDT   UNI-USDT    0.001     0.0001
    BSV/USDT   BCHSV-USDT  0.001     0.00000001
    BTC/USDC   BTC-USDC    0.1       0.00000001
    USDC/USDT  USDC-USDT   0.0001    0.0001
""")

_UNIFIED, _EVERY = "/api/ua/v1/market/ticker", "/api/v1/market/allTickers"
_LEVEL1, _STATS = "/api/v1/market/orderbook/level1", "/api/v1/market/stats"
_LEVEL1_FIELDS: Final = Fields("symbol", "bestBid", "bestAsk", "price", "bestBidSize", "bestAskSize")
_FIELDS: Final = Fields("symbol", "buy", "sell", "last", "bestBidSize", "bestAskSize")
_UNIFIED_FIELDS: Final = Fields("symbol", "bestBidPrice", "bestAskPrice", "lastPrice", "bestBidSize", "bestAskSize")
_DAY: Final = {
    "changeRate": "0", "changePrice": "0", "vol": "4000", "volValue": "400000000", "takerFeeRate": "0.001",
    "makerFeeRate": "0.001", "takerCoefficient": "1", "makerCoefficient": "1",
}  # fmt: skip
_KIND_OF_CODE: Final = {
    "200000": "unknown_symbol", "900001": "unknown_symbol", "400000": "protocol", "400100": "protocol",
    "404": "protocol", "200002": "rate_limited", "429000": "rate_limited", "500000": "server", "400302": "blocked",
}  # fmt: skip
_ELSEWHERE = (403, "400302", "Our services are currently unavailable in your region")
_REFUSALS: Final = {
    "unknown_symbol": (400, "400100", "Unsupported trading pair."), "banned": _ELSEWHERE, "blocked": _ELSEWHERE,
    "rate_limited": (429, "429000", "Too many requests. System-level rate limit exceeded."),
    "server": (500, "500000", "Internal Server Error"), "not_found": (404, "404", "not exist"),
    "bad_argument": (400, "400100", "Parameter error"),
}  # fmt: skip
_POOL: Final = RateLimit(2000, 30.0, window=True)


def _route(about: str, path: str, weight: int, symbol: str = "symbol", usual: int = 0) -> Route:
    fixed = (("tradeType", "SPOT"),) if path == _UNIFIED else ()
    return Route(about, path, symbol=symbol, fixed=fixed, usual=usual, weight=weight, limit=_POOL, bucket="public")


@dataclass(frozen=True, eq=False)
class Kucoin(RoutedExchange):
    """The public spot API. ``Kucoin(instruments=...)`` serves markets that are not in the table."""

    name: str = "kucoin"
    title: str = "KuCoin"
    origin: str = "https://api.kucoin.com"
    docs: str = "https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-ticker"
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size", "time_us"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 100
    examples: tuple[tuple[str, str], ...] = (
        ("BTC/USDT: the unified ticker", f"{_UNIFIED}?tradeType=SPOT&symbol=BTC-USDT"),
        ("what is listed", "/api/v2/symbols"),
        ("whether it is open", "/api/v1/status"),
    )
    routes: ClassVar[tuple[Route, ...]] = (
        _route("one", _LEVEL1, 2),
        _route("one", _UNIFIED, 15),
        _route("one", _STATS, 15),
        _route("all", _EVERY, 15, ""),
        _route("all", _UNIFIED, 15, ""),
        _route("book", "/api/v1/market/orderbook/level2_20", 2, usual=20),
        _route("book", "/api/v1/market/orderbook/level2_100", 4, usual=100),
        _route("time", "/api/v1/timestamp", 3, ""),
        _route("instruments", "/api/v2/symbols", 4, ""),
        _route("currencies", "/api/v3/currencies", 3, ""),
        _route("status", "/api/v1/status", 3, ""),
    )

    # what it reads

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        code, message = str(member(reply, "code")), str(reply.get("msg", "no data"))
        if code == "200000" and reply.get("data", "") is not None:
            return None
        said = f"code {safe(code, 20)}, {safe(message)!r}"
        kind = "unknown_symbol" if "trading pair" in message else _KIND_OF_CODE.get(code)
        return refused_as(kind, self.name, said, response)

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        data = member(reply, "data")
        unified = type(data) is dict and "list" in data
        if unified and member(data, "tradeType") != "SPOT":
            raise Unreadable("schema", f"expected the spot market, found {safe(str(data['tradeType']), 40)}")
        time_us = _time_us(member(data, "ts" if unified else "time"))
        wanted = [self.listing.of(pair) for pair in pairs]
        if type(data) is dict and "bestBid" in data and len(wanted) == 1:
            return _LEVEL1_FIELDS.quotes_of(self.name, wanted, [{**data, "symbol": wanted[0].symbol}], time_us)
        found = items(data["list"] if unified else data.get("ticker", [data]), "tickers")  # stats are a ticker alone
        return (_UNIFIED_FIELDS if unified else _FIELDS).quotes_of(self.name, wanted, found, time_us)

    def book_of(self, pair: Pair, reply: Any) -> Book:
        data = member(reply, "data")  # nothing in it names its market
        bids, asks = (rows_of(member(data, side), side) for side in ("bids", "asks"))
        return book_of(self.name, pair, bids, asks, _time_us(member(data, "time")))

    def time_of(self, reply: Any) -> int:
        return _time_us(member(reply, "data"))

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        found = []
        for entry in items(member(reply, "data"), "data"):
            own = member(entry, "baseCurrency"), member(entry, "quoteCurrency")
            named = str(entry.get("name")).split("-")
            pair = listed_pair(self.name, *(named if len(named) == 2 else own))
            if pair is not None:
                price, size = (step(member(entry, name), name) for name in ("priceIncrement", "baseIncrement"))
                trading = member(entry, "enableTrading") is True
                found.append(Instrument(pair, str(member(entry, "symbol")), price, size, trading))
        return tuple(found)

    # what it writes

    def answer(self, request: Request, view: View) -> Response:
        asked = self.asked_in(request)
        if asked.route.path not in (_UNIFIED, _LEVEL1, _STATS):
            return super().answer(request, view)
        return self.ok(self._text_of([view.quote(one.pair) for one in asked.instruments], asked.route.path))

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        return self._text_of(quotes, _LEVEL1 if single else _EVERY)

    def _text_of(self, quotes: Sequence[Quote], path: str) -> str:
        time_us = max((quote.time_us or 0 for quote in quotes), default=0)
        tickers = [self._ticker(quote, path) for quote in quotes]
        if path == _UNIFIED:
            return _ok({"tradeType": "SPOT", "ts": time_us * 1000, "list": tickers})
        return _ok({"time": time_us // 1000, **({"ticker": tickers} if path == _EVERY else tickers[0])})

    def _ticker(self, quote: Quote, path: str) -> dict[str, str]:
        symbol, name = self.listing.of(quote.pair).symbol, str(quote.pair).replace("/", "-")
        bid, ask, last = map(shortest, (quote.bid, quote.ask, quote.last))
        sizes = {"bestBidSize": shortest(quote.bid_size), "bestAskSize": shortest(quote.ask_size)}
        # The day stood still at the last price; volumes worth some hundred million.
        if path == _UNIFIED:
            day = {**dict.fromkeys(("open", "high", "low"), last), "baseVolume": "4000", "quoteVolume": "400000000"}
            touch = {"bestBidPrice": bid, "bestAskPrice": ask, "lastPrice": last, "size": "0.17"}
            return {"symbol": symbol, "name": name, **sizes, **touch, **day}
        if path == _LEVEL1:
            return {"sequence": "1550467636704", "price": last, "size": "0.17", "bestBid": bid, "bestAsk": ask, **sizes}
        named = {"symbol": symbol} if path == _STATS else {"symbol": symbol, "symbolName": name, **sizes}
        prices = {"buy": bid, "sell": ask, **dict.fromkeys(("last", "high", "low", "averagePrice"), last)}
        return {**named, **prices, **_DAY}

    def book_text(self, book: Book, asked: Asked) -> str:
        time_ms = (book.time_us or 0) // 1000
        sides = {"bids": shortest_rows(book.bids), "asks": shortest_rows(book.asks)}
        return _ok({"time": time_ms, "sequence": str(time_ms), **sides})

    def time_text(self, time_us: int) -> str:
        return _ok(time_us // 1000)

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return _ok([self._listed(one) for one in instruments])

    def _listed(self, one: Instrument) -> dict[str, object]:
        base, quote = (own_code(self.name, code) for code in (one.pair.base, one.pair.quote))
        return {
            "symbol": one.symbol, "name": str(one.pair).replace("/", "-"), "baseCurrency": base, "quoteCurrency": quote,
            "feeCurrency": quote, "market": "USDS", "baseMinSize": f"{one.size_step:f}", "quoteMinSize": "0.1",
            "baseMaxSize": "10000000000", "quoteMaxSize": "99999999", "baseIncrement": f"{one.size_step:f}",
            "quoteIncrement": "0.000001", "priceIncrement": f"{one.price_step:f}", "priceLimitRate": "0.1",
            "minFunds": "0.1", "isMarginEnabled": False, "enableTrading": one.trading,
        }  # fmt: skip

    def other_text(self, asked: Asked, view: View) -> str:
        if asked.route.about == "status":
            return _ok({"status": "open", "msg": ""})
        names = [(own_code(self.name, code), code) for code in self.listing.codes]
        return _ok([{"currency": own, "name": code, "fullName": code, "chains": []} for own, code in names])

    def usage_headers(self, charge: Charge, used: int, resets_s: float) -> Mapping[str, str]:
        left, resets_ms = max(0, charge.limit.capacity - used), ceil(resets_s * 1000)
        told = {"limit": charge.limit.capacity, "remaining": left, "reset": resets_ms}
        return {f"gw-ratelimit-{what}": str(figure) for what, figure in told.items()}

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        at = self.routes_at(request)
        if kind == "unknown_symbol" and at and at[0].path in (_LEVEL1, _STATS):
            return self.ok(_ok(None))
        status, code, message = _REFUSALS["bad_argument" if kind == "not_found" and at else kind]
        return self.refused(status, {"code": code, "msg": message}, retry_after)


def _time_us(value: object) -> int:
    """Of milliseconds; or of nanoseconds, which have nineteen digits until the year 2286."""
    if type(value) is str and len(value) == 19:
        return integer(value[:10], "ts") * 10**6 + integer(value[10:], "ts") // 1000
    return integer(value, "the time") * 1000


def _ok(data: object) -> str:
    return json_text({"code": "200000", "data": data})


KUCOIN: Final[Exchange] = Kucoin()
