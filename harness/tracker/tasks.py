"""Tasks: what there is to ask of one exchange, and what of it is due.

Prices are due on every beat; the exchange's clock and its list of markets now and then. What was asked longest ago goes
first, so that a budget too small for everything goes around.

One market can spoil a batch: an exchange that delisted it refuses the whole request. Such a batch is halved until the
market is found, which is then asked for alone and ever more seldom, while the others go on together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import exchanges
from exchanges.limit import Charge
from exchanges.pair import Pair
from exchanges.units import text_from_seconds
from exchanges.wire import Request
from harness.told import requests_to
from harness.tracker import cheapest
from harness.tracker.budget import Budget

CLOCK_EVERY_S: Final = 60.0
"""Our clock and theirs part by some milliseconds in that time at most."""

LIST_EVERY_S: Final = 600.0
"""Lists are long, and markets are halted seldom."""

_APART_S: Final = (5.0, 300.0)
"""How soon a market is asked for again that was refused alone: after the second time, and at last."""

_GOOD: Final = 10
"""Answers in a row after which a market that was apart joins the others again."""


@dataclass(slots=True, eq=False)
class Task:
    """Requests that go together, one unless they ask for the clock. ``beat`` is the one it was last asked in;
    ``every_s`` is 0 for each beat. ``suspect``: it holds a market that spoilt a batch; ``apart``: it is that market,
    and was answered ``good`` times since, refused ``bad`` times."""

    requests: tuple[Request, ...]
    charges: tuple[Charge | None, ...]
    every_s: float = 0.0
    asked_at: float = -math.inf
    beat: int = -1
    not_before: float = -math.inf
    suspect: bool = False
    apart: bool = False
    good: int = 0
    bad: int = 0

    @property
    def about(self) -> str:
        return self.requests[0].about

    @property
    def is_price(self) -> bool:
        return self.about in ("quotes", "book")

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return self.requests[0].pairs


class Tasks:
    """Those of one exchange."""

    def __init__(self, name: str, pairs: Sequence[Pair], levels: int, every_s: float, share: float) -> None:
        """``share`` of the exchange's limits is what may be spent. Raises UnknownPair."""
        self.name = name
        self._levels, self._every_s, self._share = levels, every_s, share
        self._pairs = tuple(pairs)
        self._facts = self._facts_to_ask()
        self.prices = self._prices_of(self._pairs)
        self.cost_s = cheapest.cost_s(name, [one.requests[0] for one in self.prices], share)
        """How often all prices can be asked for within the share."""

    def why_too_many(self, ttl_s: float) -> str | None:
        """What is wrong with asking for all of it on every beat, as a sentence; None where nothing is."""
        if self.cost_s <= self._every_s:
            return None
        then = "" if self.cost_s <= ttl_s else ", so that most are stale until then"
        every, once = text_from_seconds(self._every_s), text_from_seconds(self.cost_s)
        many = f"these {len(self._pairs)} markets" if len(self._pairs) > 1 else "this market"
        return (
            f"{self.name}: within {self._share:.0%} of its rate limit {many} can be asked for every {once}, not every "
            f"{every}{then}; choose fewer, or a longer beat"
        )

    def due(self, now: float, beat: int) -> list[Task]:
        """What is to be asked now, the oldest first."""
        found = [one for one in self.prices if one.beat < beat and one.not_before <= now]
        found += [one for one in self._facts if one.asked_at + one.every_s <= now]
        return sorted(found, key=lambda one: one.asked_at)

    def ask_again(self, older_than: float, but: Sequence[Task] = ()) -> bool:
        """Make all prices due that were last asked for before that moment, ``but`` those; whether there are any."""
        again = [one for one in self.prices if one.asked_at < older_than and one not in but]
        for one in again:
            one.beat = -1
        return bool(again)

    def ask_clock_again(self, not_asked_since: float) -> None:
        """Make the clock due if it was not asked for since."""
        for one in self._facts:
            if one.about == "time" and one.asked_at < not_asked_since:
                one.asked_at = -math.inf

    def went_well(self, task: Task, now: float) -> None:
        """Take note that a price task brought all of its markets."""
        was_suspect, task.suspect = task.suspect, False
        if task.apart:
            task.good += 1
            if task.bad:
                task.bad = 0
                # Whatever it was, it may be over for the others too.
                for other in self.prices:
                    other.not_before = min(other.not_before, now)
        if was_suspect or (task.apart and task.good == _GOOD):
            self._join()

    def was_spoilt(self, task: Task, now: float) -> None:
        """Take note that it brought nothing, by the fault of one of its markets, as it seems."""
        if task not in self.prices:
            return
        pairs = task.pairs
        if len(pairs) > 1:
            place = self.prices.index(task)
            halves = pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :]
            fresh = [one for half in halves for one in self._prices_of(half)]
            for one in fresh:
                one.suspect = True
            self.prices[place : place + 1] = fresh
            return
        task.suspect, task.apart, task.good = False, True, 0
        if task.bad:
            first, last = _APART_S
            task.not_before = now + min(last, math.ldexp(first, min(task.bad - 1, 30)))
        task.bad += 1
        if task.bad == 1:
            self._join()

    def _join(self) -> None:
        """Put those together again that were parted for somebody else's fault, once all faults are found."""
        if any(one.suspect for one in self.prices):
            return
        alone = [one for one in self.prices if one.apart and one.good < _GOOD]
        others = [one for one in self.prices if one not in alone]
        parted = {pair for one in alone for pair in one.pairs}
        joined = self._prices_of(tuple(pair for pair in self._pairs if pair not in parted))
        if len(joined) < len(others):
            for one in joined:
                of = [other for other in others if set(other.pairs) & set(one.pairs)]
                one.asked_at, one.beat = min(x.asked_at for x in of), min(x.beat for x in of)
            self.prices = [*joined, *alone]
        else:
            for one in others:
                one.apart = False

    def _prices_of(self, pairs: Sequence[Pair]) -> list[Task]:
        requests = cheapest.requests_for(self.name, pairs, self._levels, self._every_s, self._share) if pairs else []
        return [self._task((request,)) for request in requests]

    def _facts_to_ask(self) -> list[Task]:
        asked = requests_to(self.name)
        clock, listed = (tuple(one for one in asked if one.about == about) for about in ("time", "instruments"))
        return [
            self._task(requests, every_s)
            for requests, every_s in ((clock, CLOCK_EVERY_S), (listed, LIST_EVERY_S))
            if requests
        ]

    def _task(self, requests: tuple[Request, ...], every_s: float = 0.0) -> Task:
        charge_for = exchanges.load(self.name).charge_for
        return Task(requests, tuple(charge_for(request) for request in requests), every_s)


@dataclass(frozen=True, slots=True)
class Turn:
    """``taken`` goes now. Nothing of the rest may go for ``wait_s`` seconds; ``never`` weighs more than is allowed."""

    taken: tuple[Task, ...]
    wait_s: float
    never: tuple[Task, ...]


def turn_of(due: Sequence[Task], budget: Budget, most: int, now: float) -> Turn:
    """``due`` begins with what waited longest; ``most`` requests at once. The weight of what is taken is spent.

    Law: who has waited longest in a bucket goes first there, or a large request would wait for ever behind small ones;
    a bucket that is spent holds up no other."""
    taken: list[Task] = []
    never: list[Task] = []
    closed: dict[str, float] = {}
    room = most
    for task in due:
        buckets = {charge.bucket for charge in task.charges if charge is not None}
        if buckets & set(closed):
            continue
        if taken and len(task.requests) > room:
            break
        wait_s = budget.wait_for(task.charges, now)
        if math.isinf(wait_s):
            never.append(task)
        elif wait_s > 0:
            closed.update(dict.fromkeys(buckets, wait_s))
        else:
            budget.spend(task.charges, now)
            taken.append(task)
            room -= len(task.requests)
    return Turn(tuple(taken), min(closed.values(), default=math.inf), tuple(never))
