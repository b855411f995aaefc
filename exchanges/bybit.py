"""Bybit (spot, v5): both halves of its public interface.

    GET /v5/market/tickers?category=spot&symbol=BTCUSDT         one market; without the symbol all of them, no list
    {"retCode": 0, "retMsg": "OK", "result": {"category": "spot", "list": [{"symbol": "BTCUSDT",
     "bid1Price": "20517.96", "bid1Size": "2", "ask1Price": "20527.77", "ask1Size": "1.862172",
     "lastPrice": "20533.13", ...}]}, "retExtInfo": {}, "time": 1673859087947}

    GET /v5/market/orderbook?category=spot&symbol=BTCUSDT&limit=5   1 to 200 levels, 1 where none is said
    {... "result": {"s": "BTCUSDT", "b": [["65485.47", "47.081829"]], "a": [...], "ts": 1716863719031, ...}, ...}
    GET /v5/market/time                              {... "result": {"timeSecond": "...", "timeNano": "..."}, ...}
    GET /v5/market/instruments-info?category=spot    status: PreLaunch, Trading, Delivering, Closed
    GET /v5/system/status                            what maintenance is planned or under way

The category decides the product: BTCUSDT is a contract as well. Prices are text, codes and times (milliseconds) are
numbers. A ticker has no time of its own; that of the answer, one for a whole batch, says when it was sent. A side on
which nobody is has the price "0". Refusals have HTTP 200 and a retCode that is not 0, in words that vary; but who asks
too often from one address is shut out with HTTP 403 "access too frequent", for ten minutes, while 403 without these
words is a country that is not served. https://bybit-exchange.github.io/docs/v5/error
Base-tier taker fee: https://www.bybit.com/en/help-center/article/Trading-Fee-Structure (spot, VIP 0).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from math import ceil
from typing import Any, ClassVar, Final

from exchanges.book import Book
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.fields import Fields
from exchanges.instruments import decimals_of, instruments_from, listed_pair
from exchanges.levels import book_of, rows_text
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import decimal, entries_by, entry_of, integer, items, member, refused_as, rows_of, step
from exchanges.refusal import retry_after_from, wait_until_ms
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USDT   BTCUSDT   0.1      0.000001
    ETH/USDT   ETHUSDT   0.01     0.00001
    SOL/USDT   SOLUSDT   0.01     0.001
    XRP/USDT   XRPUSDT   0.0001   0.01
    DOGE/USDT  DOGEUSDT  0.00001  0.1
    ADA/USDT   ADAUSDT   0.0001   0.01
    LTC/USDT   LTCUSDT   0.01     0.00001
    LINK/USDT  LINKUSDT  0.001    0.001
    DOT/USDT   DOTUSDT   0.0001   0.001
    AVAX/USDT  AVAXUSDT  0.001    0.001
    BCH/USDT   BCHUSDT   0.1      0.0001
    XLM/USDT   XLMUSDT   0.00001  0.1
    UNI/USDT   UNIUSDT   0.001    0.001
    ATOM/USDT  ATOMUSDT  0.001    0.001
    ETC/USDT   ETCUSDT   0.001    0.001
    AAVE/USDT  AAVEUSDT  0.01     0.0001
    BTC/USDC   BTCUSDC   0.1      0.000001
    ETH/USDC   ETHUSDC   0.01     0.00001
    SOL/USDC   SOLUSDC   0.01     0.001
    USDC/USDT  USDCUSDT  0.0001   0.01
""")

_KIND_OF_CODE: Final = {
    "10000": "server", "10016": "server", "10001": "protocol", "10017": "protocol", "10029": "unknown_symbol",
    "170121": "unknown_symbol", "10006": "rate_limited", "10018": "rate_limited", "10009": "banned",
    "10010": "blocked", "10024": "blocked",
}  # fmt: skip
_REFUSALS: Final = {
    "unknown_symbol": (200, 10001, "Not supported symbols"),
    "rate_limited": (200, 10006, "Too many visits. Exceeded the API Rate Limit."),
    "server": (200, 10016, "Server error."),
    "bad_argument": (200, 10001, "params error"),
    "not_found": (404, 10017, "Route not found"),
}
_RESETS: Final = "x-bapi-limit-reset-timestamp"  # in milliseconds since 1970
_FIELDS: Final = Fields("symbol", "bid1Price", "ask1Price", "lastPrice", "bid1Size", "ask1Size")
_SPOT: Final = (("category", "spot"),)
# One budget for everything that an address asks.
_ROUTE: Final = partial(Route, limit=RateLimit(600, 5.0, window=True, patience=20, ban_s=600.0), bucket="ip")


