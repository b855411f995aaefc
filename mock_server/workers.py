"""Workers: one mock server in several processes, on the same ports (SO_REUSEPORT), with one control port and one log.

                     +-- worker 0: the process that was started; it has the control port that is announced
    kernel ----------+-- worker 1: a fork of it, with a control port of its own that worker 0 alone speaks to
    (by connection)  +-- worker 2: ...

Laws: the same request gets the same delay, the same faults and, at the same moment, the same price from every worker,
since all of these are keyed by what it is and the clocks of all markets start at one time. What is counted in the order
of arrival (strangers' ordinals, rate limits) is counted by each worker for itself. No worker outlives worker 0: each
holds one end of a pipe whose other end worker 0 has, and stops when that is closed.

The kernel chooses a worker by a hash of the connection, not by load: few connections are spread unevenly.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from mock_server.log import COLUMNS, most_at_once
from mock_server.process import Control, MockFailed
from mock_server.sockets import ADDRESS, Listening

_CONTROL_S = 60.0
"""How long a worker may take to hand over its log."""
_LEAVE_S = 3.0
_LINGER_S = 2.0


@dataclass(frozen=True, slots=True)
class Seat:
    """The sockets of one worker: its own on every exchange's port, and its control port's."""

    exchanges: dict[str, Listening]
    control: Listening

    def close(self) -> None:
        """Let go of them; another process may still listen on the ports."""
        for listening in (*self.exchanges.values(), self.control):
            listening.socket.close()


def seats_for(workers: int, ports: Mapping[str, int], control_port: int, address: str = ADDRESS) -> list[Seat]:
    """Bind every port once for each worker. Raises PortBusy."""
    shared = workers > 1
    with ExitStack() as bound:

        def bind(port: int, flag: str = "--port", on: str = address, **sharing: bool) -> Listening:
            listening = Listening.on(port, flag, on, **sharing)
            bound.callback(listening.socket.close)
            return listening

        seats = [Seat({}, bind(control_port, "--control-port", ADDRESS))]
        for name, port in ports.items():
            if shared and port:
                # Once without sharing it, or we would join another server of the same user's that shares its port.
                Listening.on(port, address=address).socket.close()
            seats[0].exchanges[name] = bind(port, shared=shared)
        for _ in range(workers - 1):
            again = {name: bind(mine.port, shared=True) for name, mine in seats[0].exchanges.items()}
            seats.append(Seat(again, bind(0, on=ADDRESS)))
        bound.pop_all()
    return seats


@dataclass(slots=True)
class Worker:
    """This process after the fork: which of ``workers`` it is, where it sits, what keeps it alive. ``crew`` are
    the others, worker 0's to lead; ``lifeline`` is a file descriptor that ends with worker 0 (None in worker 0)."""

    number: int
    workers: int
    seat: Seat
    crew: Crew | None = None
    lifeline: int | None = None

    def run(self, serve: Callable[[], None]) -> None:
        """Call ``serve``. In any worker but worker 0 the process ends with it, and cleans up nothing that it shares."""
        if self.lifeline is None:
            return serve()
        code = 1
        try:
            serve()
            code = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)

    def watch_lifeline(self, stop: Callable[[], None]) -> None:
        """Call ``stop`` inside the running event loop when worker 0 is gone, and leave at the latest two seconds after
        that. (For the other workers.)"""
        assert self.lifeline is not None  # worker 0 has nobody to follow
        lifeline, loop = self.lifeline, asyncio.get_running_loop()

        def read() -> None:
            while os.read(lifeline, 1):
                pass
            try:
                loop.call_soon_threadsafe(stop)
                time.sleep(_LINGER_S)
            finally:
                # Reached only if the event loop hangs, or is closed.
                os._exit(0)

        threading.Thread(target=read, name="lifeline", daemon=True).start()


def split(seats: Sequence[Seat], token: str) -> Worker:
    """Fork into one process for each seat, and say which one this is. To be called before there is any thread or event
    loop. ``token`` opens the control ports of all but worker 0.

    Raises:
        MockFailed: the system has no more processes for us.
    """
    if len(seats) == 1:
        return Worker(0, 1, seats[0])
    if not hasattr(os, "fork"):
        raise MockFailed("--workers needs a system that can fork, found none; try --workers 1")
    origins = [seat.control.origin for seat in seats[1:]]
    theirs, ours = os.pipe()
    pids = []
    for number in range(1, len(seats)):
        try:
            pid = os.fork()
        except OSError as error:
            os.close(ours)  # those that there are already stop
            raise MockFailed(f"cannot start worker {number} of {len(seats)} ({error.strerror})") from error
        if pid == 0:
            os.close(ours)
            _close_all_but(number, seats)
            # Signals are worker 0's to hear: Ctrl-C reaches all of us at once.
            for heard in (signal.SIGINT, signal.SIGTERM):
                signal.signal(heard, signal.SIG_IGN)
            # What worker 0 says on stdout is for whoever started it, who reads until it is closed.
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  a descriptor is what is wanted
                os.dup2(nowhere.fileno(), 1)
            return Worker(number, len(seats), seats[number], lifeline=theirs)
        pids.append(pid)
    os.close(theirs)
    _close_all_but(0, seats)
    crew = Crew(pids, ours, [Control(_Door(origin, token), _CONTROL_S) for origin in origins])
    return Worker(0, len(seats), seats[0], crew)


