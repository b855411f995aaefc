"""The pollers of all exchanges: one strategy, opened once for each, each in a thread of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

import strategies
from exchanges.errors import safe
from exchanges.plugins import PluginError
from exchanges.units import text_from_seconds
from harness import entries
from harness.arm import on_cluster
from harness.exits import EnvironmentGap, UsageError
from harness.tracker.beat import Metronome
from harness.tracker.poller import Poller
from strategies.strategy import Limits, Strategy

_OPEN_S: Final = 60.0
_LEAVE_S: Final = 3.0


class Pollers:
    """``called`` is the strategy's name, ``in_flight`` how many requests all of them may have in flight."""

    def __init__(self, called: str, in_flight: int) -> None:
        """Raises UsageError: an unknown strategy, or one that is broken. EnvironmentGap: it lacks a library."""
        if in_flight < 1:
            raise UsageError(f"expected at least one request in flight, found {in_flight}")
        self.called, self.in_flight = called, in_flight
        self.strategy = _loaded(called, in_flight)
        self._pollers: dict[str, Poller] = {}

    def open(self, needs: dict[str, int], limits: Limits, poller_for: Callable[[str, Pollers, Limits], Poller]) -> None:
        """Open all at once, and wait until they are. ``needs`` says how many requests each exchange may want in
        flight; ``limits`` holds for each but for their number. Raises EnvironmentGap, with nothing left open."""
        for name, count in shares_of(self.in_flight, needs).items():
            mine = Limits(count, limits.deadline_s, limits.max_body, limits.ca_file)
            self._pollers[name] = poller_for(name, self, mine)
        for poller in self._pollers.values():
            poller.start()
        try:
            until = time.monotonic() + _OPEN_S
            for name, poller in self._pollers.items():
                if not poller.opened.wait(max(0.0, until - time.monotonic())):
                    raise EnvironmentGap(f"{self.called} did not open for {name} within {text_from_seconds(_OPEN_S)}")
                if poller.error is not None:
                    raise EnvironmentGap(f"{self.called} could not be opened for {name}: {poller.error}")
        except BaseException:
            self.leave()
            self.join(_LEAVE_S)
            raise

    def poller_of(self, name: str) -> Poller:
        """Who serves an exchange."""
        return self._pollers[name]

    def begin(self, metronome: Metronome) -> None:
        """Fetch, each where it is its scheduler's holder."""
        for poller in self._pollers.values():
            poller.begin(metronome)

    def wake(self, names: Collection[str]) -> None:
        """Let these look whether there is something to do."""
        for name in names:
            self._pollers[name].wake()

    def leave(self) -> None:
        """End, each as soon as what it has in flight has ended; returns at once."""
        for poller in self._pollers.values():
            poller.leave()

    def join(self, timeout_s: float) -> list[str]:
        """Wait until they have ended, for so long at most; whose have not."""
        until = time.monotonic() + timeout_s
        for poller in self._pollers.values():
            poller.join(max(0.0, until - time.monotonic()))
        return [name for name, poller in self._pollers.items() if poller.is_alive()]


def shares_of(in_flight: int, needs: Mapping[str, int]) -> dict[str, int]:
    """Nobody gets more than it needs, whoever needs most gets what is left, and everybody gets one: so that one
    exchange's trouble takes nothing from the others, the sum exceeds ``in_flight`` where there are more exchanges."""
    left = in_flight
    given: dict[str, int] = {}
    for place, (name, need) in enumerate(sorted(needs.items(), key=lambda item: item[1])):
        given[name] = max(1, min(need, left // (len(needs) - place)))
        left -= given[name]
    return {name: given[name] for name in needs}


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
