"""The seam of an exchange: both halves of a conversation, with no I/O.

              client half                          server half
   Pair  -- request_for(pair) ------> Request -- pairs_from(request) --> Pair
   Quote <- quote_from(pair, resp) -- Response <- response_for(quote) - Quote

Two laws, tested for every exchange, for listed pairs, on the instrument's price grid and for the fields
that the exchange declares it ``carries``:

1. ``pair_from(request_for(p)) == p``
2. ``quote_from(p, response_for(q)) == q``

and the same for batches (``pairs_from`` undoes ``requests_for``, ``quotes_from`` undoes ``response_for_many``), for
books (``book_from`` undoes ``book_response_for``, up to the time that the exchange does not send), for the exchange's
clock (``time_from`` undoes the answer to ``time_request``, up to its grain) and for its list (``instruments_from``
undoes the answer to ``instruments_request``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from exchanges.book import Book
from exchanges.errors import Rejected
from exchanges.limit import Charge
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.view import View
from exchanges.wire import Request, Response


@dataclass(frozen=True, slots=True)
class Instrument:
    """A market as an exchange lists it: the exchange's own name, and the grids of price and size. One that is not
    ``trading`` (halted, delisted, open for cancellations or limit orders only) may be quoted all the same: such a
    price is nobody's to take."""

    pair: Pair
    symbol: str
    price_step: Decimal
    size_step: Decimal
    trading: bool = True


class Exchange(Protocol):
    """What the project asks of an exchange. One instance per exchange, stateless, in a module or a package of its
    name.

    ``exchanges.plain.PlainExchange`` has the plainest form of most of it. An adapter that derives from it is required
    to have ``name``, ``title``, ``origin``, ``docs``, ``taker_fee``, ``carries``, ``instruments``, ``request_for``,
    ``quotes_from``, ``pairs_from``, ``response_for_many`` and ``refusal_for``. ``exchanges.admission`` checks that a
    guest has everything before anything relies on it.
    """

    # Read-only, so that a frozen dataclass can be an exchange.
    @property
    def name(self) -> str:
        """The project's name: lower case, as on the command line."""

    @property
    def title(self) -> str:
        """The name people use."""

    @property
    def origin(self) -> str:
        """Scheme and host of the real public API."""

    @property
    def docs(self) -> str:
        """Where the exchange documents what this file reads."""

    @property
    def taker_fee(self) -> Decimal:
        """Base-tier taker fee as a fraction of the notional (0.001 is 10 basis points)."""

    @property
    def carries(self) -> frozenset[str]:
        """The optional Quote fields that ``request_for``'s reply contains: of last, bid_size, ask_size, time_us."""

    @property
    def batch_carries(self) -> frozenset[str]:
        """The same of an answer for several pairs: some exchanges tell less of each."""

    @property
    def time_grain_us(self) -> int:
        """The grain of the times in its quotes, in microseconds: 60,000,000 where they are cut to the minute."""

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What is listed, preferred pairs first."""

    @property
    def most_levels(self) -> int:
        """How many levels of a side its book endpoint gives at most; 0 where it has none."""

    @property
    def accepts_post(self) -> bool:
        """Whether its public requests may be POSTed as well; the fields of a form body are then read as a query."""

    @property
    def heeds(self) -> frozenset[str]:
        """The names, in lower case, of the request headers that change an answer. The server half sees no others."""

    @property
    def examples(self) -> tuple[tuple[str, str], ...]:
        """Targets that the client half does not ask for itself, for people to try: what each is, and the target."""

    # client half
    def request_for(self, pair: Pair) -> Request:
        """The request for one pair's quote. Raises UnknownPair."""

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        """The fewest requests that bring all pairs (the batch plan), with their weights. Raises UnknownPair."""

    def quote_from(self, pair: Pair, response: Response) -> Quote | Rejected:
        """Read one quote. Any status is an answer. Raises BadReply and nothing else, whatever the bytes."""

    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected:
        """Read the quotes of a batch, in the order of ``pairs``. Raises BadReply and nothing else."""

    def market_request(self) -> Request | None:
        """The request for every listed pair in one body, to be read by ``quotes_from``; None where the exchange
        has no unsigned one that carries bid and ask."""

    def book_request_for(self, pair: Pair, levels: int) -> Request:
        """The request for the best ``levels`` of each side, 1 to ``most_levels``. Raises UnknownPair; ValueError
        for more levels than the exchange gives."""

    def book_from(self, pair: Pair, response: Response) -> Book | Rejected:
        """Read a book. Any status is an answer. Raises BadReply and nothing else, whatever the bytes."""

    def time_request(self) -> Request | None:
        """The request for the exchange's own clock; None where it shows none to people without a key."""

    def time_from(self, response: Response) -> int | Rejected:
        """What the exchange's clock said, in whole microseconds since 1970 (UTC). Raises BadReply and nothing else."""

    def instruments_request(self) -> Request | None:
        """The request for everything that is listed, with what is halted; None where one request does not bring it."""

    def instruments_from(self, response: Response) -> tuple[Instrument, ...] | Rejected:
        """Read that list, in its order; what is no plain spot market, or has a name that is no currency's, is left
        out. Raises BadReply and nothing else."""

    # server half
    def pairs_from(self, request: Request) -> tuple[Pair, ...]:
        """Which pairs a request asks for; every documented spelling is understood. Raises UnknownPair, or
        LookupError where the target is no price request at all."""

    def pair_from(self, request: Request) -> Pair:
        """The one pair of a request for one pair."""

    def response_for(self, quote: Quote) -> Response:
        """The reply to ``request_for(quote.pair)``, byte for byte in the shape the real server sends."""

    def response_for_many(self, quotes: Sequence[Quote]) -> Response:
        """The reply to a request of ``requests_for``."""

    def book_response_for(self, book: Book) -> Response:
        """The reply to ``book_request_for(book.pair, ...)``."""

    def answer(self, request: Request, view: View) -> Response:
        """The reply to any documented public request: prices, books, instruments, server time, status; in that
        endpoint's own shape. Raises UnknownPair, or LookupError where there is no such endpoint, or its query
        breaks its rules."""

    def entries_in(self, request: Request) -> int:
        """How many pairs, levels, trades or candles an answer prices, 0 where it prices none: a large answer may be
        priced less often. Never raises."""

    def charge_for(self, request: Request) -> Charge | None:
        """What a request costs; None where the exchange does not count it."""

    def usage_headers(self, charge: Charge, used: int, resets_s: float) -> Mapping[str, str]:
        """What an answer's headers tell of the budget: ``used`` of it is spent, and ``resets_s`` seconds from
        now it is whole again."""

    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response:
        """How this exchange says no: unknown_symbol, rate_limited, banned, blocked, server, or "not_found"
        for what it does not serve: a path that it does not have, a query that breaks its rules, or a ``method`` that
        the path does not take."""
