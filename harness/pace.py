"""The pace at which others' servers may be asked: how long a race rests between two batches, and what it spends.

Law: over time a race spends at most half of what any exchange grants, one batch at most three quarters of what it
grants at once, and no span of the exchange's own length, wherever it begins, meets more than it grants.

A batch is never slowed down, for how fast an arm asks is what is timed: all the waiting is between batches. Let a batch
take w of a budget that grants c in t seconds, and rest for 2tw/c from its end to the next one's start. That spends half
of the budget or less. A span of t seconds meets fewer than 1 + c/(2w) batches: where w is at most half of c they take
less than w + c/2, which is at most c; where it is more, there is only one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import exchanges
from exchanges.limit import Charge, RateLimit
from exchanges.units import counted, text_from_share
from harness.exits import UsageError
from harness.scenario import Scenario, request_of

SHARE: Final = 0.5
"""Of a budget, over time."""
BURST: Final = 0.75
"""Of a budget, in one batch."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What one batch takes of one budget of an exchange."""

    exchange: str
    bucket: str
    weight: int
    requests: int
    limit: RateLimit

    @property
    def pause_s(self) -> float:
        """How long this batch has to be paid off, in seconds."""
        return self.limit.per_s * self.weight / (SHARE * self.limit.capacity)

    @property
    def is_too_much(self) -> bool:
        return self.weight > BURST * self.limit.capacity


def spendings(scenario: Scenario) -> list[Spending]:
    """What one batch takes, budget by budget. A server of one's own in an exchange's place has no limit to be spared,
    and what an exchange does not count is no spending."""
    if not scenario.real:
        return []
    charges: dict[tuple[str, str], list[Charge]] = {}
    for turn in itertools.islice(itertools.cycle(scenario.turns), scenario.requests):
        charge = exchanges.load(turn[0]).charge_for(request_of(scenario, turn))
        if charge is not None:
            charges.setdefault((turn[0], charge.bucket), []).append(charge)
    return [
        Spending(name, bucket, sum(charge.weight for charge in found), len(found), found[0].limit)
        for (name, bucket), found in charges.items()
    ]


def pause_s(scenarios: Iterable[Scenario]) -> float:
    """Seconds of rest that there must be between two batches of any of these scenarios."""
    return max((one.pause_s for scenario in scenarios for one in spendings(scenario)), default=0.0)


def check(scenarios: Sequence[Scenario]) -> None:
    """Raises UsageError where one batch would take more than an exchange grants at once, with what would be less."""
    for scenario in scenarios:
        for one in spendings(scenario):
            if one.is_too_much:
                most = int(scenario.requests * BURST * one.limit.capacity / one.weight)
                fewer = f"try --requests {most} or fewer" if most else "nothing less will do"
                raise UsageError(
                    f"one batch of {counted(scenario.requests, 'request')} would take {one.weight} of the "
                    f"{one.limit.capacity} that {one.exchange} grants in {one.limit.per_s:g} s, expected at most "
                    f"{text_from_share(BURST)} of it: {fewer}, or leave {one.exchange} out (--exchange); nothing was "
                    "asked"
                )


def said(scenarios: Sequence[Scenario], batches: Sequence[int]) -> str:
    """What a race of so many ``batches`` of each of these scenarios (or plans of them) spends in all, in a sentence
    without its full stop; empty where there is nothing to be spared."""
    spent: dict[tuple[str, str], int] = {}
    for scenario, number in zip(scenarios, batches, strict=True):
        for one in spendings(scenario):
            key = one.exchange, f"{one.limit.capacity:,} in {one.limit.per_s:g} s"
            spent[key] = spent.get(key, 0) + number * one.weight
    if not spent:
        return ""
    told = ", ".join(f"{name} {weight:,} ({grants} granted)" for (name, grants), weight in spent.items())
    slowest = max((one for scenario in scenarios for one in spendings(scenario)), key=lambda one: one.pause_s)
    return (
        f"at most {text_from_share(SHARE)} of what an exchange grants, so that there is a rest of "
        f"{slowest.pause_s:.2g} s between two batches, for the sake of {slowest.exchange}; in all {told}"
    )
