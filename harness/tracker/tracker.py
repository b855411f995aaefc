"""The tracker: asks every exchange on a beat, each in a thread of its own, and tells at any time what is known.

    with Tracker(beat, place, "asyncio-aiohttp", in_flight=64, dice=random.Random()) as tracker:
        while True:
            reading = tracker.next_reading()

All exchanges are asked at once when a beat begins, not one after the other: prices that are compared should be from the
same moment. What is asked, and what of it may go, is decided at each exchange's desk; nobody waits for another one's.
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
from harness.tracker.board import Board, asleep_us
from harness.tracker.crew import Crew
from harness.tracker.desk import Desk
from harness.tracker.failures import failures_in
from harness.tracker.reading import Reading
from harness.tracker.seat import Seat
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
        self._board = Board(beat.markets, microseconds(beat.ttl_s), asleep)
        self._teller = Teller()
        try:
            self._desks = [
                Desk(name, pairs, beat, self._board, dice, share, held) for name, pairs in beat.by_exchange.items()
            ]
        except UnknownPair as error:
            raise UsageError(str(error)) from error
        for desk in self._desks:
            if desk.name not in place.origins:
                raise UsageError(f"there is no place to ask {desk.name} at")
        self._crew: Crew | None = None
        self._retired: list[Crew] = []
        self._switching = threading.Lock()
        self._metronome = Metronome(clock(), beat.every_s)
        self._read_beat = -1
        self._is_over = False

    def __enter__(self) -> Tracker:
        crew = self._opened(self.strategy, self.in_flight)
        self._teller.start()
        self._metronome = Metronome(self._clock(), self.beat.every_s)
        self._hand_over(crew)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._board.changed:
            self._is_over = True
            crews = [*self._retired, *([self._crew] if self._crew is not None else [])]
        for crew in crews:
            crew.leave()
        until = self._clock() + self._longest_leave()
        behind = {name: None for crew in crews for name in crew.join(until - self._clock())}
        self.left_behind = tuple(behind)
        self._teller.end(_LEAVE_S)
        with self._board.changed:
            self._board.touch()

    @property
    def on_sightings(self) -> Keep | None:
        """Called with what came in, and when by the wall clock: in one thread of its own, so it may take its time."""
        return self._teller.keep

    @on_sightings.setter
    def on_sightings(self, keep: Keep | None) -> None:
        self._teller.keep = keep

    def reading(self) -> Reading:
        """All that is known now. Never waits. It tells of the last beat that had its time to be answered."""
        with self._board.changed:
            now = self._clock()
            beat = max(0, self._metronome.at(now))
            if beat and not self._is_due(beat, now):
                beat -= 1
            return self._reading(beat, now)

    def next_reading(self, timeout_s: float | None = None) -> Reading:
        """Wait until a beat is over that was not told of yet: all have answered, or enough, or patience is at its end;
        or until the time is out."""
        with self._board.changed:
            until = None if timeout_s is None else self._clock() + timeout_s
            beat = max(0, self._read_beat + 1, self._metronome.at(self._clock()))
            while not self._is_due(beat, now := self._clock()) and (until is None or now < until):
                start = self._metronome.start_of(beat)
                moment = start if now < start else start + self.beat.patience_s
                self._board.changed.wait((moment if until is None else min(moment, until)) - now)
            if self._is_due(beat, now):
                self._read_beat = beat
            return self._reading(beat, now)

    @property
    def told_beat(self) -> int:
        """The last beat that ``next_reading`` told of, and not because the time was out; below 0 before the first."""
        return self._read_beat

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until something changed since ``version``, for so long at most; the version then."""
        return self._board.wait(version, timeout_s)

    def refresh(self) -> None:
        """Ask now, whoever the budget allows. What is in flight is joined, and what is newer than half a beat, or a
        second, is new enough; whoever is left alone stays so."""
        with self._board.changed:
            newness_s = min(self.beat.every_s / 2, _NEW_S)
            woken = [desk.name for desk in self._desks if desk.refresh(self._clock(), newness_s)]
            crew = self._crew
        if crew is not None:
            crew.wake(woken)

    def forget_clocks(self) -> None:
        """Know the exchanges' clocks no more, and ask them on the next beat: for whoever sets the mock server's, which
        every ``begin`` does."""
        with self._board.changed:
            for desk in self._desks:
                desk.forget_clock()
            self._board.touch()

    def switch(self, strategy: str, in_flight: int | None = None) -> None:
        """Go on with another strategy. It is opened for all exchanges first, while the old one goes on; then takes over
        from it, exchange by exchange, when what is in flight there has ended.

        Raises:
            UsageError: an unknown name, a strategy that is broken.
            EnvironmentGap: it lacks a library, or could not be opened. The old one goes on.
        """
        with self._switching:
            crew = self._opened(strategy, self.in_flight if in_flight is None else in_flight)
            self._hand_over(crew)

    def _opened(self, called: str, in_flight: int) -> Crew:
        crew = Crew(called, in_flight)
        needs = {desk.name: desk.burst(self._clock()) for desk in self._desks}
        crew.open(needs, Limits(in_flight, self.beat.deadline_s, ca_file=self._place.ca_file), self._seat_for)
        return crew

    def _seat_for(self, name: str, crew: Crew, limits: Limits) -> Seat:
        (desk,) = (desk for desk in self._desks if desk.name == name)
        origin = self._place.origins[name]
        return Seat(desk, self._board, crew.strategy, crew.called, limits, origin, self._clock, self._tell)

    def _hand_over(self, crew: Crew) -> None:
        with self._board.changed:
            if self._is_over:
                crew.leave()
                return
            old, self._crew = self._crew, crew
            self.strategy, self.in_flight = crew.called, crew.in_flight
            for desk in self._desks:
                desk.holder = crew.seat_of(desk.name)
            if old is not None:
                old.leave()
                self._retired = [one for one in (*self._retired, old) if one.join(0)]
            self._board.touch()
        crew.begin(self._metronome)

    def _tell(self, sightings: list[Sighting]) -> None:
        self._teller.tell(sightings, self._wall())

    def _is_due(self, beat: int, now: float) -> bool:
        """Whether a beat can be told of."""
        start = self._metronome.start_of(beat)
        if now < start:
            return False
        return now >= start + self.beat.patience_s or standing_of(self._desks, beat, now).is_over(self.beat.enough)

    def _reading(self, beat: int, now: float) -> Reading:
        now_us = microseconds(now)
        known = self._board.known(now_us, {desk.name for desk in self._desks if desk.silent})
        live = [one.sighting for one in known.values() if one.freshness == "fresh" and one.sighting is not None]
        listed = {desk.name: desk.trading for desk in self._desks if desk.trading is not None}
        halted = frozenset((name, pair) for name, pair in known if name in listed and pair not in listed[name])
        standing = standing_of(self._desks, beat, now)
        notes = [note for desk in self._desks for note in desk.notes()]
        return Reading(
            at=self._wall(),
            version=self._board.version,
            strategy=self.strategy,
            beat_s=self.beat.every_s,
            seen=Seen(live, now_us, self._board.clocks(), halted),
            known=known,
            exchanges={desk.name: desk.state(now) for desk in self._desks},
            asked=standing.asked,
            answered=len(standing.answered),
            late=(*standing.late, *standing.failed),
            sentence=sentence_of(standing, self._desks, now),
            failures=tuple(failures_in(known)),
            notes=tuple([*notes, self._teller.note] if self._teller.note else notes),
            refreshes_per_s=sum(desk.tally.refreshes_per_s(now, self._metronome.origin) for desk in self._desks),
        )

    def _longest_leave(self) -> float:
        if self._leave_s is not None:
            return self._leave_s
        with self._board.changed:
            ends = [desk.batch.ends_by for desk in self._desks if desk.batch is not None]
        return max(0.0, max(ends, default=0.0) - self._clock()) + _LEAVE_S
