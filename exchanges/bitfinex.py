"""Bitfinex (spot): both halves of its public interface, whose answers are positions instead of names.

    GET /v2/tickers?symbols=tBTCUSD,tAAVE:USD    several markets, or ALL: 11 items for each, its name first
    [["tBTCUSD", 10645, 73.93854271, 10647, 75.22266119, 731.60645389, 0.0738, 10644.00645389, 14480.89849423, 10766,
      9889.1449809], ...]          bid, size, ask, size, day's change twice, last, volume, high, low
    GET /v2/ticker/tBTCUSD                       one market: the same 10 numbers, and no name
    GET /v2/book/tBTCUSD/P0?len=25               1, 25, 100 or 250 levels: [price, orders, size], asks below zero
    GET /v2/book/tBTCUSD/R0?len=25               the same as orders: [order, price, size]
    GET /v2/conf/pub:list:pair:exchange          [["BTCUSD", "AAVE:USD", ...]]: what can be traded, by its name alone
    GET /v2/platform/status                      [1], or [0] in maintenance

A name is t and both codes, with a colon where one is longer than three letters; many codes are Bitfinex's own
(``exchanges.aliases``). A quote is asked for by a list of one, because ten numbers do not tell which market they are
about, and nor does a book. What is not listed is left out of a list in silence. Sizes are sums over 25 levels, so no
size at the best price. Where nobody trades the numbers are null. No answer has a time but that of version 1
(/v1/pubticker, with names), which is read where somebody hands one over.
A list says nothing of grids: prices have five significant digits and at most eight decimals, sizes eight decimals.
Refusals are lists too, ["error", 10020, "symbol: invalid"], most with HTTP 500. Who asks too often is shut out of that
endpoint for a minute. Taker fee: none since December 2025, https://www.bitfinex.com/fees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Final

from exchanges.aliases import ALIASES, own_code
from exchanges.book import Book, Level
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import instruments_from, listed_pair
from exchanges.levels import bare_number, book_of
from exchanges.limit import RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import (
    Unreadable,
    bid_and_ask,
    decimal,
    entry_of,
    items,
    json_from,
    last_price,
    member,
    plain,
    refused_as,
)
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USD    tBTCUSD    1         0.00000001
    ETH/USD    tETHUSD    0.1       0.00000001
    SOL/USD    tSOLUSD    0.01      0.00000001
    XRP/USD    tXRPUSD    0.0001    0.00000001
    DOGE/USD   tDOGE:USD  0.00001   0.00000001
    ADA/USD    tADAUSD    0.00001   0.00000001
    LTC/USD    tLTCUSD    0.001     0.00000001
    LINK/USD   tLINK:USD  0.001     0.00000001
    DOT/USD    tDOTUSD    0.0001    0.00000001
    AVAX/USD   tAVAX:USD  0.001     0.00000001
    BCH/USD    tBCHN:USD  0.01      0.00000001
    XLM/USD    tXLMUSD    0.00001   0.00000001
    UNI/USD    tUNIUSD    0.0001    0.00000001
    ATOM/USD   tATOUSD    0.0001    0.00000001
    ETC/USD    tETCUSD    0.001     0.00000001
    AAVE/USD   tAAVE:USD  0.01      0.00000001
    XMR/USD    tXMRUSD    0.01      0.00000001
    TRX/USD    tTRXUSD    0.00001   0.00000001
    FIL/USD    tFILUSD    0.0001    0.00000001
    SUI/USD    tSUIUSD    0.0001    0.00000001
    ETH/BTC    tETHBTC    0.000001  0.00000001
    BTC/USDT   tBTCUST    1         0.00000001
    ETH/USDT   tETHUST    0.1       0.00000001
    SOL/USDT   tSOLUST    0.01      0.00000001
    USDT/USD   tUSTUSD    0.00001   0.00000001
    USDC/USD   tUDCUSD    0.00001   0.00000001
    USDC/USDT  tUDCUST    0.0001    0.00000001
""")

