"""Coinbase Exchange (once GDAX, then Coinbase Pro): both halves of its public interface.

    GET /products/BTC-USD/ticker
    {"ask": "73369.19", "bid": "73360.34", "volume": "1207.50668151", "trade_id": 18502105, "price": "73367.8",
     "size": "0.00730812", "time": "2024-03-13T11:10:41.270099Z", "rfq_volume": "7.669923"}

    GET /products/BTC-USD/book?level=2      1: the best of each side (where none is said); 2: all of them, gathered
    {"bids": [["0.01825", "24.34811287", 2], ...], "asks": [...], "sequence": 1924393896, "auction_mode": false, ...}

    GET /time          {"iso": "2020-05-12T08:00:51.504Z", "epoch": 1589270451.504}
    GET /products      status: online, offline, delisted ...; trading_disabled, cancel_only, limit_only, post_only

Size and time of a ticker are those of the last trade. A level ends with how many orders it has, a number. In an auction
a ticker may lack bid and ask, and a book holds the prices that would be; neither is anybody's to take.

No answer with a bid and an ask names its product, and no other request brings them: the answer to another request could
not be told from ours. Nothing is guessed of that here: many products share a grid, and what price is likely is for
those to say who compare exchanges. That a quote is of its product rests on HTTP, and on the promise of every strategy
that an outcome answers its request.

Ten requests a second and 15 at once: https://docs.cdp.coinbase.com/exchange/rest-api/rate-limits. A refusal is a
status and {"message": "NotFound"}; few of its words are documented. The real server wants a User-Agent, and does not
say how deep level 2 is: the mock's has 1,000 levels.
Base-tier taker fee: https://help.coinbase.com/en/exchange/trading-and-funding/exchange-fees (up to $10K a month).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from exchanges.book import Book
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import decimals_of, instruments_from, listed_pair
from exchanges.levels import book_of, rows_text
from exchanges.limit import RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import (
    Unreadable,
    bid_and_ask,
    items,
    last_price,
    member,
    refused_as,
    rows_of,
    step,
    time_text_for,
    time_us_from,
)
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USD    BTC-USD    0.01      0.00000001
    ETH/USD    ETH-USD    0.01      0.00000001
    SOL/USD    SOL-USD    0.01      0.00000001
    XRP/USD    XRP-USD    0.0001    0.000001
    DOGE/USD   DOGE-USD   0.00001   0.1
    ADA/USD    ADA-USD    0.0001    0.00000001
    LTC/USD    LTC-USD    0.01      0.00000001
    LINK/USD   LINK-USD   0.001     0.01
    DOT/USD    DOT-USD    0.001     0.00000001
    AVAX/USD   AVAX-USD   0.01      0.00000001
    BCH/USD    BCH-USD    0.01      0.00000001
    XLM/USD    XLM-USD    0.000001  1
    UNI/USD    UNI-USD    0.001     0.000001
    ATOM/USD   ATOM-USD   0.001     0.01
    ETC/USD    ETC-USD    0.01      0.00000001
    AAVE/USD   AAVE-USD   0.01      0.001
    BTC/USDT   BTC-USDT   0.01      0.00000001
    ETH/USDT   ETH-USDT   0.01      0.00000001
    BTC/EUR    BTC-EUR    0.01      0.00000001
    ETH/EUR    ETH-EUR    0.01      0.00000001
    USDT/USD   USDT-USD   0.00001   0.01
""")

_KIND_OF_MESSAGE: Final = {
    "NotFound": "unknown_symbol", "Product not found": "unknown_symbol", "Route not found": "protocol",
    "Public rate limit exceeded": "rate_limited", "Forbidden": "blocked", "Internal server error": "server",
}  # fmt: skip
_REFUSALS: Final = {
    "unknown_symbol": (404, "NotFound"),
    "rate_limited": (429, "Public rate limit exceeded"),
    "banned": (403, "Forbidden"),
    "blocked": (403, "Forbidden"),
    "server": (500, "Internal server error"),
    "bad_argument": (400, "Bad Request"),
    "not_found": (404, "Route not found"),
}
_KEEPS_AWAY: Final = ("trading_disabled", "cancel_only", "limit_only", "post_only", "auction_mode")
_LEVELS: Final = 1000


def _get(about: str, path: str, level: str | None = None, usual: int = 0) -> Route:
    fixed = () if level is None else (("level", level),)
    # A bucket of 15 that is filled with ten a second; all requests share it.
    return Route(about, path, fixed=fixed, usual=usual, limit=RateLimit(15, 1.5), bucket="public")