@dataclass(frozen=True, eq=False)
class Bybit(RoutedExchange):
    """The public spot API. ``Bybit(instruments=...)`` serves markets that are not in the table."""

    name: str = "bybit"
    title: str = "Bybit"
    origin: str = "https://api.bybit.com"
    docs: str = "https://bybit-exchange.github.io/docs/v5/market/tickers"
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size", "time_us"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 200
    examples: tuple[tuple[str, str], ...] = (
        ("what is listed", "/v5/market/instruments-info?category=spot"),
        ("the exchange's time", "/v5/market/time"),
        ("whether it is in maintenance", "/v5/system/status"),
    )
    routes: ClassVar[tuple[Route, ...]] = (
        _ROUTE("one", "/v5/market/tickers", symbol="symbol", fixed=_SPOT),
        _ROUTE("all", "/v5/market/tickers", fixed=_SPOT),
        _ROUTE("book", "/v5/market/orderbook", symbol="symbol", fixed=_SPOT, depth="limit", usual=1, most=200),
        _ROUTE("time", "/v5/market/time"),
        _ROUTE("instruments", "/v5/market/instruments-info", fixed=_SPOT),
        _ROUTE("status", "/v5/system/status"),
    )

    # what it reads

    def refusal_of_its_own(self, response: Response) -> Rejected | None:
        if response.status != 403 or b"too frequent" not in response.body[:400].lower():
            return None
        said = f"{self.name} answered HTTP 403 with {safe(response.body)!r}: it shuts this address out for a while"
        return Rejected("banned", said, retry_after_from(response))

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        code = str(member(reply, "retCode"))
        if code == "0":
            return None
        message = str(reply.get("retMsg"))
        # "Not supported symbols", "symbol params err", "symbol is not supported": one code for all bad arguments.
        names_symbol = code == "10001" and "symbol" in message.lower()
        kind = "unknown_symbol" if names_symbol else _KIND_OF_CODE.get(code)
        said = f"retCode {safe(code, 20)}, {safe(message)!r}"
        wait = wait_until_ms(response.headers.get(_RESETS)) if kind == "rate_limited" else None
        return refused_as(kind, self.name, said, response, wait)

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        entries = items(member(member(reply, "result"), "list"), "list")
        sent_us = integer(member(reply, "time"), "time") * 1000
        return _FIELDS.quotes_of(self.name, [self.listing.of(pair) for pair in pairs], entries, sent_us)

    def book_of(self, pair: Pair, reply: Any) -> Book:
        book = entry_of(self.listing.of(pair).symbol, entries_by("s", [member(reply, "result")]))
        bids, asks = (rows_of(member(book, side), side) for side in ("b", "a"))
        return book_of(self.name, pair, bids, asks, integer(member(book, "ts"), "ts") * 1000)

    def time_of(self, reply: Any) -> int:
        return int(decimal(member(member(reply, "result"), "timeNano"), "timeNano")) // 1000

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        found = []
        for entry in items(member(member(reply, "result"), "list"), "list"):
            pair = listed_pair(self.name, member(entry, "baseCoin"), member(entry, "quoteCoin"))
            if pair is not None:
                price = step(member(member(entry, "priceFilter"), "tickSize"), "tickSize")
                size = step(member(member(entry, "lotSizeFilter"), "basePrecision"), "basePrecision")
                symbol, trading = str(member(entry, "symbol")), member(entry, "status") == "Trading"
                found.append(Instrument(pair, symbol, price, size, trading))
        return tuple(found)

    # what it writes

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        return _listed(",".join(map(self._ticker_text, quotes)), quotes[0].time_us if quotes else None)

    def _ticker_text(self, quote: Quote) -> str:
        instrument = self.listing.of(quote.pair)
        prices, sizes = (f".{decimals_of(each)}f" for each in (instrument.price_step, instrument.size_step))
        last = f"{quote.last or quote.bid:{prices}}"
        # The day: it opened at the last price and ranged a little; volumes worth some hundred million.
        return (
            f'{{"symbol":"{instrument.symbol}","bid1Price":"{quote.bid:{prices}}",'
            f'"bid1Size":"{quote.bid_size or Decimal(0):{sizes}}","ask1Price":"{quote.ask:{prices}}",'
            f'"ask1Size":"{quote.ask_size or Decimal(0):{sizes}}","lastPrice":"{last}","prevPrice24h":"{last}",'
            f'"price24hPcnt":"0","highPrice24h":"{last}","lowPrice24h":"{last}","turnover24h":"400000000",'
            '"volume24h":"4000"}'
        )

    def book_text(self, book: Book, asked: Asked) -> str:
        instrument = self.listing.of(book.pair)
        asks, bids = (rows_text(side, instrument) for side in (book.asks, book.bids))
        ms = (book.time_us or 0) // 1000
        result = f'{{"s":"{instrument.symbol}","a":[{asks}],"b":[{bids}],"ts":{ms},"u":{ms},"seq":{ms},"cts":{ms}}}'
        return _answer(result, book.time_us)

    def time_text(self, time_us: int) -> str:
        return _answer(f'{{"timeSecond":"{time_us // 1_000_000}","timeNano":"{time_us * 1000}"}}', time_us)

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return _listed(",".join(json_text(_instrument(one)) for one in instruments), None)

    def other_text(self, asked: Asked, view: View) -> str:
        return _answer('{"list":[]}', view.time_us)

    def usage_headers(self, charge: Charge, used: int, resets_s: float) -> Mapping[str, str]:
        left = max(0, charge.limit.capacity - used)
        # What time it is, and once nothing is left when the budget is whole again.
        resets = {_RESETS: str(ceil((time.time() + (0 if left else resets_s)) * 1000))}
        return {"x-bapi-limit": str(charge.limit.capacity), "x-bapi-limit-status": str(left), **resets}

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        if kind in ("banned", "blocked"):
            waits = {} if retry_after is None else {"retry-after": str(ceil(retry_after))}
            body = b"access too frequent" if kind == "banned" else b"<html><body>403 Forbidden</body></html>"
            return Response(403, body, {"content-type": "text/html", **waits})
        if kind == "not_found" and self.routes_at(request):
            kind = "bad_argument"
        status, code, message = _REFUSALS[kind]
        # Times are this machine's, as in the Date header: by its own clock a client waits.
        now_ms = time.time() * 1000
        resets = {} if retry_after is None else {_RESETS: str(ceil(now_ms + retry_after * 1000))}
        error = {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": int(now_ms)}
        return Response(status, json_text(error).encode(), {**self.headers, **resets})


def _answer(result: str, time_us: int | None) -> str:
    return f'{{"retCode":0,"retMsg":"OK","result":{result},"retExtInfo":{{}},"time":{(time_us or 0) // 1000}}}'


def _listed(entries: str, time_us: int | None) -> str:
    return _answer(f'{{"category":"spot","list":[{entries}]}}', time_us)


def _instrument(one: Instrument) -> dict[str, object]:
    lots = {"basePrecision": f"{one.size_step:f}", "minOrderQty": f"{one.size_step:f}", "minOrderAmt": "5"}
    return {
        "symbol": one.symbol, "baseCoin": one.pair.base, "quoteCoin": one.pair.quote, "innovation": "0",
        "status": "Trading" if one.trading else "Closed", "marginTrading": "utaOnly", "stTag": "0",
        "lotSizeFilter": lots, "priceFilter": {"tickSize": f"{one.price_step:f}"}, "symbolType": "",
    }  # fmt: skip


BYBIT: Final[Exchange] = Bybit()
