"""An exchange whose public interface is a table of GETs: what follows from its routes, so that an adapter is one file.

An adapter says what it is (the attributes of ``PlainExchange``), what its ``routes`` are, and how its bodies read and
write:

              reads, from parsed JSON                       writes, as JSON text
    quotes    quotes_of(pairs, reply) -> quotes             quotes_text(quotes, single)
    book      book_of(pair, reply) -> Book                  book_text(book, asked)
    time      time_of(reply) -> microseconds                time_text(time_us)
    list      instruments_of(reply) -> instruments          instruments_text(instruments)
    refusal   refusal_in(reply, response) -> Rejected       refusal_for(kind, request, retry_after)
              refusal_of_its_own(response), before its status is judged as everybody's

What reads may raise Unreadable, and nothing else. Numbers in a parsed body are the text that was sent
(``exchanges.reading``). ``exchanges/okx.py`` is the plainest example.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from math import ceil
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar

from exchanges.book import Book
from exchanges.errors import Rejected, UnknownPair, safe
from exchanges.exchange import Instrument
from exchanges.instruments import Listing
from exchanges.limit import Charge
from exchanges.pair import Pair
from exchanges.plain import PlainExchange
from exchanges.quote import Quote
from exchanges.reading import judged
from exchanges.route import Asked, Route, asked_in, routes_at
from exchanges.view import View
from exchanges.wire import Request, Response, json_text

Value = TypeVar("Value")

_PRICED: Final = frozenset({"one", "some", "all", "book"})


class RoutedExchange(PlainExchange):
    """Both halves of an exchange, from its table of routes. Derive a frozen dataclass from it, with a field
    ``instruments``, so that ``Okx(instruments=...)`` serves markets that are not in the table."""

    title: str
    origin: str
    instruments: tuple[Instrument, ...]
    routes: ClassVar[tuple[Route, ...]]
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"content-type": "application/json"})
    """Of every answer."""
    one_by: ClassVar[str] = "one"
    """The route by which one quote is asked for: "some" where nothing but a list says which market is whose."""

    # what is an adapter's own

    @abstractmethod
    def refusal_in(self, reply: Any, response: Response) -> Rejected | None: ...

    @abstractmethod
    def quotes_of(self, pairs: Sequence[Pair], reply: Any) -> tuple[Quote, ...] | Rejected: ...

    @abstractmethod
    def book_of(self, pair: Pair, reply: Any) -> Book: ...

    @abstractmethod
    def instruments_of(self, reply: Any) -> tuple[Instrument, ...]: ...

    @abstractmethod
    def quotes_text(self, quotes: Sequence[Quote], single: bool) -> str: ...

    @abstractmethod
    def book_text(self, book: Book, asked: Asked) -> str: ...

    @abstractmethod
    def instruments_text(self, instruments: Sequence[Instrument]) -> str: ...

    def time_of(self, reply: Any) -> int:
        """What its clock said, in microseconds; of exchanges that have a route for it."""
        raise NotImplementedError(f"{self.name} has a route for the time and reads none")

    def time_text(self, time_us: int) -> str:
        """The body that ``time_of`` reads."""
        raise NotImplementedError(f"{self.name} has a route for the time and writes none")

    def other_text(self, asked: Asked, view: View) -> str:
        """The body of a route of the adapter's own."""
        raise NotImplementedError(f"{self.name} has a route about {asked.route.about} and does not answer it")

    def names_of(self, instrument: Instrument) -> tuple[str, ...]:
        """Every name by which a request may ask for a market."""
        return (instrument.symbol,)

    def refusal_of_its_own(self, response: Response) -> Rejected | None:
        """A refusal whose status means something else on other exchanges (``exchanges.refusal``); None for the rest."""
        return None

    # client half

    def request_for(self, pair: Pair) -> Request:
        route = self.route(self.one_by)
        target = route.target_for(self.listing.of(pair).symbol)
        return Request(self.name, self.origin, target, (pair,), weight=route.weight)

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        """One request for a list, or for everything, where the exchange has either; else one for each pair."""
        wanted = tuple(dict.fromkeys(pairs))
        symbols = [self.listing.of(pair).symbol for pair in wanted]
        some, every = self._find("some"), self._find("all")
        if len(wanted) < 2 or not (some or every):
            return [self.request_for(pair) for pair in wanted]
        route = some or self.route("all")
        target = route.target_for(",".join(symbols))
        return [Request(self.name, self.origin, target, wanted, weight=route.weight)]

    def market_request(self) -> Request | None:
        route = self._find("all")
        if route is None:
            return None
        return Request(self.name, self.origin, route.target_for(), self.listing.pairs, weight=route.weight)

    def book_request_for(self, pair: Pair, levels: int) -> Request:
        if not 1 <= levels <= self.most_levels:
            raise ValueError(f"expected 1 to {self.most_levels} levels of a {self.title} book, found {levels}")
        route = self.book_route(levels)
        target = route.target_for(self.listing.of(pair).symbol, levels)
        return Request(self.name, self.origin, target, (pair,), weight=route.weight, about="book")

    def time_request(self) -> Request | None:
        route = self._find("time")
        return None if route is None else self._about(route)

    def instruments_request(self) -> Request | None:
        route = self._find("instruments")
        return None if route is None else self._about(route)

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        pair = pairs[0] if len(pairs) == 1 else None
        return self._judged(pair, response, lambda reply: self.quotes_of(pairs, reply))

    def book_from(self, pair: Pair, response: Response) -> Book | Rejected:
        return self._judged(pair, response, lambda reply: self.book_of(pair, reply))

    def time_from(self, response: Response) -> int | Rejected:
        if self._find("time") is None:
            return super().time_from(response)
        return self._judged(None, response, self.time_of)

    def instruments_from(self, response: Response) -> tuple[Instrument, ...] | Rejected:
        return self._judged(None, response, self.instruments_of)

    # server half

    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        asked = self.asked_in(request)
        if asked.route.about not in _PRICED:
            raise LookupError(f"{safe(request.target)} asks {self.title} for no price")
        return tuple(one.pair for one in asked.instruments)

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        # requests_for asks for a single pair as request_for does.
        return self.ok(self.quotes_text(quotes, single=len(quotes) == 1 and self.one_by == "one"))

    def book_response_for(self, book: Book) -> Response:
        route = self.book_route(max(1, len(book.bids), len(book.asks)))
        return self.ok(self.book_text(book, Asked(route, (self.listing.of(book.pair),))))

    def answer(self, request: Request, view: View) -> Response:
        asked = self.asked_in(request)
        match asked.route.about:
            case "one" | "some" | "all" as about:
                return self.ok(self.quotes_text([view.quote(one.pair) for one in asked.instruments], about == "one"))
            case "book":
                return self.ok(self.book_text(view.book(asked.instruments[0].pair, asked.levels), asked))
            case "time":
                return self.ok(self.time_text(view.time_us))
            case "instruments":
                return self.ok(self.instruments_text(asked.instruments))
        return self.ok(self.other_text(asked, view))

    def entries_in(self, request: Request) -> int:
        try:
            asked = self.asked_in(request)
        except (UnknownPair, LookupError):
            return 0
        return asked.levels or (len(asked.instruments) if asked.route.about in _PRICED else 0)

    def charge_for(self, request: Request) -> Charge | None:
        try:
            return self.asked_in(request).route.charge
        except (UnknownPair, LookupError):
            # What names no market costs as much.
            at = self.routes_at(request)
            return at[0].charge if at else None

    # the table

    @cached_property
    def listing(self) -> Listing:
        """What is listed, by pair and by every name."""
        return Listing(self.name, self.instruments, self.names_of)

    def route(self, about: str) -> Route:
        """The first route of that kind. Raises LookupError where there is none."""
        found = self._find(about)
        if found is None:
            raise LookupError(f"{self.title} has no public request about {about}")
        return found

    def book_route(self, levels: int) -> Route:
        """The first route that brings a book of so many levels."""
        books = [route for route in self.routes if route.about == "book"]
        return next((one for one in books if one.levels_for(levels) >= levels), books[-1])

    def asked_in(self, request: Request) -> Asked:
        """What a request is about. Raises UnknownPair and LookupError."""
        return asked_in(request, self.routes, self.listing)

    def routes_at(self, request: Request) -> list[Route]:
        """The routes at the request's path, so that "not_found" can be told from a bad argument."""
        return routes_at(self.routes, request.target)

    def refused(self, status: int, error: object, retry_after: float | None = None) -> Response:
        """A refusal, its ``error`` written as JSON; Retry-After in whole seconds where it is said how long."""
        waits = {} if retry_after is None else {"retry-after": str(ceil(retry_after))}
        body = json_text(error).encode()
        return Response(status, body, {**self.headers, **waits})

    def ok(self, text: str) -> Response:
        return Response(200, text.encode("ascii"), dict(self.headers))

    def _judged(self, pair: Pair | None, response: Response, value_of: Callable[[Any], Value]) -> Value | Rejected:
        refused = self.refusal_of_its_own(response)
        return judged(response, self.name, pair, self.refusal_in, value_of) if refused is None else refused

    def _about(self, route: Route) -> Request:
        return Request(self.name, self.origin, route.target_for(), weight=route.weight, about=route.about)

    def _find(self, about: str) -> Route | None:
        return next((route for route in self.routes if route.about == about), None)
