"""Kraken (spot): both halves of its public ticker.

    GET /0/public/Ticker?pair=XBTUSD            one pair, a comma list, or no field for all
    {"error": [], "result": {"XXBTZUSD": {"a": ["30300.10000", "1", "1.000"], "b": ["30300.00000", "1", "1.000"],
     "c": ["30303.20000", "0.00067643"], "v": [...], "p": [...], "t": [...], "l": [...], "h": [...], "o": "..."}}}

``a`` is the ask (price, whole lots, size), ``b`` the bid, ``c`` the last trade; pairs of numbers are today
and 24 hours. There is no time. Sizes are printed with three decimals, so that is the grid they are listed on.

One market has three names: the altname XBTUSD, the id XXBTZUSD under which answers come, and the wsname
XBT/USD. BTC is XBT here and DOGE is XDG; requests may use either.

Refusals are HTTP 200 with ``{"error": ["EQuery:Unknown asset pair"]}``, and one unknown pair fails a whole
batch; entries that begin with W are warnings. No header says how long to wait, so a refusal carries no
``retry_after`` (except the moment that ``EService:Throttled: <seconds since 1970>`` names).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from exchanges.errors import Rejected, safe
from exchanges.exchange import Exchange, Instrument
from exchanges.instruments import Listing, decimals_of, instruments_from
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import Unreadable, bid_and_ask, decimal, items, last_price, member, quotes_in
from exchanges.refusal import wait_until
from exchanges.target import path_and_query
from exchanges.wire import Request, Response

_INSTRUMENTS: Final = instruments_from("""
    BTC/USD    XBTUSD    0.1        0.001
    ETH/USD    ETHUSD    0.01       0.001
    SOL/USD    SOLUSD    0.01       0.001
    BTC/USDT   XBTUSDT   0.1        0.001
    ETH/USDT   ETHUSDT   0.01       0.001
    SOL/USDT   SOLUSDT   0.01       0.001
    XRP/USD    XRPUSD    0.00001    0.001
    DOGE/USD   XDGUSD    0.0000001  0.001
    ADA/USD    ADAUSD    0.000001   0.001
    LTC/USD    LTCUSD    0.01       0.001
    LINK/USD   LINKUSD   0.00001    0.001
    DOT/USD    DOTUSD    0.0001     0.001
    AVAX/USD   AVAXUSD   0.01       0.001
    BCH/USD    BCHUSD    0.01       0.001
    XRP/USDT   XRPUSDT   0.00001    0.001
    DOGE/USDT  XDGUSDT   0.0000001  0.001
    XLM/USD    XLMUSD    0.000001   0.001
    UNI/USD    UNIUSD    0.001      0.001
    ATOM/USD   ATOMUSD   0.0001     0.001
    ETC/USD    ETCUSD    0.001      0.001
    AAVE/USD   AAVEUSD   0.01       0.001
