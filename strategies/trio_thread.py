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
    """The loop's side: it begins in the thread, and says how it ended."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.token: trio.lowlevel.TrioToken | None = None
        self.stop: trio.Event | None = None
        self.error: BaseException | None = None

    def serve(self) -> None:
        try:
            trio.run(self._main)
        except BaseException as error:  # out of descriptors, say: raised where the loop was opened or left
            self.error = error
        finally:
            self.ready.set()

    async def _main(self) -> None:
        self.stop = trio.Event()
        self.token = trio.lowlevel.current_trio_token()
        self.ready.set()
        await self.stop.wait()


class _Call:
    """One function on its way into the loop. All but ``free`` is touched in the loop alone, so nothing races."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self._scope = trio.CancelScope()
        self._begun = False

    async def run(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        if self._scope.cancel_called:  # given up before it began: nobody waits for it
            return None
        self._begun = True
        try:
            with self._scope:
                return await function(*args)
        finally:
            self.free.set()

    def give_up(self) -> None:
        self._scope.cancel()
        if not self._begun:  # it may be still on its way, or may never have been sent
            self.free.set()


@contextmanager
def trio_thread() -> Iterator[Callable[..., Any]]:
    """Yield a function that runs ``await function(*args)`` in the loop and returns its result.

    Its exceptions are raised as they are. Ctrl-C while it waits cancels what it waits for, to the end.

    Raises:
        OSError: the loop could not begin, for want of descriptors.
    """
    run = _Run()
    thread = threading.Thread(target=run.serve, name="fetchrace-trio", daemon=True)
    thread.start()
    run.ready.wait()
    token, stop = run.token, run.stop
    if token is None or stop is None:
        thread.join()
        assert run.error is not None  # a run that never began has an error to show
        raise run.error

    def enter(function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        call = _Call()
        try:
            return trio.from_thread.run(call.run, function, *args, trio_token=token)
        except BaseException:
            if not call.free.is_set():  # it was not the function that raised, but a signal here
                token.run_sync_soon(call.give_up)
                call.free.wait()
            raise

    try:
        yield enter
    finally:
        token.run_sync_soon(stop.set)
        thread.join()
        if run.error is not None:
            raise run.error
