"""A desk: one exchange's affairs, whoever fetches for it: what is due, what may go, and how it went.

Law: at most one batch is in flight at a time, also while one strategy takes over from another. Everything here is
decided under ``board.changed``, with the time passed in; nothing here waits or fetches.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import exchanges
from exchanges.facts import Facts
from exchanges.pair import Pair
from exchanges.wire import Request
from harness.sighting import microseconds
from harness.told import told_by
from harness.tracker.backoff import CONTENT, Backoff, is_refusal
from harness.tracker.beat import Beat, Metronome
from harness.tracker.board import Board
from harness.tracker.brought import Brought, sound
from harness.tracker.budget import Budget
from harness.tracker.doubt import is_doubtful
from harness.tracker.errands import Errand, Errands
from harness.tracker.reading import ExchangeState
from harness.tracker.tally import Tally
from harness.tracker.turn import turn_of
from harness.usable import Market
from strategies.strategy import Failed, Fetched, Outcome

_DOUBT_EVERY_S: Final = 5.0
_GRACE_S: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What is in flight: since ``began``, until ``ends_by`` if the strategy keeps its promises."""

    errands: tuple[Errand, ...]
    began: float
    ends_by: float

    @property
    def requests(self) -> list[Request]:
        return [request for errand in self.errands for request in errand.requests]


