"""A sighting: a quote, and when it was asked for and in hand by this machine's clock.

The two moments hold the one at which the exchange said it. Both are whole microseconds of one clock that never steps
(CLOCK_MONOTONIC), so that an age is a difference of integers; the exchange's own time stays in the quote.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchanges.book import Book
from exchanges.quote import Quote
from strategies.strategy import Fetched


@dataclass(frozen=True, slots=True)
class Sighting:
    """``asked_us`` and ``received_us`` are microseconds of this machine's clock; ``book`` is the book that the quote is
    the top of, None where only the best prices are known."""

    quote: Quote
    asked_us: int
    received_us: int
    book: Book | None = None


def microseconds(seconds: float) -> int:
    """Seconds of a clock in whole microseconds, rounded down: the one place where a clock's float becomes a number that
    prices are judged by."""
    return int(seconds * 1_000_000)


def moments_of(outcome: Fetched) -> tuple[int, int]:
    """When an answer was asked for and in hand."""
    return microseconds(outcome.started), microseconds(outcome.ended)
