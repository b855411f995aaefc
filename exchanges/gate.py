"""Gate (spot, v4): both halves of its public interface.

    GET /api/v4/spot/tickers?currency_pair=BTC_USDT       a list of one
    [{"currency_pair": "BTC_USDT", "last": "73373.9", "lowest_ask": "73364.2", "lowest_size": "0.19",
      "highest_bid": "73364.1", "highest_size": "1.02", "base_volume": "3410.0783503636", ...}]

    GET /api/v4/spot/tickers                              all of them, without the two sizes; no list
    GET /api/v4/spot/order_book?currency_pair=BTC_USDT&limit=5&with_id=true    1 to 1000 levels, 10 where none is said
    {"id": 123456, "current": 1684102210493, "update": 1684102210263, "asks": [["200", "1"]], "bids": [["150", "1"]]}

    GET /api/v4/spot/time              {"server_time": 1731447921098}
    GET /api/v4/spot/currency_pairs    trade_status: tradable, untradable, buyable, sellable

Prices are text, times (milliseconds) and ids numbers. Tickers have no time; a book says when it was sent (current) and
when it last changed (update), which answers of 2021 did not. A side on which nobody is, is empty text. The grids of a
market are numbers of digits. Leveraged tokens (BTC3L_USDT) are markets like others, with more fields; what is sold
before it exists is of the type "premarket" and left out. Where one can only buy, or only sell, nobody can take both
prices: that is not trading. Refusals have a label and HTTP 400. An IP may ask each endpoint 200 times in 10 s.
https://www.gate.com/docs/developers/apiv4/en/#label-list
Base-tier taker fee: the fee of currency_pairs, in percent (0.2), as in https://www.gate.com/fee (VIP 0).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any, ClassVar, Final

from exchanges.book import Book
from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.fields import Fields
from exchanges.instruments import decimals_of, instruments_from, listed_pair, step_from_digits
from exchanges.levels import book_of, shortest, shortest_rows
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import integer, items, member, refused_as, rows_of
from exchanges.route import Asked, Route
from exchanges.routed import RoutedExchange
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

INSTRUMENTS: Final = instruments_from("""
    BTC/USDT   BTC_USDT   0.1      0.000001
    ETH/USDT   ETH_USDT   0.01     0.0001
    SOL/USDT   SOL_USDT   0.01     0.001
    XRP/USDT   XRP_USDT   0.0001   0.01
    DOGE/USDT  DOGE_USDT  0.00001  0.1
    ADA/USDT   ADA_USDT   0.0001   0.01
    LTC/USDT   LTC_USDT   0.01     0.0001
    LINK/USDT  LINK_USDT  0.001    0.001
    DOT/USDT   DOT_USDT   0.001    0.001
    AVAX/USDT  AVAX_USDT  0.001    0.001
    BCH/USDT   BCH_USDT   0.1      0.0001
    XLM/USDT   XLM_USDT   0.00001  0.01
    UNI/USDT   UNI_USDT   0.001    0.001
    ATOM/USDT  ATOM_USDT  0.001    0.001
    ETC/USDT   ETC_USDT   0.001    0.001
    AAVE/USDT  AAVE_USDT  0.01     0.0001
    BTC/USDC   BTC_USDC   0.1      0.000001
    ETH/USDC   ETH_USDC   0.01     0.0001
    USDC/USDT  USDC_USDT  0.0001   0.01
