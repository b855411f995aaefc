"""One trio run in a thread: how a blocking caller keeps an event loop alive between its batches.

``trio.run`` cannot be paused, so it runs beside the caller. A hop there and back takes about 0.1 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio


class _Run:
    """The loop's side: what it takes to enter it, and to end what runs in it."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.token: trio.lowlevel.TrioToken | None = None
        self.stop: trio.Event | None = None
        self.scope: trio.CancelScope | None = None
        self.free = threading.Event()

    async def main(self) -> None:
        self.token = trio.lowlevel.current_trio_token()
        self.stop = trio.Event()
        self.ready.set()
        await self.stop.wait()

    async def call(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        try:
            with trio.CancelScope() as self.scope:
                return await function(*args)
        finally:
            self.free.set()

    def cancel(self) -> None:
        if self.scope is not None:
            self.scope.cancel()


@contextmanager
def trio_thread() -> Iterator[Callable[..., Any]]:
    """Yield a function that runs ``await function(*args)`` in the loop and returns its result.

    Its exceptions are raised as they are. Ctrl-C while it waits cancels what it waits for, to the end.
    """
    run = _Run()
    thread = threading.Thread(target=trio.run, args=(run.main,), name="fetchrace-trio", daemon=True)
    thread.start()
    run.ready.wait()
    token, stop = run.token, run.stop
    assert token is not None  # main sets both before it says that it is ready
    assert stop is not None

    def enter(function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        run.free.clear()
        try:
            return trio.from_thread.run(run.call, function, *args, trio_token=token)
        except BaseException:
            if not run.free.is_set():  # it was not the function that raised, but a signal here
                token.run_sync_soon(run.cancel)
                run.free.wait()
            raise

    try:
        yield enter
    finally:
        token.run_sync_soon(stop.set)
        thread.join()
