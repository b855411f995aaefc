"""Price answers: what the answers to requests for prices come to, as sightings and as sentences about what did not
come; and the times that a stranger tells, set right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from exchanges.book import Book
from exchanges.errors import safe
from exchanges.quote import Quote
from exchanges.wire import Request
from harness.book_rows import best_of
from harness.exits import Stop
from harness.sighting import Sighting, moments_of
from harness.usable import Market
from strategies.strategy import Failed, Fetched, Outcome

_UNREACHED: Final = frozenset(
    {
        "dns",
        "refused",
        "unreachable",
        "connect_timeout",
        "tls_untrusted",
        "tls_expired",
        "tls_hostname",
        "tls",
        "deadline",
    }
)


class Broken(Exception):
    """The strategy returned what is no answer; the message is what follows its name in a sentence."""


@dataclass(slots=True)
class Answers:
    """``sightings`` in the order of the requests; ``lost`` says of every other market why it brought nothing, without
    the market's name. ``failures`` are those of whole requests."""

    sightings: list[Sighting] = field(default_factory=list)
    lost: dict[Market, str] = field(default_factory=dict)
    failures: list[Failed] = field(default_factory=list)

    def add(self, request: Request, outcome: Any) -> None:
        """Take what one request brought. Raises Broken for what is neither prices nor a failure."""
        match outcome:
            case Failed():
                self.failures.append(outcome)
                said = safe(f"{outcome.kind}: {outcome.detail}", 300)
                self.lost |= {(request.exchange, pair): said for pair in request.pairs}
            case Fetched(Book() as book) if len(request.pairs) == 1:
                best = best_of(book)
                if best is None:
                    said = f"bad_value: one-sided, its book has {_sides(book)}"
                    self.lost[request.exchange, request.pairs[0]] = said
                else:
                    self._see(request, (best,), outcome, book)
            case Fetched(tuple(quotes)) if all(isinstance(one, Quote) for one in quotes):
                self._see(request, quotes, outcome)
            case _:
                what = f"{request.exchange} {', '.join(map(str, request.pairs))}"
                raise Broken(f"returned no quote for {safe(what)}, and no failure either")

    def sentences(self) -> list[str]:
        """One for each market that brought nothing; one for an exchange of which none did, all for one reason."""
        brought = {sighting.quote.exchange for sighting in self.sightings}
        reasons: dict[str, list[str]] = {}
        for (name, _), why in self.lost.items():
            reasons.setdefault(name, []).append(why)
        whole = {
            name: whys[0]
            for name, whys in reasons.items()
            if name not in brought and len(whys) > 1 and len(set(whys)) == 1
        }
        told = {name if name in whole else f"{name} {pair}": why for (name, pair), why in self.lost.items()}
        return [safe(f"{subject}: {why}", 300) for subject, why in told.items()]

    def _see(self, request: Request, quotes: Sequence[Quote], outcome: Fetched, book: Book | None = None) -> None:
        found = {quote.pair: quote for quote in quotes if quote.exchange == request.exchange}
        for pair in request.pairs:
            quote = found.get(pair)
            if quote is None:
                self.lost[request.exchange, pair] = _read_as(request, quotes)
            elif quote.time_us is not None and type(quote.time_us) is not int:
                # A guest may bring anything; an age is a difference of whole numbers.
                kind = safe(type(quote.time_us).__name__, 40)
                said = f"bad_value: expected its time in whole microseconds, found {kind}"
                self.lost[request.exchange, pair] = said
            else:
                self.sightings.append(Sighting(quote, *moments_of(outcome), book))


def answers_in(requests: Sequence[Request], outcomes: Sequence[Any], strategy: str) -> Answers:
    """What the outcomes brought. Raises Stop where a strategy returned what is neither prices nor a failure."""
    found = Answers()
    for request, outcome in zip(requests, outcomes, strict=True):
        try:
            found.add(request, outcome)
        except Broken as error:
            raise Stop(f"strategy {strategy} {error}") from None
    return found


def sound(outcomes: Any, count: int, began: float, ended: float) -> list[Outcome]:
    """The outcomes of a batch that was handed over at ``began`` and came back at ``ended``, in seconds of our clock.
    A time that cannot be true becomes the nearest that can: a price never seems newer than our own clock allows.

    Raises Broken: not one outcome for each request."""
    if not isinstance(outcomes, Sequence) or len(outcomes) != count:
        found = len(outcomes) if isinstance(outcomes, Sequence) else safe(type(outcomes).__name__)
        raise Broken(f"returned {found} for {count} requests, expected an outcome for each")
    return [_timed(outcome, began, ended) for outcome in outcomes]


def unreached(requests: Sequence[Request], outcomes: Sequence[Any]) -> dict[str, str]:
    """The exchanges that none of the requests reached, and why: it is of no use to ask them for more."""
    failures: dict[str, str] = {}
    reached: set[str] = set()
    for request, outcome in zip(requests, outcomes, strict=True):
        if isinstance(outcome, Failed) and outcome.kind in _UNREACHED and outcome.status is None:
            failures.setdefault(request.exchange, f"{outcome.kind}: {outcome.detail}")
        else:
            reached.add(request.exchange)
    return {name: why for name, why in failures.items() if name not in reached}


def lost_all(markets: Iterable[Market], why: Mapping[str, str]) -> dict[Market, str]:
    """The markets of exchanges that were not reached, each with its exchange's reason."""
    return {(name, pair): why[name] for name, pair in markets if name in why}


def _timed(outcome: Any, began: float, ended: float) -> Outcome:
    if not isinstance(outcome, Fetched | Failed):
        raise Broken(f"returned {safe(repr(outcome), 60)}, expected what was fetched, or how it failed")
    times = outcome.started, outcome.ended
    if all(isinstance(one, int | float) for one in times) and began <= times[0] <= times[1] <= ended:
        return outcome
    started = _within(outcome.started, began, ended, began)
    return replace(outcome, started=started, ended=_within(outcome.ended, started, ended, ended))


def _within(told: Any, low: float, high: float, otherwise: float) -> float:
    if isinstance(told, int | float) and not math.isnan(told):
        return min(max(float(told), low), high)
    return otherwise


def _read_as(request: Request, quotes: Iterable[Quote]) -> str:
    """What an answer was read as that lacks one of its markets."""
    asked = {(request.exchange, pair) for pair in request.pairs}
    others = [f"{one.exchange} {one.pair}" for one in quotes if (one.exchange, one.pair) not in asked]
    if not others:
        return "schema: the answer has no quote of it"
    return f"schema: the answer was read as one of {safe(', '.join(others[:3]), 120)}"


def _sides(book: Book) -> str:
    return "no bids" if not book.bids and book.asks else "no asks" if book.bids else "neither bids nor asks"
