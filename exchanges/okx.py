"""OKX (spot): both halves of its public interface.

    GET /api/v5/market/ticker?instId=BTC-USDT         one market; /tickers?instType=SPOT: all of them, no list
    {"code": "0", "msg": "", "data": [{"instType": "SPOT", "instId": "ETH-BTC", "last": "0.07319", "askPx": "0.07322",
     "askSz": "4.2", "bidPx": "0.0732", "bidSz": "6.050058", "ts": "1621440583784", ...}]}

    GET /api/v5/market/books?instId=BTC-USDT&sz=5     1 to 400 levels, 1 where none is said
    {"code": "0", "msg": "", "data": [{"asks": [["41006.8", "0.60038921", "0", "1"]], "bids": [...], "ts": "..."}]}

    GET /api/v5/public/time                           {"code": "0", "msg": "", "data": [{"ts": "1597026383085"}]}
    GET /api/v5/public/instruments?instType=SPOT      state: live, suspend, preopen, test
    GET /api/v5/system/status                         what maintenance is planned or under way

Everything is text, the code and the times (milliseconds) included. A side on which nobody is is empty text. The
rows of a book have four items, of which the third is always "0". Refusals have HTTP 200 and a code that is not "0".
Base-tier taker fee: https://www.okx.com/fees (regular user, level 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from exchanges.book import Book
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.fields import Fields
from exchanges.instruments import decimals_of, instruments_from, listed_pair
from exchanges.levels import book_of, rows_text
from exchanges.limit import RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import integer, items, member, refused_as, rows_of, step
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USDT   BTC-USDT   0.1      0.00000001
    ETH/USDT   ETH-USDT   0.01     0.000001
    SOL/USDT   SOL-USDT   0.01     0.000001
    XRP/USDT   XRP-USDT   0.0001   0.000001
    DOGE/USDT  DOGE-USDT  0.00001  0.000001
    ADA/USDT   ADA-USDT   0.0001   0.000001
    LTC/USDT   LTC-USDT   0.01     0.000001
    LINK/USDT  LINK-USDT  0.001    0.000001
    DOT/USDT   DOT-USDT   0.001    0.000001
    AVAX/USDT  AVAX-USDT  0.001    0.000001
    BCH/USDT   BCH-USDT   0.1      0.000001
    XLM/USDT   XLM-USDT   0.0001   0.000001
    UNI/USDT   UNI-USDT   0.001    0.000001
    ATOM/USDT  ATOM-USDT  0.001    0.000001
    ETC/USDT   ETC-USDT   0.001    0.000001
    AAVE/USDT  AAVE-USDT  0.01     0.000001
    BTC/USDC   BTC-USDC   0.1      0.00000001
    ETH/USDC   ETH-USDC   0.01     0.000001
    SOL/USDC   SOL-USDC   0.01     0.000001
    USDC/USDT  USDC-USDT  0.0001   0.000001
""")

_KIND_OF_CODE: Final = {
    "50001": "server", "50004": "server", "50011": "rate_limited", "50013": "server", "50026": "server",
    "50014": "protocol", "51000": "protocol", "50103": "blocked", "51001": "unknown_symbol",
    "50040": "rate_limited", "50061": "rate_limited", "50110": "blocked", "50124": "blocked",
}  # fmt: skip
_REFUSALS: Final = {
    "unknown_symbol": (200, "51001", "Instrument ID does not exist"),
    "rate_limited": (429, "50011", "Too Many Requests"),
    "banned": (403, "50110", "Your IP is not included in your API key's IP whitelist"),
    "blocked": (403, "50110", "Your IP is not included in your API key's IP whitelist"),
    "server": (503, "50001", "Service temporarily unavailable. Try again later"),
    "bad_argument": (400, "51000", "Parameter error"),
    "not_found": (404, "404", "Not Found"),
}
_FIELDS: Final = Fields("instId", "bidPx", "askPx", "last", "bidSz", "askSz", "ts")
_TICKS: Final = RateLimit(20, 2.0)
_OK: Final = '{{"code":"0","msg":"","data":[{}]}}'


