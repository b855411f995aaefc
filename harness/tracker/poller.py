"""A poller: a thread with a fetcher of its own, which serves one exchange's scheduler until somebody else takes over.

Whatever a strategy raises is told as that exchange's error, and it is opened anew when the exchange's back-off is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from exchanges.decode import decode_any
from exchanges.errors import safe
from harness.price_answers import Broken
from harness.sighting import Sighting
from harness.tracker.batch import Batch
from harness.tracker.beat import Metronome
from harness.tracker.cache import Cache
from harness.tracker.scheduler import Scheduler
from strategies.strategy import Fetch, Limits, Strategy, declared_in_flight

_LONGEST_S = 60.0
"""Of a wait: whoever sleeps longer than that does so in pieces."""


class Poller(threading.Thread):
    """Opens the strategy at once and says so by ``opened``; fetches once it is the scheduler's holder and ``begin`` was
    called."""

    def __init__(
        self,
        scheduler: Scheduler,
        cache: Cache,
        strategy: Strategy,
        called: str,
        limits: Limits,
        origin: str,
        clock: Callable[[], float],
        tell: Callable[[list[Sighting]], None],
    ) -> None:
        """``called`` is the strategy's name; ``origin`` is where its exchange is asked; ``tell`` is given what came
        in."""
        super().__init__(name=f"fetchrace-{scheduler.name}", daemon=True)
        self.scheduler = scheduler
        self.opened = threading.Event()
        self.error: str | None = None
        self._cache, self._strategy, self._called, self._limits = cache, strategy, called, limits
        self._origin, self._clock, self._tell = origin, clock, tell
        self._most = max(1, declared_in_flight(strategy, limits))
        self._metronome: Metronome | None = None
        self._awake = threading.Event()
        self._over = False
        self._batch: Batch | None = None

    def begin(self, metronome: Metronome) -> None:
        """Fetch on these beats from now on, as long as this one is the scheduler's holder."""
        self._metronome = metronome
        self._awake.set()

    def wake(self) -> None:
        """Look whether there is something to do."""
        self._awake.set()

    def leave(self) -> None:
        """End as soon as what is in flight has ended; returns at once."""
        self._over = True
        self._awake.set()

    def run(self) -> None:
        while not self._over:
            try:
                with self._strategy(self._limits, decode_any) as fetch:
                    self.opened.set()
                    self._work(fetch)
                if not self._over:
                    raise RuntimeError("it swallowed what was raised")
            # Whatever a guest raises, sys.exit() included: here it ends a thread of ours.
            except BaseException as error:
                if not self.opened.is_set():
                    self.error = _described(error)
                    break
                said = f"the strategy {self._called} broke: {_described(error)}"
                with self._cache.changed:
                    if self._over:
                        self.scheduler.drop(self._batch)
                        break
                    wait_s = self.scheduler.broke(said, self._batch, self._clock())
                self._sleep(wait_s)
        self.opened.set()

    def _work(self, fetch: Fetch) -> None:
        while not self._over:
            metronome = self._metronome
            if metronome is None:
                self._pause(_LONGEST_S)
                continue
            with self._cache.changed:
                batch = self.scheduler.begin(self, self._most, metronome, self._clock())
            if not isinstance(batch, Batch):
                self._pause(batch)
                continue
            self._batch = batch
            outcomes = fetch([request.at(self._origin) for request in batch.requests])
            with self._cache.changed:
                brought = self.scheduler.end(batch, outcomes, metronome, self._clock())
                for sentence in list(getattr(fetch, "notes", ()))[-1:]:
                    self.scheduler.note("strategy", safe(f"{self._called}: {sentence}", 300))
            if brought is not None and brought.sightings:
                self._tell(brought.sightings)

    def _pause(self, seconds: float) -> None:
        self._awake.wait(min(seconds, _LONGEST_S))
        self._awake.clear()

    def _sleep(self, seconds: float) -> None:
        """Wait so long, whoever wakes us, unless it is to end."""
        until = self._clock() + seconds
        while not self._over and (left := until - self._clock()) > 0:
            self._pause(left)


def _described(error: BaseException) -> str:
    if isinstance(error, Broken):
        return f"it {error}"
    try:
        text = str(error)
    except Exception:
        text = "it cannot even say why"
    return safe(f"{type(error).__name__}: {text}", 300)