_FINEST: Final = Decimal("0.00000001")
_KIND_OF_CODE: Final = {
    "10001": "blocked", "10020": "protocol", "10100": "blocked", "11010": "rate_limited", "20060": "server",
    "ERR_RATE_LIMIT": "rate_limited", "temporarily_unavailable": "server",
}  # fmt: skip
_REFUSALS: Final[dict[str, tuple[int, object]]] = {
    "unknown_symbol": (500, ["error", 10020, "symbol: invalid"]),
    **dict.fromkeys(("rate_limited", "banned"), (429, ["error", 11010, "ratelimit: error"])),
    "blocked": (403, ["error", 10001, "api_key: permission invalid"]),
    "server": (503, {"code": 503, "error": "temporarily_unavailable", "error_description": "Sorry, the service is "
                     "temporarily unavailable. See https://www.bitfinex.com/ for more info."}),
    "bad_argument": (500, ["error", 10020, "request: invalid"]), "not_found": (404, ["error", 10020, "path: invalid"]),
}  # fmt: skip
_THIRTY: Final = RateLimit(30, 60.0, window=True, patience=1, ban_s=60.0)
_NINETY: Final = RateLimit(90, 60.0, window=True, patience=1, ban_s=60.0)
_DEPTHS: Final = (25, 1, 100, 250)