@dataclass(frozen=True, eq=False)
class Okx(RoutedExchange):
    """The public spot API. ``Okx(instruments=...)`` serves markets that are not in the table."""

    name: str = "okx"
    title: str = "OKX"
    origin: str = "https://www.okx.com"
    docs: str = "https://www.okx.com/docs-v5/en/#order-book-trading-market-data"
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size", "time_us"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 400
    examples: tuple[tuple[str, str], ...] = (
        ("what is listed", "/api/v5/public/instruments?instType=SPOT"),
        ("the exchange's time", "/api/v5/public/time"),
        ("whether it is in maintenance", "/api/v5/system/status"),
    )
    routes: ClassVar[tuple[Route, ...]] = (
        Route("one", "/api/v5/market/ticker", symbol="instId", limit=_TICKS),
        Route("all", "/api/v5/market/tickers", fixed=(("instType", "SPOT"),), limit=_TICKS),
        Route("book", "/api/v5/market/books", symbol="instId", depth="sz", usual=1, most=400, limit=RateLimit(40, 2.0)),
        Route("time", "/api/v5/public/time", limit=RateLimit(10, 2.0)),
        Route("instruments", "/api/v5/public/instruments", fixed=(("instType", "SPOT"),), limit=_TICKS),
        Route("status", "/api/v5/system/status", limit=RateLimit(1, 5.0)),
    )

    # what it reads

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        code = str(member(reply, "code"))
        if code == "0":
            return None
        said = f"code {safe(code, 20)}, {safe(str(reply.get('msg')))!r}"
        return refused_as(_KIND_OF_CODE.get(code), self.name, said, response)

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        entries = items(member(reply, "data"), "data")
        return _FIELDS.quotes_of(self.name, [self.listing.of(pair) for pair in pairs], entries)

    def book_of(self, pair: Pair, reply: Any) -> Book:
        # Nothing in a book names its market.
        book = items(member(reply, "data"), "data", 1)[0]
        bids, asks = (rows_of(member(book, side), side) for side in ("bids", "asks"))
        return book_of(self.name, pair, bids, asks, integer(member(book, "ts"), "ts") * 1000)

    def time_of(self, reply: Any) -> int:
        return integer(member(items(member(reply, "data"), "data", 1)[0], "ts"), "ts") * 1000

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        found = []
        for entry in items(member(reply, "data"), "data"):
            pair = listed_pair(self.name, member(entry, "baseCcy"), member(entry, "quoteCcy"))
            if pair is not None and member(entry, "instType") == "SPOT":
                grids = step(member(entry, "tickSz"), "tickSz"), step(member(entry, "lotSz"), "lotSz")
                trading = member(entry, "state") == "live"
                found.append(Instrument(pair, str(member(entry, "instId")), *grids, trading))
        return tuple(found)

    # what it writes

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        return _OK.format(",".join(map(self._ticker_text, quotes)))

    def _ticker_text(self, quote: Quote) -> str:
        instrument = self.listing.of(quote.pair)
        prices, sizes = (f".{decimals_of(each)}f" for each in (instrument.price_step, instrument.size_step))
        bid_size, ask_size = quote.bid_size or Decimal(0), quote.ask_size or Decimal(0)
        last = f"{quote.last or quote.bid:{prices}}"
        # The day: it opened at the last price and ranged a little; volumes worth some hundred million.
        return (
            f'{{"instType":"SPOT","instId":"{instrument.symbol}","last":"{last}","lastSz":"{bid_size:{sizes}}",'
            f'"askPx":"{quote.ask:{prices}}","askSz":"{ask_size:{sizes}}","bidPx":"{quote.bid:{prices}}",'
            f'"bidSz":"{bid_size:{sizes}}","open24h":"{last}","high24h":"{last}","low24h":"{last}",'
            f'"volCcy24h":"400000000","vol24h":"4000","ts":"{(quote.time_us or 0) // 1000}","sodUtc0":"{last}",'
            f'"sodUtc8":"{last}"}}'
        )

    def book_text(self, book: Book, asked: Asked) -> str:
        instrument = self.listing.of(book.pair)
        asks, bids = (rows_text(side, instrument, ',"0","1"') for side in (book.asks, book.bids))
        return _OK.format(f'{{"asks":[{asks}],"bids":[{bids}],"ts":"{(book.time_us or 0) // 1000}"}}')

    def time_text(self, time_us: int) -> str:
        return _OK.format(f'{{"ts":"{time_us // 1000}"}}')

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return _OK.format(",".join(json_text(_instrument(one)) for one in instruments))

    def other_text(self, asked: Asked, view: View) -> str:
        return _OK.format("")

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        if kind == "not_found" and self.routes_at(request):
            kind = "bad_argument"
        status, code, message = _REFUSALS[kind]
        return self.refused(status, {"code": code, "msg": message, "data": []}, retry_after)


def _instrument(one: Instrument) -> dict[str, str]:
    empty = dict.fromkeys(("alias", "ctMult", "ctType", "ctVal", "ctValCcy", "expTime", "instFamily", "optType"), "")
    unlike = dict.fromkeys(("settleCcy", "stk", "uly"), "")
    return {
        **empty, **unlike, "baseCcy": one.pair.base, "quoteCcy": one.pair.quote, "category": "1",
        "instId": one.symbol, "instType": "SPOT", "lever": "10", "listTime": "1548133413000",
        "lotSz": f"{one.size_step:f}", "minSz": f"{one.size_step:f}", "tickSz": f"{one.price_step:f}",
        "maxLmtSz": "9999999999", "maxMktSz": "1000000", "maxStopSz": "1000000", "maxTwapSz": "9999999999",
        "maxIcebergSz": "9999999999", "maxTriggerSz": "9999999999", "ruleType": "normal",
        "state": "live" if one.trading else "suspend",
    }  # fmt: skip


OKX: Final[Exchange] = Okx()