""")

# Only the oldest markets have an id of their own; all others answer under their altname.
_LEGACY_IDS: Final = {
    "XBTUSD": "XXBTZUSD", "ETHUSD": "XETHZUSD", "XRPUSD": "XXRPZUSD", "LTCUSD": "XLTCZUSD",
    "XLMUSD": "XXLMZUSD", "ETCUSD": "XETCZUSD",
}  # fmt: skip
_OWN_CODES: Final = {"BTC": "XBT", "DOGE": "XDG"}

_PATH: Final = "/0/public/Ticker"
_HEADERS: Final = {"content-type": "application/json; charset=utf-8"}

# https://docs.kraken.com/api/docs/guides/spot-errors: how an error begins, and what that means here.
_KIND_OF_ERROR: Final = (
    ("EQuery:Unknown asset", "unknown_symbol"),
    ("EAPI:Rate limit exceeded", "rate_limited"),
    ("EGeneral:Too many requests", "rate_limited"),
    ("EService:Throttled", "rate_limited"),
    ("EService: Throttled", "rate_limited"),
    ("EGeneral:Temporary lockout", "banned"),
    ("EGeneral:Permission denied", "blocked"),
    ("EGeneral:Internal error", "server"),
    ("EGeneral:Invalid arguments", "protocol"),
    ("EGeneral:Unknown method", "protocol"),
    ("EService:", "server"),
)
_REFUSALS: Final = {
    "unknown_symbol": "EQuery:Unknown asset pair",
    "rate_limited": "EAPI:Rate limit exceeded",
    "banned": "EGeneral:Temporary lockout",
    "blocked": "EGeneral:Permission denied",
    "server": "EService:Unavailable",
    "not_found": "EGeneral:Unknown method",
}
_THROTTLED: Final = re.compile(r"EService: ?Throttled: ?([0-9]{1,12})")


@dataclass(frozen=True, eq=False)
class Kraken:
    """The public spot API. ``Kraken(instruments=...)`` serves markets that are not in the table."""

    name: str = "kraken"
    title: str = "Kraken"
    origin: str = "https://api.kraken.com"
    docs: str = "https://docs.kraken.com/api/docs/rest-api/get-ticker-information"
    taker_fee: Decimal = Decimal("0.004")
    carries: frozenset[str] = frozenset({"last", "bid_size", "ask_size"})
    instruments: tuple[Instrument, ...] = _INSTRUMENTS

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.name, self.instruments, _names_of)

    # client half

    def request_for(self, pair: Pair) -> Request:
        return Request(self.name, self.origin, self._target((pair,)), (pair,))

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        wanted = tuple(dict.fromkeys(pairs))
        return [Request(self.name, self.origin, self._target(wanted), wanted)] if wanted else []

    def _target(self, pairs: tuple[Pair, ...]) -> str:
        symbols = ",".join(self._listing.of(pair).symbol for pair in pairs)
        return f"{_PATH}?pair={percent_encoded(symbols, safe='')}"

    def quote_from(self, pair: Pair, response: Response) -> Quote | Rejected:
        read = self.quotes_from((pair,), response)
        return read if isinstance(read, Rejected) else read[0]

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        return quotes_in(response, self.name, pairs, self._refusal_in, self._quotes_of)

    def _refusal_in(self, reply: Any, response: Response) -> Rejected | None:
        errors = [str(entry) for entry in items(member(reply, "error"), "error")]
        refusal = next((entry for entry in errors if not entry.startswith("W")), None)
        if refusal is None:
            return None
        kind = next((kind for beginning, kind in _KIND_OF_ERROR if refusal.startswith(beginning)), None)
        if kind is None:
            raise Unreadable("schema", f"refused with {safe(refusal)!r}, which this adapter does not know")
        throttled = _THROTTLED.fullmatch(refusal)
        wait = wait_until(float(throttled[1])) if throttled else None
        return Rejected(kind, f"{self.name} answered HTTP {response.status} with {safe(refusal)!r}", wait)

    def _quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...]:
        result = member(reply, "result")
        return tuple(self._quote_of(pair, result) for pair in pairs)

    def _quote_of(self, pair: Pair, result: Any) -> Quote:
        symbol = self._listing.of(pair).symbol
        asked_name = type(result) is dict and symbol in result
        entry = member(result, symbol if asked_name else _LEGACY_IDS.get(symbol, symbol))
        bid_side, ask_side = items(member(entry, "b"), "b", 1), items(member(entry, "a"), "a", 1)
        bid, ask = bid_and_ask(bid_side[0], ask_side[0])
        last = last_price(items(member(entry, "c"), "c", 1)[0], "c[0]")
        return Quote(self.name, pair, bid, ask, last, _size_in(bid_side), _size_in(ask_side))

    # server half

    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        path, query = path_and_query(request.target)
        if path != _PATH:
            raise LookupError(f"{safe(path)} is not a price endpoint of Kraken")
        names = query.get("pair", "")
        if not names:
            return self._listing.pairs
        return tuple(dict.fromkeys(self._listing.named(name.strip()).pair for name in names.split(",")))

    def pair_from(self, request: Request) -> Pair:
        pairs = self.pairs_from(request)
        if len(pairs) != 1:
            raise LookupError(f"expected a request for one pair, found {len(pairs)}")
        return pairs[0]

    def response_for(self, quote: Quote) -> Response:
        return self.response_for_many((quote,))

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        text = f'{{"error":[],"result":{{{",".join(map(self._ticker, quotes))}}}}}'
        return Response(200, text.encode("ascii"), dict(_HEADERS))

    def answer(self, request: Request, quotes: Sequence[Quote]) -> Response:
        return self.response_for_many(quotes)

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        # Kraken has no header for it, so retry_after is not said.
        error = _REFUSALS[kind]
        if kind == "not_found" and request.target.partition("?")[0] == _PATH:  # the path is right, its query is not
            error = "EGeneral:Invalid arguments"
        body = json.dumps({"error": [error]}, separators=(",", ":")).encode()
        return Response(200, body, dict(_HEADERS))

    def _ticker(self, quote: Quote) -> str:
        # A day that opened 2 % lower, its range and volumes taken from the quote: plausible, and repeatable.
        instrument = self._listing.of(quote.pair)
        digits = f".{max(5, decimals_of(instrument.price_step))}f"
        last = quote.last or quote.bid
        opened, low, mean, high = (last * part for part in _DAY)
        bid_size, ask_size = quote.bid_size or Decimal(0), quote.ask_size or Decimal(0)
        today, day = bid_size * 1597, bid_size * 7919
        return (
            f'"{_LEGACY_IDS.get(instrument.symbol, instrument.symbol)}":{{'
            f'"a":["{quote.ask:{digits}}","{int(ask_size)}","{ask_size:.3f}"],'
            f'"b":["{quote.bid:{digits}}","{int(bid_size)}","{bid_size:.3f}"],'
            f'"c":["{last:{digits}}","{bid_size:.8f}"],"v":["{today:.8f}","{day:.8f}"],'
            f'"p":["{mean:{digits}}","{mean:{digits}}"],"t":[6405,21103],"l":["{low:{digits}}","{low:{digits}}"],'
            f'"h":["{high:{digits}}","{high:{digits}}"],"o":"{opened:{digits}}"}}'
        )


_DAY: Final = (Decimal("0.98"), Decimal("0.97"), Decimal("0.99"), Decimal("1.01"))


def _names_of(instrument: Instrument) -> tuple[str, ...]:
    symbol, pair = instrument.symbol, instrument.pair
    base, money = _OWN_CODES.get(pair.base, pair.base), _OWN_CODES.get(pair.quote, pair.quote)
    common = f"{pair.base}{pair.quote}"
    return symbol, _LEGACY_IDS.get(symbol, symbol), f"{base}/{money}", common, str(pair)


def _size_in(side: list[Any]) -> Decimal | None:
    # The third item is the size; bodies recorded in 2014 have two.
    return decimal(side[2], "the size") if len(side) > 2 else None


KRAKEN: Final[Exchange] = Kraken()
