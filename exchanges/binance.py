"""Binance (spot): both halves of its public price endpoints.

    GET /api/v3/ticker/24hr?symbol=BTCUSDT
    {"symbol": "BTCUSDT", "lastPrice": "69624.00000000", "bidPrice": "69624.00000000", "bidQty": "0.09810000",
     "askPrice": "69624.01000000", "askQty": "8.52891000", "closeTime": 1730439018472, ...}

Many pairs come in one request with ``symbols=["BTCUSDT","ETHUSDT"]``, and all of them with neither field;
then the answer is a list. ``ticker/bookTicker`` has the same quotes without last price and time, and
``ticker/price`` the last price alone. Prices are strings of eight decimals, ``closeTime`` is in
milliseconds. An unknown symbol is HTTP 400 ``{"code": -1121, ...}`` and fails a whole batch; the other codes are in
``binance_errors``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import ceil
from typing import Any, Final
from urllib.parse import quote as percent_encoded
from urllib.parse import unquote

from exchanges.binance_errors import kind_of, refusal_of
from exchanges.errors import Rejected, UnknownPair, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import Listing, instruments_from
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import Unreadable, bid_and_ask, integer, items, last_price, member, optional_decimal, quotes_in
from exchanges.target import Query, path_and_query
from exchanges.wire import Request, Response

_INSTRUMENTS: Final = instruments_from("""
    BTC/USDT   BTCUSDT   0.01     0.00001
    ETH/USDT   ETHUSDT   0.01     0.0001
    SOL/USDT   SOLUSDT   0.01     0.001
    XRP/USDT   XRPUSDT   0.0001   0.1
    DOGE/USDT  DOGEUSDT  0.00001  1
    ADA/USDT   ADAUSDT   0.0001   0.1
    LTC/USDT   LTCUSDT   0.01     0.001
    LINK/USDT  LINKUSDT  0.01     0.01
    DOT/USDT   DOTUSDT   0.001    0.01
    AVAX/USDT  AVAXUSDT  0.01     0.01
    BCH/USDT   BCHUSDT   0.1      0.001
    XLM/USDT   XLMUSDT   0.0001   1
    UNI/USDT   UNIUSDT   0.001    0.01
    ATOM/USDT  ATOMUSDT  0.001    0.01
    ETC/USDT   ETCUSDT   0.01     0.01
    AAVE/USDT  AAVEUSDT  0.01     0.001
    NEAR/USDT  NEARUSDT  0.001    0.1
    TRX/USDT   TRXUSDT   0.0001   0.1
