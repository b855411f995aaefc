"""The plainest exchange: what follows from little, so that an adapter need only say what is its own.

An adapter that derives from PlainExchange has to have ``name``, ``title``, ``origin``, ``docs``, ``taker_fee``,
``carries``, ``instruments`` and the five abstract methods below. It then gives quotes, one pair at a time, without
books, limits, POST, headers, a clock or a list of its own; each of those is one more method, or one more attribute.
An exchange whose public interface is a handful of GETs has most of them from ``exchanges.routed`` instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from exchanges.book import Book
from exchanges.errors import BadReply, Rejected, UnknownPair
from exchanges.exchange import Instrument
from exchanges.limit import Charge
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.view import View
from exchanges.wire import Request, Response


class PlainExchange(ABC):
    """What of an Exchange follows from the rest of it, or is nothing in the plainest case."""

    name: str
    carries: frozenset[str]
    time_grain_us: int = 1000
    most_levels: int = 0
    accepts_post: bool = False
    heeds: frozenset[str] = frozenset()
    examples: tuple[tuple[str, str], ...] = ()

    # what is an exchange's own; Exchange says what each of them means

    @abstractmethod
    def request_for(self, pair: Pair) -> Request: ...

    @abstractmethod
    def quotes_from(self, pairs: Sequence[Pair], response: Response) -> tuple[Quote, ...] | Rejected: ...

    @abstractmethod
    def pairs_from(self, request: Request) -> tuple[Pair, ...]: ...

    @abstractmethod
    def response_for_many(self, quotes: Sequence[Quote]) -> Response: ...

    @abstractmethod
    def refusal_for(self, kind: str, request: Request, retry_after: float | None = None) -> Response: ...

    @property
    def batch_carries(self) -> frozenset[str]:
        """What a single quote carries."""
        return self.carries

    # client half

    def requests_for(self, pairs: Sequence[Pair]) -> list[Request]:
        """One request for each pair."""
        return [self.request_for(pair) for pair in dict.fromkeys(pairs)]

    def quote_from(self, pair: Pair, response: Response) -> Quote | Rejected:
        """The one quote of ``quotes_from``."""
        read = self.quotes_from((pair,), response)
        return read if isinstance(read, Rejected) else read[0]

    def market_request(self) -> Request | None:
        """None: not all pairs come in one body."""
        return None

    def book_request_for(self, pair: Pair, levels: int) -> Request:
        """Raises ValueError: there are no books."""
        raise ValueError(f"{self.name} gives no books, {levels} levels of {pair} were asked for")

    def book_from(self, pair: Pair, response: Response) -> Book | Rejected:
        """Raises BadReply: there are no books."""
        raise BadReply(self.name, pair, "schema", "expected no answer about a book: this adapter reads none")

    def time_request(self) -> Request | None:
        """None: it shows no clock."""
        return None

    def time_from(self, response: Response) -> int | Rejected:
        """Raises BadReply: there is no clock."""
        raise BadReply(self.name, None, "schema", "expected no answer about the time: this adapter reads none")

    def instruments_request(self) -> Request | None:
        """None: it shows no list."""
        return None

    def instruments_from(self, response: Response) -> tuple[Instrument, ...] | Rejected:
        """Raises BadReply: there is no list."""
        raise BadReply(self.name, None, "schema", "expected no list of markets: this adapter reads none")

    # server half

    def pair_from(self, request: Request) -> Pair:
        """The one pair of ``pairs_from``."""
        pairs = self.pairs_from(request)
        if len(pairs) != 1:
            raise LookupError(f"expected a request for one pair, found {len(pairs)}")
        return pairs[0]

    def response_for(self, quote: Quote) -> Response:
        """The reply to a request for one pair is that to a batch of one."""
        return self.response_for_many((quote,))

    def book_response_for(self, book: Book) -> Response:
        """Raises LookupError: there are no books."""
        raise LookupError(f"{self.name} gives no books, one of {book.pair} was asked for")

    def answer(self, request: Request, view: View) -> Response:
        """The quotes of the pairs that are asked for, and nothing else."""
        return self.response_for_many([view.quote(pair) for pair in self.pairs_from(request)])

    def entries_in(self, request: Request) -> int:
        """One for each pair that is asked for."""
        try:
            return len(self.pairs_from(request))
        except (UnknownPair, LookupError):
            return 0

    def charge_for(self, request: Request) -> Charge | None:
        """None: nothing is counted."""
        return None

    def usage_headers(self, charge: Charge, used: int, resets_s: float) -> Mapping[str, str]:
        """Nothing is told of the budget."""
        return {}
