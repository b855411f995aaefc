"""The renderer: a thread in which large bodies are rendered, one at a time, so that no other answer has to wait.

It has the interpreter beside the event loop and not instead of it: a body of megabytes takes longer in here, but the
loop comes to its turn every fraction of a millisecond (``sys.setswitchinterval``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any


class Renderer:
    """Does work in its thread, which starts with the first work and ends with ``close``."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "renderer")
        self._waiting: dict[Hashable, list[Callable[[], None]]] = {}

    def render(
        self, key: Hashable, work: Callable[[], Any], use: Callable[[Any], None], then: Callable[[], None] | None = None
    ) -> None:
        """Do ``work``, call ``use`` in the running event loop with what it gave, and ``then`` when that is done or has
        failed. Work of a ``key`` that is under way is not done twice; every ``then`` is called."""
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = []
            loop = asyncio.get_running_loop()
            future = loop.run_in_executor(self._pool, work)
            future.add_done_callback(partial(self._done, key, use))
        if then is not None:
            waiting.append(then)

    def close(self) -> None:
        """Do nothing more; what is being rendered is waited for."""
        self._pool.shutdown(cancel_futures=True)

    def _done(self, key: Hashable, use: Callable[[Any], None], future: asyncio.Future[Any]) -> None:
        waiting = self._waiting.pop(key)
        if future.cancelled():
            return
        # Whoever waits renders by itself where this failed, and so meets the error where it is told.
        if future.exception() is None:
            use(future.result())
        for then in waiting:
            then()
