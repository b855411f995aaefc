"""Brought: what the answer to one request about prices comes to, and times that a stranger tells, set right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from exchanges.book import Book
from exchanges.errors import safe
from exchanges.quote import Quote
from exchanges.wire import Request
from harness.book_rows import best_of
from harness.sighting import Sighting, moments_of
from harness.usable import Market
from strategies.strategy import Failed, Fetched, Outcome


class Broken(Exception):
    """The strategy returned what is no answer; the message is a sentence."""


@dataclass(slots=True)
class Brought:
    """``sightings`` in the order of the pairs; ``misses`` say of a market why it is not among them. ``failures`` are
    those of whole requests."""

    sightings: list[Sighting] = field(default_factory=list)
    misses: dict[Market, str] = field(default_factory=dict)
    failures: list[Failed] = field(default_factory=list)

    def add(self, request: Request, outcome: Outcome) -> None:
        """Take what one request brought. Raises Broken."""
        name, pairs = request.exchange, request.pairs
        match outcome:
            case Failed():
                self.failures.append(outcome)
                said = safe(f"{outcome.kind}: {outcome.detail}", 300)
                self.misses.update(((name, pair), said) for pair in pairs)
            case Fetched(Book() as book):
                best = best_of(book)
                if best is None:
                    self.misses[name, pairs[0]] = "bad_value: one-sided, its book lacks bids or asks"
                else:
                    self._see(request, (best,), outcome, book)
            case Fetched(tuple(quotes)) if all(isinstance(one, Quote) for one in quotes):
                self._see(request, quotes, outcome)
            case _:
                found = safe(type(outcome.value).__name__ if isinstance(outcome, Fetched) else repr(outcome), 60)
                raise Broken(f"it returned no price for {name}, and no failure either: {found}")

    def _see(self, request: Request, quotes: Sequence[Quote], outcome: Fetched, book: Book | None = None) -> None:
        asked, received = moments_of(outcome)
        found = {quote.pair: quote for quote in quotes if quote.exchange == request.exchange}
        for pair in request.pairs:
            if pair in found:
                self.sightings.append(Sighting(found[pair], asked, received, book))
            else:
                others = safe(", ".join(f"{one.exchange} {one.pair}" for one in quotes[:3]) or "nothing", 120)
                self.misses[request.exchange, pair] = f"schema: the answer was read as one about {others}"


def sound(outcomes: Any, count: int, began: float, ended: float) -> list[Outcome]:
    """The outcomes of a batch that was handed over at ``began`` and came back at ``ended``, in seconds of our clock.
    A time that cannot be true becomes the nearest that can: a price never seems newer than our own clock allows.

    Raises Broken: not one outcome for each request."""
    if not isinstance(outcomes, Sequence) or len(outcomes) != count:
        found = len(outcomes) if isinstance(outcomes, Sequence) else safe(type(outcomes).__name__)
        raise Broken(f"it returned {found} for {count} requests; expected an outcome for each")
    return [_timed(outcome, began, ended) for outcome in outcomes]


def _timed(outcome: Any, began: float, ended: float) -> Outcome:
    if not isinstance(outcome, Fetched | Failed):
        raise Broken(f"it returned {safe(repr(outcome), 60)}; expected what was fetched, or how it failed")
    times = outcome.started, outcome.ended
    if all(isinstance(one, int | float) for one in times) and began <= times[0] <= times[1] <= ended:
        return outcome
    started = _within(outcome.started, began, ended, began)
    return replace(outcome, started=started, ended=_within(outcome.ended, started, ended, ended))


def _within(told: Any, low: float, high: float, otherwise: float) -> float:
    if isinstance(told, int | float) and not math.isnan(told):
        return min(max(float(told), low), high)
    return otherwise