def _close_all_but(number: int, seats: Sequence[Seat]) -> None:
    for other, seat in enumerate(seats):
        if other != number:
            seat.close()


@dataclass(frozen=True, slots=True)
class _Door:
    control: str
    token: str


class Crew:
    """The other workers, as worker 0 leads them. It speaks to them over HTTP, in threads, between batches."""

    def __init__(self, pids: Sequence[int], lifeline: int, controls: Sequence[Control]) -> None:
        self.pids = tuple(pids)
        self._lifeline = lifeline
        self._controls = controls
        self._threads: list[threading.Thread] = []
        self._turn = asyncio.Lock()

    def watch(self, died: Callable[[str], None]) -> None:
        """Call ``died`` with a sentence, inside the running event loop, when one of them ends."""
        loop = asyncio.get_running_loop()

        def wait(number: int, pid: int) -> None:
            _, status = os.waitpid(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            sentence = f"worker {number} (process {pid}) {how}; the others end as well, since its answers are missing"
            try:
                loop.call_soon_threadsafe(died, sentence)
            except RuntimeError:
                return  # the loop is closed: worker 0 is leaving, and so is everyone

        for number, pid in enumerate(self.pids, 1):
            self._threads.append(threading.Thread(target=wait, args=(number, pid), daemon=True))
            self._threads[-1].start()

    async def ready(self) -> None:
        """Return when all of them serve. Raises MockFailed."""
        await self._all(lambda control: control.status())

    async def begin(self, **wanted: Any) -> None:
        """Begin a batch in all of them, with the arguments of ``Control.begin``. Raises MockFailed."""
        await self._all(lambda control: control.begin(**wanted))

    async def end(self) -> list[dict[str, Any]]:
        """Their logs. Raises MockFailed."""
        return await self._all(lambda control: control.end())

    async def in_flight(self) -> int:
        """How many requests they hold. Raises MockFailed."""
        return sum(status["in_flight"] for status in await self._all(lambda control: control.status()))

    async def stop(self) -> None:
        """Let them end, and return when they have."""
        os.close(self._lifeline)
        for control in self._controls:
            control.close()
        # Fewer threads than processes where the start failed before they were watched: those end by their lifeline.
        for thread, pid in zip(self._threads, self.pids, strict=False):
            await asyncio.to_thread(thread.join, _LEAVE_S)
            if thread.is_alive():
                os.kill(pid, signal.SIGKILL)
                await asyncio.to_thread(thread.join)

    async def _all(self, ask: Callable[[Control], Any]) -> list[Any]:
        # One question at a time: a connection carries one, and batches do not overlap.
        async with self._turn:
            return await asyncio.gather(*(asyncio.to_thread(ask, control) for control in self._controls))


def merged(logs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One log of several workers': rows in the order in which they were answered; the one beginning of all their
    clocks; counters added up, the largest lag and time; ``busiest_cpu_s`` is the CPU time of the worker that used
    most."""
    replied = COLUMNS.index("replied")
    rows = sorted((row for log in logs for row in log["rows"]), key=lambda row: row[replied])
    batches = [log["batch"] for log in logs]
    batch = {name: sum(each[name] for each in batches) for name in ("accepted", "cpu_s", "unfinished", "truncated")}
    batch |= {name: max(each[name] for each in batches) for name in ("wall_s", "loop_lag_p99_s", "loop_lag_max_s")}
    batch["began"] = batches[0]["began"]
    away = [each["turned_away"] for each in batches]
    batch["turned_away"] = None if None in away else sum(away)
    batch["accepted_by"] = dict(sum((Counter(each["accepted_by"]) for each in batches), Counter()))
    # Peaks of several processes do not add up: they need not have been at the same time.
    peak = max(most_at_once(rows), *(each["peak_in_flight"] for each in batches))
    busiest = max(each["cpu_s"] for each in batches)
    batch |= {"peak_in_flight": peak, "workers": len(logs), "busiest_cpu_s": busiest}
    return {"batch": batch, "columns": logs[0]["columns"], "rows": rows}
