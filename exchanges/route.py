"""A route: one public GET of an exchange, as a line of a table that both halves read.

    Route("one",  "/api/v5/market/ticker", symbol="instId")                  ?instId=BTC-USDT
    Route("all",  "/api/v5/market/tickers", fixed=(("instType", "SPOT"),))   ?instType=SPOT
    Route("book", "/v2/book/{symbol}/P0", depth="len", depths=(25, 1, 100))  /v2/book/tBTCUSD/P0?len=25

The client writes a target with ``target_for``; the server reads one with ``asked_in``, which gives back what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote as percent_encoded
from urllib.parse import unquote

from exchanges.book import Book, Level
from exchanges.errors import safe
from exchanges.exchange import Instrument
from exchanges.instruments import Listing
from exchanges.limit import Charge, RateLimit
from exchanges.target import path_and_query
from exchanges.wire import Request


@dataclass(frozen=True, slots=True)
class Route:
    """``about`` says what the answer holds: "one" (the quote of a market), "some" (those of a list), "all", "book",
    "time", "instruments", or a word of the adapter's own. ``path`` may hold ``{symbol}``; else ``symbol`` is the field
    that names the market (of "some": several, with commas; one that is not listed is left out of the answer where the
    route ``omits``, and refused otherwise). ``fixed`` are fields without which there is no answer. Any other
    ``{word}`` of the path is read as a field.

    ``depth`` is the field for the levels of a book (where each side has one: both, with a comma, bids first) and
    ``depths`` the numbers it may be, the usual one first; empty are all up to ``most``, of which ``usual`` are given
    where none is named. ``whole`` is what asks for all that there are, which is ``most`` here. A book without such a
    field has ``usual`` levels, always. One request costs ``weight`` of ``limit`` in the budget ``bucket`` (empty: its
    own).
    """

    about: str
    path: str
    symbol: str = ""
    omits: bool = False
    fixed: tuple[tuple[str, str], ...] = ()
    depth: str = ""
    depths: tuple[int, ...] = ()
    usual: int = 0
    most: int = 0
    whole: str = ""
    weight: int = 1
    limit: RateLimit | None = None
    bucket: str = ""

    @property
    def names_market(self) -> bool:
        """Whether a request by this route is about markets that it names."""
        return bool(self.symbol) or "{symbol}" in self.path

    @property
    def charge(self) -> Charge | None:
        return None if self.limit is None else Charge(self.bucket or self.path, self.weight, self.limit)

    def levels_for(self, levels: int) -> int:
        """How many levels of a side come where ``levels`` are wanted: the next depth that can be asked for."""
        if self.depths:
            return min((depth for depth in self.depths if depth >= levels), default=max(self.depths))
        return min(levels, self.most) if self.depth else self.usual

    def target_for(self, symbol: str = "", levels: int = 0) -> str:
        """The target of a request, percent-encoded."""
        fields = list(self.fixed)
        if self.symbol and symbol:
            fields.append((self.symbol, symbol))
        if self.depth and levels:
            fields += [(name, str(self.levels_for(levels))) for name in self.depth.split(",")]
        query = "&".join(f"{name}={percent_encoded(value, safe=',:')}" for name, value in fields)
        path = self.path.format(symbol=percent_encoded(symbol, safe=":"))
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request by a route is about: ``instruments`` in the order of the answer, ``levels`` of a book (0: none;
    of the deeper side where each has its own, which are then in ``sides``), and all the ``fields`` of its query."""

    route: Route
    instruments: tuple[Instrument, ...] = ()
    levels: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    sides: tuple[int, ...] = ()

    def cut(self, book: Book) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """The two sides of a book, bids first, each as deep as it was asked for."""
        bids, asks = (self.sides * 2)[:2] or (None, None)
        return book.bids[:bids], book.asks[:asks]


def routes_at(routes: Sequence[Route], target: str) -> list[Route]:
    """The routes whose path a target has, whatever its query."""
    path = unquote(target.partition("?")[0])
    return [route for route in routes if _pattern(route.path).fullmatch(path)]


def asked_in(request: Request, routes: Sequence[Route], listing: Listing) -> Asked:
    """Read a request: of the routes at its path the first whose fields are there.

    Raises:
        UnknownPair: it names a market that is not listed.
        LookupError: there is no such route, or its query or its method breaks its rules.
    """
    path, query = path_and_query(request.target)
    at = routes_at(routes, request.target)
    if not at or request.method != "GET":
        raise LookupError(f"{safe(request.method, 10)} {safe(request.target)} is no public request of this exchange")
    for route in at:
        if all(query.get(name, "").lower() == value.lower() for name, value in route.fixed) and (
            not route.symbol or query.get(route.symbol)
        ):
            match = _pattern(route.path).fullmatch(path)
            words = match.groupdict() if match else {}
            named = words.pop("symbol", "") or query.get(route.symbol, "")
            sides = _sides(route, query)
            return Asked(route, _markets(route, named, listing), max(sides, default=0), {**query, **words}, sides)
    wanted = " or ".join(_wanted(route) for route in at)
    raise LookupError(f"expected the fields {wanted} for {safe(path)}, found {safe(', '.join(query)) or 'none'}")


def _markets(route: Route, named: str, listing: Listing) -> tuple[Instrument, ...]:
    if not route.names_market:
        return listing.instruments if route.about in ("all", "instruments") else ()
    names = named.split(",") if route.about == "some" else [named]
    if route.omits:
        # Where nothing is left, the first of them is said to be unknown.
        names = [name for name in names if name in listing] or names[:1]
    return tuple(dict.fromkeys(listing.named(name) for name in names))


def _sides(route: Route, query: Mapping[str, str]) -> tuple[int, ...]:
    if route.about != "book":
        return ()
    return tuple(_levels(route, name, query.get(name, "")) for name in route.depth.split(","))


def _levels(route: Route, name: str, text: str) -> int:
    if not name or not text:
        return route.depths[0] if route.depths else route.usual
    if text == route.whole:
        return route.most
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise LookupError(f"expected {name} as a whole number, found {safe(text, 40)}")
    levels = int(text)
    if levels < 1 or (route.depths and levels not in route.depths):
        offered = ", ".join(map(str, sorted(route.depths))) or "1 or more"
        raise LookupError(f"expected {name} to be {offered}, found {safe(text, 40)}")
    return levels if route.depths else min(levels, route.most)


def _wanted(route: Route) -> str:
    fields = [f"{name}={value}" for name, value in route.fixed]
    return ", ".join([*fields, route.symbol] if route.symbol else fields) or "none"


@lru_cache(maxsize=256)
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{([a-z]+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))