@dataclass(frozen=True, eq=False)
class CoinbaseExchange(RoutedExchange):
    """The public market data. ``CoinbaseExchange(instruments=...)`` serves markets that are not in the table."""

    name: str = "coinbase_exchange"
    title: str = "Coinbase Exchange"
    origin: str = "https://api.exchange.coinbase.com"
    docs: str = "https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-ticker"
    taker_fee: Decimal = Decimal("0.006")
    carries: frozenset[str] = frozenset({"last", "time_us"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = _LEVELS
    time_grain_us: int = 1
    examples: tuple[tuple[str, str], ...] = (
        ("the best level of the book", "/products/BTC-USD/book"),
        ("what is listed", "/products"),
        ("the last price of everything", "/products/spark-lines"),
        ("the exchange's time", "/time"),
    )
    routes: ClassVar[tuple[Route, ...]] = (
        _get("one", "/products/{symbol}/ticker"),
        _get("book", "/products/{symbol}/book", level="1", usual=1),
        _get("book", "/products/{symbol}/book", level="2", usual=_LEVELS),
        _get("book", "/products/{symbol}/book", level="", usual=1),
        _get("time", "/time"),
        _get("instruments", "/products"),
        _get("spark lines", "/products/spark-lines"),
        _get("currencies", "/currencies"),
    )

    # what it reads

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        if type(reply) is not dict or "message" not in reply:
            return None
        message = str(reply["message"])
        kind = "protocol" if response.status == 400 else _KIND_OF_MESSAGE.get(message)
        return refused_as(kind, self.name, repr(safe(message)), response)

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        if len(pairs) != 1:
            raise Unreadable("schema", f"expected a ticker to be read for one product, found {len(pairs)} wanted of it")
        last, time_us = last_price(member(reply, "price"), "price"), time_us_from(member(reply, "time"), "time")
        # It is a ticker: a side that is missing is one on which nobody is, as in an auction.
        bid, ask = bid_and_ask(reply.get("bid", ""), reply.get("ask", ""))
        return (Quote(self.name, pairs[0], bid, ask, last, time_us=time_us),)

    def book_of(self, pair: Pair, reply: Any) -> Book:
        bids, asks = (rows_of(member(reply, side), side) for side in ("bids", "asks"))
        if reply.get("auction_mode") is True:
            raise Unreadable("bad_value", "expected levels to trade at, found an auction, whose prices are indications")
        time = reply.get("time")
        return book_of(self.name, pair, bids, asks, None if time is None else time_us_from(time, "the book's time"))

    def time_of(self, reply: Any) -> int:
        # "epoch" says the same as a float.
        return time_us_from(member(reply, "iso"), "iso")

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        found = []
        for entry in items(reply, "products"):
            base, quote, name = (str(member(entry, key)) for key in ("base_currency", "quote_currency", "id"))
            pair = listed_pair(self.name, base, quote)
            # BTCAUCTION-USD has BTC and USD as well, and is not where they are traded.
            if pair is not None and name == f"{base}-{quote}":
                price, size = (step(member(entry, grid), grid) for grid in ("quote_increment", "base_increment"))
                kept_away = any(entry.get(word) is True for word in _KEEPS_AWAY)
                trading = member(entry, "status") == "online" and not kept_away
                found.append(Instrument(pair, name, price, size, trading))
        return tuple(found)

    # what it writes

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        (quote,) = quotes  # requests_for never asks for more at a time
        digits = f".{decimals_of(self.listing.of(quote.pair).price_step)}f"
        time_us = quote.time_us or 0
        # The day is the same for all; a trade's number is its time in milliseconds.
        return (
            f'{{"ask":"{quote.ask:{digits}}","bid":"{quote.bid:{digits}}","volume":"1207.50668151",'
            f'"trade_id":{time_us // 1000},"price":"{quote.last or quote.bid:{digits}}","size":"0.01000000",'
            f'"time":"{time_text_for(time_us)}","rfq_volume":"7.669923"}}'
        )

    def book_text(self, book: Book, asked: Asked) -> str:
        instrument, time_us = self.listing.of(book.pair), book.time_us or 0
        bids, asks = (rows_text(side, instrument, ",2") for side in (book.bids, book.asks))
        return (
            f'{{"bids":[{bids}],"asks":[{asks}],"sequence":{time_us // 1000},"auction_mode":false,"auction":null,'
            f'"time":"{time_text_for(time_us)}"}}'
        )

    def time_text(self, time_us: int) -> str:
        seconds, millis = divmod(time_us // 1000, 1000)
        return f'{{"iso":"{time_text_for(time_us)[:23]}Z","epoch":{seconds}.{millis:03}}}'

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return json_text([_product(one) for one in instruments])

    def other_text(self, asked: Asked, view: View) -> str:
        if asked.route.about == "currencies":
            codes = dict.fromkeys(code for one in self.instruments for code in (one.pair.base, one.pair.quote))
            return json_text([_currency(code) for code in codes])
        # The hour that is not over yet: when it began, low, high, open and close.
        hour_s, lines = view.time_us // 3_600_000_000 * 3600, []
        for one in self.instruments:
            quote = view.quote(one.pair)
            lines.append(f'"{one.symbol}":[[{hour_s}{f",{quote.last or quote.bid:f}" * 4}]]')
        return f"{{{','.join(lines)}}}"

    def entries_in(self, request: Request) -> int:
        sparks = any(route.about == "spark lines" for route in self.routes_at(request))
        return len(self.instruments) if sparks else super().entries_in(request)

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        if kind == "not_found" and self.routes_at(request):
            kind = "bad_argument"
        status, message = _REFUSALS[kind]
        return self.refused(status, {"message": message}, retry_after)


def _product(one: Instrument) -> dict[str, Any]:
    return {
        "id": one.symbol, "base_currency": one.pair.base, "quote_currency": one.pair.quote,
        "quote_increment": f"{one.price_step:f}", "base_increment": f"{one.size_step:f}", "display_name": one.symbol,
        "min_market_funds": "1", "margin_enabled": False, "post_only": False, "limit_only": False, "cancel_only": False,
        "status": "online" if one.trading else "delisted", "status_message": "", "trading_disabled": not one.trading,
        "fx_stablecoin": False, "max_slippage_percentage": "0.02000000", "auction_mode": False,
    }  # fmt: skip


def _currency(code: str) -> dict[str, Any]:
    return {
        "id": code, "name": code, "min_size": "0.00000001", "status": "online", "message": "",
        "max_precision": "0.00000001", "convertible_to": [], "default_network": "", "supported_networks": [],
        "details": {"type": "fiat" if code in ("USD", "EUR", "GBP") else "crypto"}, "display_name": code,
    }  # fmt: skip


COINBASE_EXCHANGE: Final[Exchange] = CoinbaseExchange()