@dataclass(frozen=True, eq=False)
class Bitfinex(RoutedExchange):
    """The public spot API. ``Bitfinex(instruments=...)`` serves markets that are not in the table."""

    name: str = "bitfinex"
    title: str = "Bitfinex"
    origin: str = "https://api-pub.bitfinex.com"
    docs: str = "https://docs.bitfinex.com/reference/rest-public-tickers"
    taker_fee: Decimal = Decimal(0)
    carries: frozenset[str] = frozenset({"last"})
    time_grain_us: int = 1
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 250
    one_by: ClassVar[str] = "some"
    examples: tuple[tuple[str, str], ...] = (
        ("one market, without its name", "/v2/ticker/tBTCUSD"),
        ("a book, order by order", "/v2/book/tBTCUSD/R0?len=25"),
        ("what can be traded", "/v2/conf/pub:list:pair:exchange"),
        ("whether it is in maintenance", "/v2/platform/status"),
    )
    routes: ClassVar[tuple[Route, ...]] = (
        Route("all", "/v2/tickers", fixed=(("symbols", "ALL"),), limit=_THIRTY),
        Route("some", "/v2/tickers", symbol="symbols", omits=True, limit=_THIRTY),
        Route("one", "/v2/ticker/{symbol}", limit=_THIRTY),
        Route("book", "/v2/book/{symbol}/P0", depth="len", depths=_DEPTHS, limit=_THIRTY),
        Route("book", "/v2/book/{symbol}/R0", depth="len", depths=_DEPTHS, limit=_THIRTY),
        Route("instruments", "/v2/conf/pub:list:pair:exchange", limit=_NINETY),
        Route("conf", "/v2/conf/{labels}", limit=_NINETY),
        Route("status", "/v2/platform/status", limit=_THIRTY),
    )

    # what it reads

    def refusal_of_its_own(self, response: Response) -> Rejected | None:
        try:
            return self.refusal_in(json_from(response), response) if response.status == 500 else None
        except Unreadable:
            return None

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        if type(reply) is list and reply[:1] == ["error"]:
            code, words = (str(each) for each in [*reply[1:3], "", ""][:2])
        elif type(reply) is dict and "error" in reply:
            code, words = str(reply["error"]), str(reply.get("error_description", ""))
        else:
            return None
        kind = "unknown_symbol" if (code, words) == ("10020", "symbol: invalid") else _KIND_OF_CODE.get(code)
        return refused_as(kind, self.name, f"error {safe(code, 30)}, {safe(words)!r}", response)

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...] | Rejected:
        if type(reply) is not list or (reply and type(reply[0]) is not list):
            if len(pairs) != 1:
                raise Unreadable("schema", f"expected {len(pairs)} markets by their names, found one without")
            return ((self._quote_of if type(reply) is list else self._old_quote_of)(pairs[0], reply),)
        entries = {str(items(entry, "a market", 1)[0]): entry for entry in reply}
        if len(entries) != len(reply):
            raise Unreadable("schema", "a market appears twice, so its price is in doubt")
        symbols = [self.listing.of(pair).symbol for pair in pairs]
        # Silence is a refusal, if the answer is to our question: all that it names was asked for.
        if entries.keys() < set(symbols):
            omitted = ", ".join(symbol for symbol in symbols if symbol not in entries)
            return Rejected("unknown_symbol", f"{self.name} left out what it does not list: {safe(omitted)}")
        return tuple(self._quote_of(p, entry_of(s, entries)[1:]) for p, s in zip(pairs, symbols, strict=True))

    def _quote_of(self, pair: Pair, numbers: Sequence[Any]) -> Quote:
        if len(numbers) != 10:
            raise Unreadable("schema", f"expected the 10 numbers of a market, found {len(numbers)}")
        bid, ask, last = (plain(numbers[place]) for place in (0, 2, 6))
        return Quote(self.name, pair, *bid_and_ask(bid, ask), last_price(last, "the last price"))

    def _old_quote_of(self, pair: Pair, reply: Any) -> Quote:
        prices = bid_and_ask(member(reply, "bid"), member(reply, "ask"))
        time_us = int(decimal(member(reply, "timestamp"), "timestamp") * 1_000_000)
        return Quote(self.name, pair, *prices, last_price(reply.get("last_price"), "last_price"), time_us=time_us)

    def book_of(self, pair: Pair, reply: Any) -> Book:
        sides: dict[bool, list[tuple[object, object]]] = {False: [], True: []}
        for row in items(reply, "the book"):
            if len(items(row, "a level", 3)) != 3:
                raise Unreadable("schema", f"expected price, orders and size of a level, found {len(row)} items")
            size = plain(row[2])
            sold = type(size) is str and size.startswith("-")
            sides[sold].append((plain(row[0]), str(size)[1:] if sold else size))
        return book_of(self.name, pair, sides[False], sides[True])

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        """The markets of the table, which do not trade where the list has them no more, and what else it has."""
        traded = [f"t{name}" if type(name) is str else "" for name in items(items(reply, "lists", 1)[0], "names")]
        if "" in traded:
            raise Unreadable("schema", "expected the names of markets as text")
        found = {one.pair: replace(one, trading=one.symbol in traded) for one in self.instruments}
        for symbol in traded:
            base, colon, quote = symbol[1:].partition(":")
            pair = listed_pair(self.name, *((base, quote) if colon else (base[:3], base[3:])))
            if pair is not None and (colon or len(base) == 6):
                found.setdefault(pair, Instrument(pair, symbol, _FINEST, _FINEST))
        return tuple(found.values())

    # what it writes

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        if single:
            return f"[{_numbers_text(quotes[0])}]"
        entries = (f'["{self.listing.of(quote.pair).symbol}",{_numbers_text(quote)}]' for quote in quotes)
        return f"[{','.join(entries)}]"

    def book_text(self, book: Book, asked: Asked) -> str:
        levels = [*book.bids, *(Level(price, -size) for price, size in book.asks)]
        numbers = [(bare_number(price), bare_number(size)) for price, size in levels]
        if asked.route.path.endswith("P0"):
            rows = [f"[{price},1,{size}]" for price, size in numbers]
        else:
            rows = [f"[{n},{price},{size}]" for n, (price, size) in enumerate(numbers, 34_006_738_527)]
        return f"[{','.join(rows)}]"

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return json_text([[one.symbol[1:] for one in instruments if one.trading]])

    def other_text(self, asked: Asked, view: View) -> str:
        if asked.route.about == "status":
            return "[1]"
        labels = asked.fields["labels"].split(",")
        if strange := [label for label in labels if not label.startswith("pub:")]:
            raise LookupError(f"Bitfinex has no list {safe(strange[0], 40)}")
        names = [one.symbol[1:] for one in self.instruments if one.trading]
        lists = {
            "pub:list:pair:exchange": names,
            "pub:info:pair": [[name, [None, None, None, "0.0001", "100000.0", *[None] * 7]] for name in names],
            "pub:list:currency": sorted(own_code(self.name, code) for code in self.listing.codes),
            "pub:map:currency:sym": list(ALIASES[self.name].items()),
        }
        return json_text([lists.get(label, []) for label in labels])

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        abouts = {route.about for route in self.routes_at(request)}
        if kind == "unknown_symbol" and "some" in abouts:
            return self.ok("[]")
        status, body = _REFUSALS["bad_argument" if kind == "not_found" and abouts else kind]
        return self.refused(status, body, retry_after)


def _numbers_text(quote: Quote) -> str:
    # The day: nothing happened in it. Sizes are sums that nobody carries.
    bid, ask, last = map(bare_number, (quote.bid, quote.ask, quote.last or quote.bid))
    return f"{bid},41.29183427,{ask},38.8801593,0,0,{last},4000.5,{last},{last}"


BITFINEX: Final[Exchange] = Bitfinex()
