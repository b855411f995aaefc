"""A crew of threads that lives as long as its strategy and pulls requests from one queue, batch after batch.

A ThreadPoolExecutor does the same with a Future, a lock and a wake-up per request; here a batch wakes each
thread once, and a free thread takes the next request by itself. What that is worth: ``strategies.threads``.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue

from exchanges.wire import Request
from strategies.deadline import Watchdog
from strategies.strategy import Fetch, Outcome


class _Batch:
    """What the threads share while a batch lasts."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self.work = deque(enumerate(requests))
        self.outcomes: dict[int, Outcome] = {}
        self.error: BaseException | None = None
        self.done = threading.Event()
        self._lock = threading.Lock()
        self._inside = 0

    def take_part(self, call: Callable[[Request], Outcome]) -> None:
        """Make requests until none is left; the last thread to leave says so. One that comes later finds none."""
        with self._lock:
            self._inside += 1
        try:
            while True:
                try:
                    index, request = self.work.popleft()
                except IndexError:
                    break
                self.outcomes[index] = call(request)
        except BaseException as error:  # a bug in decode: raised where fetch was called
            self.work.clear()
            self.error = error
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self.done.set()

    def give_up(self) -> None:
        """Let no further request begin, from however many threads; done once those under way have ended."""
        self.work.clear()
        with self._lock:
            if not self._inside:
                self.done.set()


@contextmanager
def crew(size: int, call: Callable[[Request], Outcome], watchdog: Watchdog) -> Iterator[Fetch]:
    """Yield a fetch that has ``size`` threads call ``call``; leaving ends them all.

    An exception in ``call`` ends the batch and is raised from the fetch. Ctrl-C during a batch shuts the
    sockets in use, so that every thread is free again before KeyboardInterrupt goes on.
    """
    inbox: SimpleQueue[_Batch | None] = SimpleQueue()

    def serve() -> None:
        while (batch := inbox.get()) is not None:
            batch.take_part(call)
            del batch  # or an idle thread would keep the outcomes of the last batch alive

    def fetch(requests: Sequence[Request]) -> list[Outcome]:
        if not requests:
            return []
        batch = _Batch(requests)
        try:
            for _ in range(min(size, len(requests))):
                inbox.put(batch)
            batch.done.wait()
        except BaseException:
            batch.give_up()
            watchdog.cancel()
            try:
                batch.done.wait()
            finally:
                watchdog.resume()
            raise
        if batch.error is not None:
            raise batch.error
        return [batch.outcomes[index] for index in range(len(requests))]

    threads = [threading.Thread(target=serve, name=f"fetchrace-{n}", daemon=True) for n in range(size)]
    started = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        yield fetch
    finally:
        for _ in started:
            inbox.put(None)
        for thread in started:
            thread.join()