""")

_FIELDS: Final = Fields("currency_pair", "highest_bid", "lowest_ask", "last", "highest_size", "lowest_size")
_KIND_OF_LABEL: Final = {
    "INVALID_CURRENCY_PAIR": "unknown_symbol", "INVALID_CURRENCY": "unknown_symbol", "INVALID_PARAM_VALUE": "protocol",
    "INVALID_ARGUMENT": "protocol", "INVALID_PROTOCOL": "protocol", "MISSING_REQUIRED_PARAM": "protocol",
    "BAD_REQUEST": "protocol", "METHOD_NOT_ALLOWED": "protocol", "NOT_FOUND": "protocol",
    "TOO_MANY_REQUESTS": "rate_limited", "TOO_FAST": "rate_limited", "FORBIDDEN": "blocked", "IP_FORBIDDEN": "blocked",
    "INTERNAL": "server", "SERVER_ERROR": "server", "TOO_BUSY": "server",
}  # fmt: skip
_REFUSALS: Final = {
    "unknown_symbol": (400, "INVALID_CURRENCY_PAIR", "Invalid currency pair"),
    "rate_limited": (429, "TOO_MANY_REQUESTS", "Request rate limit exceeded"),
    "banned": (403, "FORBIDDEN", "Access from this address is forbidden"),
    "blocked": (403, "FORBIDDEN", "Access from this address is forbidden"),
    "server": (500, "INTERNAL", "Internal server error"),
    "bad_argument": (400, "INVALID_PARAM_VALUE", "Invalid parameter value"),
    "not_found": (404, "NOT_FOUND", "The path does not exist"),
}
_DIGITS: Final = ("precision", "amount_precision")  # of prices and of sizes
_LIMIT: Final = RateLimit(200, 10.0, window=True)


@dataclass(frozen=True, eq=False)
class Gate(RoutedExchange):
    """The public spot API. ``Gate(instruments=...)`` serves markets that are not in the table."""

    name: str = "gate"
    title: str = "Gate"
    origin: str = "https://api.gateio.ws"
    docs: str = "https://www.gate.com/docs/developers/apiv4/en/#spot"
    taker_fee: Decimal = Decimal("0.002")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size"})
    instruments: tuple[Instrument, ...] = INSTRUMENTS
    most_levels: int = 1000
    examples: tuple[tuple[str, str], ...] = (
        ("what is listed", "/api/v4/spot/currency_pairs"),
        ("the exchange's time", "/api/v4/spot/time"),
        ("the currencies", "/api/v4/spot/currencies"),
    )
    routes: ClassVar[tuple[Route, ...]] = (
        Route("one", "/api/v4/spot/tickers", symbol="currency_pair", limit=_LIMIT),
        Route("all", "/api/v4/spot/tickers", limit=_LIMIT),
        Route(
            "book",
            "/api/v4/spot/order_book",
            symbol="currency_pair",
            depth="limit",
            usual=10,
            most=1000,
            limit=_LIMIT,
        ),
        Route("time", "/api/v4/spot/time", limit=_LIMIT),
        Route("instruments", "/api/v4/spot/currency_pairs", limit=_LIMIT),
        Route("currencies", "/api/v4/spot/currencies", limit=_LIMIT),
        Route("margin", "/api/v4/margin/currency_pairs", limit=_LIMIT),
    )

    @property
    def batch_carries(self) -> frozenset[str]:
        """The last price alone: the sizes are told of one market at a time."""
        return frozenset({"last"})

    # what it reads

    def refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        if type(reply) is not dict or "label" not in reply:
            return None
        label = str(reply["label"])
        said = f"{safe(label, 40)}, {safe(str(reply.get('message') or reply.get('detail')))!r}"
        return refused_as(_KIND_OF_LABEL.get(label), self.name, said, response)

    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        return _FIELDS.quotes_of(self.name, [self.listing.of(pair) for pair in pairs], items(reply, "the tickers"))

    def book_of(self, pair: Pair, reply: Any) -> Book:
        # Nothing in a book names its market.
        bids, asks = (rows_of(member(reply, side), side) for side in ("bids", "asks"))
        current = reply.get("current")
        return book_of(self.name, pair, bids, asks, None if current is None else integer(current, "current") * 1000)

    def time_of(self, reply: Any) -> int:
        return integer(member(reply, "server_time"), "server_time") * 1000

    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]:
        found = []
        for entry in items(reply, "the markets"):
            pair = listed_pair(self.name, member(entry, "base"), member(entry, "quote"))
            if pair is not None and entry.get("type", "normal") == "normal":
                price, size = (step_from_digits(member(entry, name), name) for name in _DIGITS)
                trading = member(entry, "trade_status") == "tradable"
                found.append(Instrument(pair, str(member(entry, "id")), price, size, trading))
        return tuple(found)

    # what it writes

    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str:
        return json_text([self._ticker(quote, single) for quote in quotes])

    def _ticker(self, quote: Quote, single: bool) -> dict[str, str]:
        last = shortest(quote.last)
        bid_size = {"highest_size": shortest(quote.bid_size)} if single else {}
        ask_size = {"lowest_size": shortest(quote.ask_size)} if single else {}
        # The day stood still at the last price; volumes worth some hundred million.
        return {
            "currency_pair": self.listing.of(quote.pair).symbol, "last": last, "lowest_ask": shortest(quote.ask),
            **ask_size, "highest_bid": shortest(quote.bid), **bid_size, "change_percentage": "0",
            "base_volume": "4000", "quote_volume": "400000000", "high_24h": last, "low_24h": last,
        }  # fmt: skip

    def book_text(self, book: Book, asked: Asked) -> str:
        time_ms = (book.time_us or 0) // 1000
        number = {"id": time_ms} if asked.fields.get("with_id") == "true" else {}
        sides = {"asks": shortest_rows(book.asks), "bids": shortest_rows(book.bids)}
        return json_text({**number, "current": time_ms, "update": time_ms, **sides})

    def time_text(self, time_us: int) -> str:
        return json_text({"server_time": time_us // 1000})

    def instruments_text(self, instruments: Sequence[Instrument]) -> str:
        return json_text([self._listed(one) for one in instruments])

    def _listed(self, one: Instrument) -> dict[str, object]:
        return {
            "id": one.symbol, "base": one.pair.base, "base_name": one.pair.base, "quote": one.pair.quote,
            "quote_name": one.pair.quote, "fee": f"{(self.taker_fee * 100).normalize():f}",
            "min_base_amount": f"{one.size_step:f}", "min_quote_amount": "3", "max_quote_amount": "5000000",
            "amount_precision": decimals_of(one.size_step), "precision": decimals_of(one.price_step),
            "trade_status": "tradable" if one.trading else "untradable", "sell_start": 0, "buy_start": 0,
            "type": "normal", "trade_url": f"https://www.gate.com/trade/{one.symbol}",
        }  # fmt: skip

    def other_text(self, asked: Asked, view: View) -> str:
        if asked.route.about == "margin":
            return json_text([])
        can = dict.fromkeys(("delisted", "withdraw_disabled", "deposit_disabled", "trade_disabled"), False)
        return json_text([{"currency": code, "name": code, **can, "chain": code} for code in self.listing.codes])

    def usage_headers(self, charge: Charge, used: int, resets_s: float) -> Mapping[str, str]:
        left = max(0, charge.limit.capacity - used)
        # It tells when the budget is whole again once nothing is left of it, and else what time it is.
        resets_at = time.time() + (0 if left else resets_s)
        return {
            "x-gate-ratelimit-requests-remain": str(left),
            "x-gate-ratelimit-limit": str(charge.limit.capacity),
            "x-gate-ratelimit-reset-timestamp": str(ceil(resets_at)),
        }

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        if kind == "not_found" and self.routes_at(request):
            kind = "bad_argument"
        status, label, message = _REFUSALS[kind]
        return self.refused(status, {"label": label, "message": message}, retry_after)


GATE: Final[Exchange] = Gate()
