"""Told: what the exchanges say of themselves before they are asked for prices, their clocks and what they list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import exchanges
from exchanges.errors import safe
from exchanges.facts import Facts
from exchanges.pair import Pair
from exchanges.wire import Request
from harness.exchange_clock import ClockReading, ExchangeClock, clock_from
from harness.sighting import moments_of
from strategies.strategy import Failed, Fetched

_CLOCK_READINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Told:
    """``clocks`` and ``trading`` by exchange, of those whose answers could be read; ``notes`` say what could not."""

    clocks: dict[str, ExchangeClock]
    trading: dict[str, frozenset[Pair]]
    notes: tuple[str, ...]


def requests_to(name: str) -> list[Request]:
    """What to ask an exchange; nothing where it shows neither a clock nor a list."""
    exchange = exchanges.load(name)
    asked = [*[exchange.time_request()] * _CLOCK_READINGS, exchange.instruments_request()]
    return [request for request in asked if request is not None]


def told_by(requests: Sequence[Request], outcomes: Sequence[Any]) -> Told:
    """What came of it."""
    readings: dict[str, list[ClockReading]] = {}
    trading: dict[str, frozenset[Pair]] = {}
    notes: dict[tuple[str, str], str] = {}
    for request, outcome in zip(requests, outcomes, strict=True):
        name = request.exchange
        match outcome:
            case Fetched(Facts(time_us=int(told_us))):
                readings.setdefault(name, []).append(ClockReading(*moments_of(outcome), told_us))
            case Fetched(Facts(instruments=tuple(listed))):
                trading[name] = frozenset(one.pair for one in listed if one.trading)
            case _:
                why = f"{outcome.kind}: {outcome.detail}" if isinstance(outcome, Failed) else "no answer"
                lost = "its clock" if request.about == "time" else "its list of markets, so what is halted,"
                notes[name, request.about] = safe(f"{name}: {lost} is not known ({why})", 300)
    # A clock that was set between two readings is known no better than one that is not shown.
    clocks = {name: clock for name, found in readings.items() if (clock := clock_from(found)) is not None}
    return Told(clocks, trading, tuple(notes.values()))