""")

_PATH: Final = "/api/v3/ticker/"
_ENDPOINTS: Final = frozenset({"24hr", "bookTicker", "price"})
_HEADERS: Final = {"content-type": "application/json;charset=UTF-8"}

_TENTH: Final = Decimal("0.1")
_FIFTIETH: Final = Decimal("0.02")
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, eq=False)
class Binance:
    """The public spot API. ``Binance(instruments=...)`` serves markets that are not in the table."""

    name: str = "binance"
    title: str = "Binance"
    origin: str = "https://api.binance.com"
    docs: str = "https://developers.binance.com/docs/binance-spot-api-docs/rest-api"
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size", "time_us"})
    instruments: tuple[Instrument, ...] = _INSTRUMENTS

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.name, self.instruments)

    # client half

    def request_for(self, pair: Pair) -> Request:
        target = f"{_PATH}24hr?symbol={percent_encoded(self._listing.of(pair).symbol)}"
        return Request(self.name, self.origin, target, (pair,), weight=2)

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        # The exchange refuses a symbol that is named twice (-1151).
        wanted = tuple(dict.fromkeys(pairs))
        if len(wanted) < 2:
            return [self.request_for(pair) for pair in wanted]
        symbols = json.dumps([self._listing.of(pair).symbol for pair in wanted], separators=(",", ":"))
        weight = 2 if len(wanted) <= 20 else 40 if len(wanted) <= 100 else 80
        target = f"{_PATH}24hr?symbols={percent_encoded(symbols, safe='')}"
        return [Request(self.name, self.origin, target, wanted, weight=weight)]

    def quote_from(self, pair: Pair, response: Response) -> Quote | Rejected:
        read = self.quotes_from((pair,), response)
        return read if isinstance(read, Rejected) else read[0]

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        return quotes_in(response, self.name, pairs, self._refusal_in, self._quotes_of)

    def _refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        if type(reply) is not dict or "code" not in reply:
            return None
        code, message = str(reply["code"]), str(reply.get("msg"))
        kind = kind_of(code, message)
        said = f"code {safe(code, 20)}, {safe(message)!r}"
        if kind is None:
            raise Unreadable("schema", f"HTTP {response.status} refused with {said}, which this adapter does not know")
        return Rejected(kind, f"{self.name} answered HTTP {response.status} with {said}")

    def _quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        entries = [reply] if type(reply) is dict else items(reply, "tickers")
        by_symbol = {str(member(entry, "symbol")): entry for entry in entries}
        if len(by_symbol) != len(entries):
            raise Unreadable("schema", "a symbol appears twice, so its price is in doubt")
        return tuple(self._quote_of(pair, by_symbol) for pair in pairs)

    def _quote_of(self, pair: Pair, by_symbol: dict[str, Any]) -> Quote:
        symbol = self._listing.of(pair).symbol
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

    # server half

    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        _, query = _price_request(request)
        if "symbol" in query:
            return (self._listing.named(query["symbol"]).pair,)
        if "symbols" not in query:
            return self._listing.pairs
        names = self._symbols_from(query["symbols"])
        if len(set(names)) != len(names):
            raise LookupError("symbols names one symbol twice")
        return tuple(self._listing.named(name).pair for name in names)

    def _symbols_from(self, text: str) -> list[str]:
        try:
            names = json.loads(text)
        except (ValueError, RecursionError):
            names = None
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise UnknownPair(self.name, None, text[:80])
        return names

    def pair_from(self, request: Request) -> Pair:
        pairs = self.pairs_from(request)
        if len(pairs) != 1:
            raise LookupError(f"expected a request for one pair, found {len(pairs)}")
        return pairs[0]

    def response_for(self, quote: Quote) -> Response:
        return _ok(self._ticker_24hr(quote))

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        if len(quotes) == 1:  # requests_for asks for a single pair by symbol=, which answers without a list
            return self.response_for(quotes[0])
        return _ok(f"[{','.join(map(self._ticker_24hr, quotes))}]")

    def answer(self, request: Request, quotes: Sequence[Quote]) -> Response:
        endpoint, query = _price_request(request)
        ticker = {"24hr": self._ticker_24hr, "bookTicker": self._book_ticker, "price": self._price}[endpoint]
        return _ok(ticker(quotes[0]) if "symbol" in query else f"[{','.join(map(ticker, quotes))}]")

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        status, error = refusal_of(kind, request.target) if _endpoint_of(request) else refusal_of(kind, "")
        headers = dict(_HEADERS)
        if retry_after is not None:
            headers["retry-after"] = str(ceil(retry_after))
        if error is None:
            headers["content-type"] = "text/html"
            return Response(status, f"<html><body><h1>{status}</h1></body></html>".encode(), headers)
        return Response(status, json.dumps(error, separators=(",", ":")).encode(), headers)

    def _ticker_24hr(self, quote: Quote) -> str:
        # A day that opened 2 % lower and ranged 10 % of that beyond: plausible, and the same for the same quote.
        last, size = quote.last or quote.bid, quote.bid_size or Decimal(1)
        change = last * _FIFTIETH
        opened, swing = last - change, change * _TENTH
        mean = opened + swing
        volume = size * 7919
        closed = quote.time_us // 1000 if quote.time_us is not None else _DAY_MS
        first, count = closed // 400, 460_443
        return (
            f'{{"symbol":"{self._listing.of(quote.pair).symbol}","priceChange":"{change:.8f}",'
            f'"priceChangePercent":"2.041","weightedAvgPrice":"{mean:.8f}","prevClosePrice":"{opened:.8f}",'
            f'"lastPrice":"{last:.8f}","lastQty":"{size:.8f}","bidPrice":"{quote.bid:.8f}",'
            f'"bidQty":"{quote.bid_size or 0:.8f}","askPrice":"{quote.ask:.8f}","askQty":"{quote.ask_size or 0:.8f}",'
            f'"openPrice":"{opened:.8f}","highPrice":"{last + swing:.8f}","lowPrice":"{opened - swing:.8f}",'
            f'"volume":"{volume:.8f}","quoteVolume":"{volume * mean:.8f}","openTime":{closed - _DAY_MS},'
            f'"closeTime":{closed},"firstId":{first},"lastId":{first + count - 1},"count":{count}}}'
        )

    def _book_ticker(self, quote: Quote) -> str:
        return (
            f'{{"symbol":"{self._listing.of(quote.pair).symbol}","bidPrice":"{quote.bid:.8f}",'
            f'"bidQty":"{quote.bid_size or 0:.8f}","askPrice":"{quote.ask:.8f}","askQty":"{quote.ask_size or 0:.8f}"}}'
        )

    def _price(self, quote: Quote) -> str:
        return f'{{"symbol":"{self._listing.of(quote.pair).symbol}","price":"{quote.last or quote.bid:.8f}"}}'


def _price_request(request: Request) -> tuple[str, Query]:
    endpoint = _endpoint_of(request)
    if endpoint is None:
        raise LookupError(f"{safe(request.target)} is not a price endpoint of Binance")
    _, query = path_and_query(request.target)
    if "symbol" in query and "symbols" in query:
        raise LookupError("symbol and symbols exclude each other")
    return endpoint, query


def _endpoint_of(request: Request) -> str | None:
    path = unquote(request.target.partition("?")[0])
    endpoint = path.removeprefix(_PATH)
    return endpoint if path != endpoint and endpoint in _ENDPOINTS else None


def _ok(text: str) -> Response:
    return Response(200, text.encode("ascii"), dict(_HEADERS))


BINANCE: Final[Exchange] = Binance()
