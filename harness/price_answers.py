"""Price answers: what came of the requests for prices, as sightings and as sentences about what did not come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from exchanges.book import Book
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.wire import Request
from harness.book_rows import best_of
from harness.exits import Stop
from harness.sighting import Sighting, moments_of
from strategies.strategy import Failed, Fetched

Market: TypeAlias = tuple[str, Pair]

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


@dataclass(slots=True)
class Answers:
    """``sightings`` in the order of the requests; ``lost`` says of every other market why it brought nothing, without
    the market's name."""

    sightings: list[Sighting] = field(default_factory=list)
    lost: dict[Market, str] = field(default_factory=dict)

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


def answers_in(requests: Sequence[Request], outcomes: Sequence[Any], strategy: str) -> Answers:
    """What the outcomes brought. Raises Stop where a strategy returned what is neither prices nor a failure."""
    found = Answers()
    for request, outcome in zip(requests, outcomes, strict=True):
        match outcome:
            case Failed(kind, detail):
                found.lost |= {(request.exchange, pair): f"{kind}: {detail}" for pair in request.pairs}
            case Fetched(Book() as book) if len(request.pairs) == 1:
                best = best_of(book)
                if best is None:
                    found.lost[request.exchange, request.pairs[0]] = (
                        f"bad_value: one-sided, its book has {_sides(book)}"
                    )
                else:
                    _add(found, request, request.pairs[0], best, outcome, book)
            case Fetched(tuple(quotes)) if _are_quotes(quotes, len(request.pairs)):
                for pair, quote in zip(request.pairs, quotes, strict=True):
                    _add(found, request, pair, quote, outcome)
            case _:
                what = f"{request.exchange} {', '.join(map(str, request.pairs))}"
                raise Stop(f"strategy {strategy} returned no quote for {safe(what)}, and no failure either")
    return found


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


def _are_quotes(found: Sequence[Any], number: int) -> bool:
    return len(found) == number and all(isinstance(one, Quote) for one in found)


def _add(
    found: Answers, request: Request, pair: Pair, quote: Quote, outcome: Fetched, book: Book | None = None
) -> None:
    if (quote.exchange, quote.pair) == (request.exchange, pair):
        found.sightings.append(Sighting(quote, *moments_of(outcome), book))
    else:
        why = f"schema: the answer was read as one of {quote.exchange} {quote.pair}"
        found.lost[request.exchange, pair] = why


def _sides(book: Book) -> str:
    return "no bids" if not book.bids and book.asks else "no asks" if book.bids else "neither bids nor asks"