class Desk:
    """One exchange's. ``holder`` is who may fetch now; what another one still has in flight is waited for."""

    def __init__(
        self, name: str, pairs: Sequence[Pair], beat: Beat, board: Board, dice: random.Random, share: float, held: bool
    ) -> None:
        """``share`` of its limits is what may be spent. ``held``: its clock was made to stand still, and tells nothing.
        Raises UnknownPair."""
        self.name = name
        self.errands = Errands(name, pairs, beat.levels, beat.every_s, share)
        self.budget = Budget(share)
        self.tally = Tally()
        self.holder: object | None = None
        self.batch: Batch | None = None
        self.left_alone_until = -math.inf
        self.asked_beat = self.brought_beat = self.done_beat = -1
        self.trading: frozenset[Pair] | None = None
        self.silent = False
        self.why: str | None = None
        self._beat, self._board, self._held = beat, board, held
        self._backoff = Backoff(dice, beat.every_s)
        self._notes: dict[str, str] = {}
        self._brought_at = -math.inf
        too_many = self.errands.why_too_many(beat.ttl_s)
        if too_many is not None:
            self.note("cost", too_many)

    def burst(self, now: float) -> int:
        """How many price requests may go at once when nothing was asked yet."""
        fresh = Budget(self.budget.share)
        count = 0
        for errand in self.errands.prices:
            if fresh.wait_for(errand.charges, now) > 0:
                break
            fresh.spend(errand.charges, now)
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
        turn = turn_of(self.errands.due(now, beat), self.budget, most, now)
        for errand in turn.never:
            about = str(errand.pairs[0]) if errand.is_price else errand.about
            self.note(about, f"{self.name}: {about} is never asked for, it weighs more than the rate limit allows")
        if not turn.taken:
            self._done(beat)
            return min(next_s, turn.wait_s)
        for errand in turn.taken:
            errand.asked_at, errand.beat = now, beat
        if any(errand.is_price for errand in turn.taken):
            self.asked_beat = beat
        # Prices first: a batch that fetches one by one has them in hand before it asks for the time.
        in_order = tuple(sorted(turn.taken, key=lambda errand: not errand.is_price))
        count = sum(len(errand.requests) for errand in in_order)
        self.tally.requests += count
        self.batch = Batch(in_order, now, now + math.ceil(count / most) * (self._beat.deadline_s + 0.25))
        return self.batch

    def end(self, batch: Batch, outcomes: object, metronome: Metronome, now: float) -> Brought | None:
        """Take what a batch brought; None where it is nobody's any more. Raises Broken."""
        if self.batch is not batch:
            return None
        self.batch = None
        checked = sound(outcomes, len(batch.requests), batch.began, now)
        beat = metronome.at(now)
        brought = Brought()
        place = 0
        for errand in batch.errands:
            mine = checked[place : place + len(errand.requests)]
            place += len(errand.requests)
            # What came in a later beat than it was asked for in is that beat's: it is not asked again at once.
            errand.beat = max(errand.beat, beat)
            if errand.is_price:
                self._take_prices(errand, mine[0], brought, now)
            else:
                self._take_facts(errand, mine)
        if any(errand.is_price for errand in batch.errands):
            self.asked_beat = max(self.asked_beat, beat)
        self._judge(checked, brought, beat, now, any(len(one.pairs) > 1 for one in batch.errands))
        self._board.put(brought.sightings, brought.misses)
        return brought

    def broke(self, sentence: str, batch: Batch | None, now: float) -> float:
        """The strategy raised, or returned nonsense; how long to leave it alone, in seconds."""
        self.drop(batch)
        wait_s, self.why = self._backoff.after_bug(sentence)
        self.left_alone_until = now + wait_s
        self.silent = True
        self.tally.add_bug(sentence)
        misses: dict[Market, str] = {(self.name, pair): sentence for one in self.errands.prices for pair in one.pairs}
        self._board.put((), misses)
        return wait_s

    def drop(self, batch: Batch | None) -> None:
        """Nothing will come of a batch any more."""
        if batch is not None and self.batch is batch:
            self.batch = None

    def refresh(self, now: float, newness_s: float) -> bool:
        """Make due what is older than that; whether anybody is to be woken. What is in flight is joined."""
        if now < self.left_alone_until:
            return False
        return self.errands.ask_again(now - newness_s, () if self.batch is None else self.batch.errands)

    def forget_clock(self) -> None:
        """The exchange's clock was set: what was known of it is no use any more."""
        self._board.set_clock(self.name, None)
        self.errands.ask_clock_again(math.inf)

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
            in_flight=len(self.batch.requests) if self.batch is not None else 0,
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
            self._board.changed.notify_all()

    def _take_prices(self, errand: Errand, outcome: Outcome, brought: Brought, now: float) -> None:
        brought.add(errand.requests[0], outcome)
        if isinstance(outcome, Failed):
            if outcome.kind in CONTENT:
                self.errands.was_spoilt(errand, now)
        else:
            self.errands.went_well(errand, now)

    def _take_facts(self, errand: Errand, outcomes: Sequence[Outcome]) -> None:
        told = told_by(errand.requests, outcomes)
        if errand.about == "time" and not self._held:
            if any(isinstance(one, Fetched) and isinstance(one.value, Facts) for one in outcomes):
                self._board.set_clock(self.name, told.clocks.get(self.name))
        elif self.name in told.trading:
            self.trading = told.trading[self.name]
        self._notes.pop(errand.about, None)
        for sentence in told.notes:
            self._notes[errand.about] = sentence

    def _judge(self, outcomes: Sequence[Outcome], brought: Brought, beat: int, now: float, in_company: bool) -> None:
        self.tally.add(outcomes)
        # What went wrong with the facts is told in the notes, and is no reason to ask for no prices; a refusal is.
        refusals = [one for one in outcomes if isinstance(one, Failed) and is_refusal(one)]
        failures = [*brought.failures, *(one for one in refusals if one not in brought.failures)]
        if not failures and not brought.sightings and not brought.misses:
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
            self.left_alone_until, self.why = now + waits[0], waits[1]
        if brought.misses and not brought.sightings and not alive:
            self.silent = True

    def _doubt_clock(self, brought: Brought, now: float) -> None:
        clock = self._board.clocks().get(self.name)
        most_us = microseconds(self._beat.ttl_s) + exchanges.load(self.name).time_grain_us
        if clock is not None and is_doubtful(clock, brought.sightings, most_us):
            self.errands.ask_clock_again(now - _DOUBT_EVERY_S)
