"""The tracker: asks every exchange on a beat, each in a thread of its own, and tells at any time what is known.

    with Tracker(beat, place, "asyncio-aiohttp", in_flight=64, dice=random.Random()) as tracker:
        while True:
            reading = tracker.next_reading()

All exchanges are asked at once when a beat begins, not one after the other: prices that are compared should be from the
same moment. What is asked, and what of it may go, each exchange's scheduler decides; nobody waits for another one's.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

from exchanges.errors import UnknownPair
from harness.exits import UsageError
from harness.place import Place
from harness.seen import Seen
from harness.sighting import Sighting, microseconds
from harness.tracker.beat import Beat, Metronome
from harness.tracker.cache import Cache, asleep_us
from harness.tracker.poller import Poller
from harness.tracker.pollers import Pollers
from harness.tracker.reading import Reading, failures_in
from harness.tracker.scheduler import Scheduler
from harness.tracker.standing import sentence_of, standing_of
from harness.tracker.teller import Keep, Teller
from strategies.strategy import Limits

_LEAVE_S: Final = 3.0
_NEW_S: Final = 1.0


class Tracker:
    """A context manager: entering opens a fetcher for each exchange and begins the beat, leaving ends all of it. What
    is in flight then is waited for until its deadline, or for ``leave_s`` where that is given; ``left_behind`` names
    those whose strategy did not come back by then. Its methods may be called from any thread."""

    def __init__(
        self,
        beat: Beat,
        place: Place,
        strategy: str,
        in_flight: int,
        dice: random.Random,
        *,
        share: float = 0.5,
        held: bool = False,
        leave_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        asleep: Callable[[], int] = asleep_us,
    ) -> None:
        """``in_flight`` requests in all, shared out among the exchanges, at least one each. ``share`` of each
        exchange's rate limit is spent at most. ``held``: the market was made to stand still, so its clock tells no age.

        Raises:
            UsageError: a market that its exchange does not list, an exchange without a place to ask it at.
        """
        self.beat = beat
        self.strategy = strategy
        self.in_flight = in_flight
        self.left_behind: tuple[str, ...] = ()
        self._place, self._leave_s = place, leave_s
        self._clock, self._wall = clock, wall
        self._cache = Cache(beat.markets, microseconds(beat.ttl_s), asleep)
        self._teller = Teller()
        try:
            self._schedulers = [
                Scheduler(name, pairs, beat, self._cache, dice, share, held) for name, pairs in beat.by_exchange.items()
            ]
        except UnknownPair as error:
            raise UsageError(str(error)) from error
        for scheduler in self._schedulers:
            if scheduler.name not in place.origins:
                raise UsageError(f"there is no place to ask {scheduler.name} at")
        self._pollers: Pollers | None = None
        self._retired: list[Pollers] = []
        self._switching = threading.Lock()
        self._metronome = Metronome(clock(), beat.every_s)
        self._read_beat = -1
        self._is_over = False

    def __enter__(self) -> Tracker:
        pollers = self._opened(self.strategy, self.in_flight)
        self._teller.start()
        self._metronome = Metronome(self._clock(), self.beat.every_s)
        self._hand_over(pollers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._cache.changed:
            self._is_over = True
            all_pollers = [*self._retired, *([self._pollers] if self._pollers is not None else [])]
        for pollers in all_pollers:
            pollers.leave()
        until = self._clock() + self._longest_leave()
        behind = {name: None for pollers in all_pollers for name in pollers.join(until - self._clock())}
        self.left_behind = tuple(behind)
        self._teller.end(_LEAVE_S)
        with self._cache.changed:
            self._cache.touch()

    @property
    def on_sightings(self) -> Keep | None:
        """Called with what came in, and when by the wall clock: in one thread of its own, so it may take its time."""
        return self._teller.keep

    @on_sightings.setter
    def on_sightings(self, keep: Keep | None) -> None:
        self._teller.keep = keep

    def reading(self) -> Reading:
        """All that is known now. Never waits. It tells of the last beat that had its time to be answered."""
        with self._cache.changed:
            now = self._clock()
            beat = max(0, self._metronome.at(now))
            if beat and not self._is_due(beat, now):
                beat -= 1
            return self._reading(beat, now)

    def next_reading(self, timeout_s: float | None = None) -> Reading:
        """Wait until a beat is over that was not told of yet: all have answered, or enough, or patience is at its end;
        or until the time is out."""
        with self._cache.changed:
            until = None if timeout_s is None else self._clock() + timeout_s
            beat = max(0, self._read_beat + 1, self._metronome.at(self._clock()))
            while not self._is_due(beat, now := self._clock()) and (until is None or now < until):
                start = self._metronome.start_of(beat)
                moment = start if now < start else start + self.beat.patience_s
                self._cache.changed.wait((moment if until is None else min(moment, until)) - now)
            if self._is_due(beat, now):
                self._read_beat = beat
            return self._reading(beat, now)

    @property
    def told_beat(self) -> int:
        """The last beat that ``next_reading`` told of, and not because the time was out; below 0 before the first."""
        return self._read_beat

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until something changed since ``version``, for so long at most; the version then."""
        return self._cache.wait(version, timeout_s)

    def refresh(self) -> None:
        """Ask now, whoever the budget allows. What is in flight is joined, and what is newer than half a beat, or a
        second, is new enough; whoever is left alone stays so."""
        with self._cache.changed:
            newness_s = min(self.beat.every_s / 2, _NEW_S)
            woken = [scheduler.name for scheduler in self._schedulers if scheduler.refresh(self._clock(), newness_s)]
            pollers = self._pollers
        if pollers is not None:
            pollers.wake(woken)

    def switch(self, strategy: str, in_flight: int | None = None) -> None:
        """Go on with another strategy. It is opened for all exchanges first, while the old one goes on; then takes over
        from it, exchange by exchange, when what is in flight there has ended.

        Raises:
            UsageError: an unknown name, a strategy that is broken.
            EnvironmentGap: it lacks a library, or could not be opened. The old one goes on.
        """
        with self._switching:
            pollers = self._opened(strategy, self.in_flight if in_flight is None else in_flight)
            self._hand_over(pollers)

    def _opened(self, called: str, in_flight: int) -> Pollers:
        pollers = Pollers(called, in_flight)
        needs = {scheduler.name: scheduler.burst(self._clock()) for scheduler in self._schedulers}
        pollers.open(needs, Limits(in_flight, self.beat.deadline_s, ca_file=self._place.ca_file), self._poller_for)
        return pollers

    def _poller_for(self, name: str, pollers: Pollers, limits: Limits) -> Poller:
        (scheduler,) = (scheduler for scheduler in self._schedulers if scheduler.name == name)
        origin = self._place.origins[name]
        return Poller(scheduler, self._cache, pollers.strategy, pollers.called, limits, origin, self._clock, self._tell)

    def _hand_over(self, pollers: Pollers) -> None:
        with self._cache.changed:
            if self._is_over:
                pollers.leave()
                return
            old, self._pollers = self._pollers, pollers
            self.strategy, self.in_flight = pollers.called, pollers.in_flight
            for scheduler in self._schedulers:
                scheduler.hand_to(pollers.poller_of(scheduler.name))
            if old is not None:
                old.leave()
                self._retired = [one for one in (*self._retired, old) if one.join(0)]
            self._cache.touch()
        pollers.begin(self._metronome)

    def _tell(self, sightings: list[Sighting]) -> None:
        self._teller.tell(sightings, self._wall())

    def _is_due(self, beat: int, now: float) -> bool:
        """Whether a beat can be told of."""
        start = self._metronome.start_of(beat)
        if now < start:
            return False
        return now >= start + self.beat.patience_s or standing_of(self._schedulers, beat, now).is_over(self.beat.enough)

    def _reading(self, beat: int, now: float) -> Reading:
        now_us = microseconds(now)
        known = self._cache.known(now_us, {scheduler.name for scheduler in self._schedulers if scheduler.silent})
        live = [one.sighting for one in known.values() if one.freshness == "fresh" and one.sighting is not None]
        listed = {scheduler.name: scheduler.trading for scheduler in self._schedulers if scheduler.trading is not None}
        halted = frozenset((name, pair) for name, pair in known if name in listed and pair not in listed[name])
        standing, of_late_s = standing_of(self._schedulers, beat, now), self._metronome.of_late_s(now)
        notes = [note for scheduler in self._schedulers for note in scheduler.notes()]
        return Reading(
            at=self._wall(),
            version=self._cache.version,
            strategy=self.strategy,
            beat_s=self.beat.every_s,
            seen=Seen(live, now_us, self._cache.clocks(), halted),
            known=known,
            exchanges={scheduler.name: scheduler.state(now) for scheduler in self._schedulers},
            asked=standing.asked,
            answered=len(standing.answered),
            late=(*standing.late, *standing.failed),
            sentence=sentence_of(standing, self._schedulers, now),
            failures=tuple(failures_in(known)),
            notes=tuple([*notes, self._teller.note] if self._teller.note else notes),
            refreshes_per_s=sum(one.tally.refreshes_per_s(now, of_late_s) for one in self._schedulers),
        )

    def _longest_leave(self) -> float:
        if self._leave_s is not None:
            return self._leave_s
        with self._cache.changed:
            ends = [scheduler.batch.ends_by for scheduler in self._schedulers if scheduler.batch is not None]
        return max(0.0, max(ends, default=0.0) - self._clock()) + _LEAVE_S
