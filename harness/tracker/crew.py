"""A crew: one strategy, opened once for each exchange, each in a thread of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from typing import Final

import strategies
from exchanges.errors import safe
from exchanges.plugins import PluginError
from exchanges.units import text_from_seconds
from harness import entries
from harness.arm import on_cluster
from harness.exits import EnvironmentGap, UsageError
from harness.tracker.beat import Metronome
from harness.tracker.in_flight import shares_of
from harness.tracker.seat import Seat
from strategies.strategy import Limits, Strategy

_OPEN_S: Final = 60.0
_LEAVE_S: Final = 3.0


class Crew:
    """``called`` is the strategy's name, ``in_flight`` how many requests all of them may have in flight."""

    def __init__(self, called: str, in_flight: int) -> None:
        """Raises UsageError: an unknown strategy, or one that is broken. EnvironmentGap: it lacks a library."""
        if in_flight < 1:
            raise UsageError(f"expected at least one request in flight, found {in_flight}")
        self.called, self.in_flight = called, in_flight
        self.strategy = _loaded(called, in_flight)
        self._seats: dict[str, Seat] = {}

    def open(self, needs: dict[str, int], limits: Limits, seat_for: Callable[[str, Crew, Limits], Seat]) -> None:
        """Open all at once, and wait until they are. ``needs`` says how many requests each exchange may want in
        flight; ``limits`` holds for each but for their number. Raises EnvironmentGap, with nothing left open."""
        for name, count in shares_of(self.in_flight, needs).items():
            mine = Limits(count, limits.deadline_s, limits.max_body, limits.ca_file)
            self._seats[name] = seat_for(name, self, mine)
        for seat in self._seats.values():
            seat.start()
        try:
            until = time.monotonic() + _OPEN_S
            for name, seat in self._seats.items():
                if not seat.opened.wait(max(0.0, until - time.monotonic())):
                    raise EnvironmentGap(f"{self.called} did not open for {name} within {text_from_seconds(_OPEN_S)}")
                if seat.error is not None:
                    raise EnvironmentGap(f"{self.called} could not be opened for {name}: {seat.error}")
        except BaseException:
            self.leave()
            self.join(_LEAVE_S)
            raise

    def seat_of(self, name: str) -> Seat:
        """Who serves an exchange."""
        return self._seats[name]

    def begin(self, metronome: Metronome) -> None:
        """Fetch, where they hold the desk."""
        for seat in self._seats.values():
            seat.begin(metronome)

    def wake(self, names: Collection[str]) -> None:
        """Let these look whether there is something to do."""
        for name in names:
            self._seats[name].wake()

    def leave(self) -> None:
        """End, each as soon as what it has in flight has ended; returns at once."""
        for seat in self._seats.values():
            seat.leave()

    def join(self, timeout_s: float) -> list[str]:
        """Wait until they have ended, for so long at most; whose have not."""
        until = time.monotonic() + timeout_s
        for seat in self._seats.values():
            seat.join(max(0.0, until - time.monotonic()))
        return [name for name, seat in self._seats.items() if seat.is_alive()]


def _loaded(called: str, in_flight: int) -> Strategy:
    cluster, inner = on_cluster(called)
    if cluster and not os.environ.get(strategies.SCHEDULER):
        raise UsageError(
            f"{safe(called)} would start a cluster for each exchange; name one that is there by {strategies.SCHEDULER},"
            f" or choose {safe(inner)}"
        )
    try:
        return strategies.load(entries.loadable(called, in_flight))
    except PluginError as error:
        raise UsageError(str(error)) from error
    except SystemExit as error:
        raise UsageError(f"strategy {safe(called)} ended the program at import: sys.exit({error.code!r})") from error
