"""A scheduler: one exchange's affairs, whoever fetches for it: what is due, what may go, and how it went.

Law: at most one batch is in flight at a time, also while one strategy takes over from another. Everything here is
decided under ``cache.changed``, with the time passed in; nothing here waits or fetches.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Final

import exchanges
from exchanges.facts import Facts
from exchanges.pair import Pair
from harness.price_answers import Answers, sound
from harness.sighting import microseconds
from harness.told import told_by
from harness.tracker.backoff import CONTENT, Backoff, is_refusal
from harness.tracker.batch import Batch, batch_of
from harness.tracker.beat import Beat, Metronome
from harness.tracker.budget import Budget
from harness.tracker.cache import Cache, is_doubtful
from harness.tracker.reading import ExchangeState
from harness.tracker.tally import Tally
from harness.tracker.tasks import Task, Tasks, turn_of
from harness.usable import Market
from strategies.strategy import Failed, Fetched, Outcome

_DOUBT_EVERY_S: Final = 5.0
_GRACE_S: Final = 1.0


class Scheduler:
    """One exchange's. ``holder`` is who may fetch now; what another one still has in flight is waited for."""

    def __init__(
        self, name: str, pairs: Sequence[Pair], beat: Beat, cache: Cache, dice: random.Random, share: float, held: bool
    ) -> None:
        """``share`` of its limits is what may be spent. ``held``: its clock was made to stand still, and tells nothing.
        Raises UnknownPair."""
        self.name = name
        self.tasks = Tasks(name, pairs, beat.levels, beat.every_s, share)
        self.budget = Budget(share)
        self.tally = Tally()
        self.holder: object | None = None
        self.batch: Batch | None = None
        self.left_alone_until = -math.inf
        self.asked_beat = self.brought_beat = self.done_beat = -1
        self.trading: frozenset[Pair] | None = None
        self.silent = False
        self.why: str | None = None
        self._beat, self._cache, self._held = beat, cache, held
        self._backoff = Backoff(dice, beat.every_s)
        self._notes: dict[str, str] = {}
        self._brought_at = -math.inf
        self._is_broken = False
        too_many = self.tasks.why_too_many(beat.ttl_s)
        if too_many is not None:
            self.note("cost", too_many)

    def hand_to(self, holder: object) -> None:
        """Another one fetches from now on, and is not made to wait for a fault of the one before."""
        self.holder = holder
        self._notes.pop("strategy", None)
        if self._is_broken:
            self._is_broken, self.left_alone_until = False, -math.inf

    def burst(self, now: float) -> int:
        """How many price requests may go at once when nothing was asked yet."""
        fresh = Budget(self.budget.share)
        count = 0
        for task in self.tasks.prices:
            if fresh.wait_for(task.charges, now) > 0:
                break
            fresh.spend(task.charges, now)
            count += 1
        return max(1, count)

    def begin(self, holder: object, most: int, metronome: Metronome, now: float) -> Batch | float:
        """What ``holder`` is to fetch now, ``most`` requests at once; or for how many seconds there is nothing."""
        beat = metronome.at(now)
        next_s = metronome.wait_for_next(now)
        if self.holder is not holder or beat < 0:
            return next_s
        if self.batch is not None:
            left_s = self.batch.ends_by + _GRACE_S - now
            if left_s > 0:
                return min(next_s, left_s)
            # The one before broke its promises: what it may still return is nobody's.
            self.batch = None
        if now < self.left_alone_until:
            self._done(beat)
            return next_s
        turn = turn_of(self.tasks.due(now, beat), self.budget, most, now)
        for task in turn.never:
            about = str(task.pairs[0]) if task.is_price else task.about
            self.note(about, f"{self.name}: {about} is never asked for, it weighs more than the rate limit allows")
        if not turn.taken:
            self._done(beat)
            return min(next_s, turn.wait_s)
        for task in turn.taken:
            task.asked_at, task.beat = now, beat
        if any(task.is_price for task in turn.taken):
            self.asked_beat = beat
        # Prices first: a batch that fetches one by one has them in hand before it asks for the time.
        in_order = tuple(sorted(turn.taken, key=lambda task: not task.is_price))
        self.batch = batch_of(in_order, most, self._beat.deadline_s, now, self._cache.asleep_us())
        self.tally.requests += len(self.batch.requests)
        return self.batch

    def end(self, batch: Batch, outcomes: object, metronome: Metronome, now: float) -> Answers | None:
        """Take what a batch brought; None where it is nobody's any more. Raises Broken."""
        if self.batch is not batch:
            return None
        self.batch = None
        if self._cache.nap_since(batch.slept_us):
            # An answer may have come before the machine fell asleep: how old it is no clock of ours can tell.
            for task in batch.tasks:
                task.beat, task.asked_at = -1, -math.inf
            return None
        checked = sound(outcomes, len(batch.requests), batch.began, now)
        beat = metronome.at(now)
        brought = Answers()
        place = 0
        for task in batch.tasks:
            mine = checked[place : place + len(task.requests)]
            place += len(task.requests)
            # What came in a later beat than it was asked for in is that beat's: it is not asked again at once.
            task.beat = max(task.beat, beat)
            if task.is_price:
                self._take_prices(task, mine[0], brought, now)
            else:
                self._take_facts(task, mine)
        if any(task.is_price for task in batch.tasks):
            self.asked_beat = max(self.asked_beat, beat)
        self._judge(checked, brought, beat, now, any(len(one.pairs) > 1 for one in batch.tasks))
        self._cache.put(brought.sightings, brought.lost)
        return brought

    def broke(self, sentence: str, batch: Batch | None, now: float) -> float:
        """The strategy raised, or returned nonsense; how long to leave it alone, in seconds."""
        self.drop(batch)
        wait_s, self.why = self._backoff.after_bug(sentence)
        self.left_alone_until = now + wait_s
        self.silent = self._is_broken = True
        self.tally.add_bug(sentence)
        misses: dict[Market, str] = {(self.name, pair): sentence for one in self.tasks.prices for pair in one.pairs}
        self._cache.put((), misses)
        return wait_s

    def drop(self, batch: Batch | None) -> None:
        """Nothing will come of a batch any more."""
        if batch is not None and self.batch is batch:
            self.batch = None

    def refresh(self, now: float, newness_s: float) -> bool:
        """Make due what is older than that; whether anybody is to be woken. What is in flight is joined."""
        if now < self.left_alone_until:
            return False
        return self.tasks.ask_again(now - newness_s, () if self.batch is None else self.batch.tasks)

    def note(self, about: str, sentence: str) -> None:
        """Something to be told, instead of what was told of the same before."""
        self._notes[about] = sentence

    def notes(self) -> list[str]:
        """What is not known or not possible, in sentences."""
        return list(self._notes.values())

    def state(self, now: float) -> ExchangeState:
        """How it goes."""
        p50, p95, p99 = self.tally.latencies.percentiles(0.5, 0.95, 0.99)
        alone = self.left_alone_until - now
        return ExchangeState(
            name=self.name,
            in_flight=self.batch.in_flight if self.batch is not None else 0,
            refreshes=self.tally.refreshes,
            requests=self.tally.requests,
            errors=self.tally.errors,
            last_error=self.tally.last_error,
            p50_s=p50,
            p95_s=p95,
            p99_s=p99,
            budget_used=self.budget.used(now),
            resumes_in_s=alone if alone > 0 else None,
            why=self.why if alone > 0 else None,
        )

    def _done(self, beat: int) -> None:
        if beat > self.done_beat:
            self.done_beat = beat
            self._cache.changed.notify_all()

    def _take_prices(self, task: Task, outcome: Outcome, brought: Answers, now: float) -> None:
        brought.add(task.requests[0], outcome)
        if isinstance(outcome, Failed):
            if outcome.kind in CONTENT:
                self.tasks.was_spoilt(task, now)
        else:
            self.tasks.went_well(task, now)

    def _take_facts(self, task: Task, outcomes: Sequence[Outcome]) -> None:
        told = told_by(task.requests, outcomes)
        if task.about == "time" and not self._held:
            if any(isinstance(one, Fetched) and isinstance(one.value, Facts) for one in outcomes):
                self._cache.set_clock(self.name, told.clocks.get(self.name))
        elif self.name in told.trading:
            self.trading = told.trading[self.name]
        self._notes.pop(task.about, None)
        for sentence in told.notes:
            self._notes[task.about] = sentence

    def _judge(self, outcomes: Sequence[Outcome], brought: Answers, beat: int, now: float, in_company: bool) -> None:
        self.tally.add(outcomes)
        # What went wrong with the facts is told in the notes, and is no reason to ask for no prices; a refusal is.
        refusals = [one for one in outcomes if isinstance(one, Failed) and is_refusal(one)]
        failures = [*brought.failures, *(one for one in refusals if one not in brought.failures)]
        if not failures and not brought.sightings and not brought.lost:
            return
        if brought.sightings:
            self.tally.add_refresh(now)
            self.brought_beat, self._brought_at, self.silent = beat, now, False
            self._doubt_clock(brought, now)
        # One market's own fault says nothing of the exchange, as long as it answers for others; and in a batch of
        # several it may be one's own.
        alive = bool(brought.sightings) or (
            all(one.kind in CONTENT for one in failures) and (in_company or now - self._brought_at < self._beat.ttl_s)
        )
        waits = self._backoff.wait_after(failures, alive)
        if waits is not None:
            self.left_alone_until, self.why, self._is_broken = now + waits[0], waits[1], False
        if brought.lost and not brought.sightings and not alive:
            self.silent = True

    def _doubt_clock(self, brought: Answers, now: float) -> None:
        clock = self._cache.clocks().get(self.name)
        most_us = microseconds(self._beat.ttl_s) + exchanges.load(self.name).time_grain_us
        if clock is not None and is_doubtful(clock, brought.sightings, most_us):
            self.tasks.ask_clock_again(now - _DOUBT_EVERY_S)
