"""``dask+STRATEGY``: the requests sharded over the workers of a dask cluster, each of which runs the inner strategy.

For more than one machine has of cores, connections or addresses. On one machine it is the inner strategy, with a
scheduler in between.

Each worker has its share of the requests in flight, opened once. Which requests it makes is settled beforehand: to ask
a scheduler for each would cost a millisecond (``strategies.processes_asyncio`` draws them in a microsecond).

The one exception to the sixth promise: where a worker is lost, nobody knows which of its requests were made, and its
shard is fetched again by another one. That is said in the fetcher's ``notes``.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import distributed

import strategies
from exchanges.errors import safe
from exchanges.wire import Request
from strategies import dask_scheduler
from strategies.dask_worker import Part, Shard, close, run_shard
from strategies.shards import shards_of, shares_of, usable_cores
from strategies.strategy import Decode, Failed, Fetch, Limits, Outcome, Strategy, declared_in_flight, declares_of
from strategies.worker_clock import OURS, Reading, WorkerClock, clock_from, machine_id
from strategies.worker_process import packed_decode

GRACE_S: Final = 2.0
"""How much longer than all its deadlines a shard may take before its worker is taken for stuck, in seconds."""

OPENING_S: Final = 30.0
"""How long a worker may take to open the inner strategy, in seconds."""

_READINGS: Final = 5
_LOOPBACK: Final = ("localhost", "127.", "[::1]", "::1")


def on_dask(name: str) -> Strategy:
    """The strategy ``name``, run by a cluster. It declares what the inner one does, for all workers together.

    Raises:
        PluginError: there is no such strategy, or it lacks a library.
    """
    inner = strategies.load(name)

    @contextmanager
    def strategy(limits: Limits, decode: Decode) -> Iterator[Fetch]:
        in_flight = declared_in_flight(inner, limits)
        packed = packed_decode(limits, decode)
        with dask_scheduler.client(min(usable_cores(), in_flight)) as client:
            crew = _Crew(client, name, packed, in_flight)
            try:
                crew.enlist()
                yield crew
            finally:
                crew.leave()

    vars(strategy)["declares"] = declares_of(inner)
    vars(strategy)["lacking"] = dask_scheduler.lacking
    return strategy


@dataclass(frozen=True, slots=True)
class _Member:
    """A worker in the crew: where it is, what its part is, in which process and by which clock it runs."""

    address: str
    share: int
    part: Part
    pid: int
    clock: WorkerClock
    near: bool


class _Crew:
    """The workers of a cluster, as a Fetch. ``notes`` are sentences about what happened to them."""

    def __init__(self, client: Any, name: str, packed: Any, in_flight: int) -> None:
        self._client, self._name, self._packed, self._in_flight = client, name, packed, in_flight
        self._members: list[_Member] = []
        self._sessions: list[str] = []
        self._size = 1
        self.notes: list[str] = []

    def enlist(self) -> None:
        """Open the inner strategy on every worker that there is. Raises RuntimeError where one cannot."""
        self.leave()
        with contextlib.suppress(TimeoutError):  # a lost one may come back; those that are there go on without it
            self._client.wait_for_workers(self._size, timeout=dask_scheduler.PATIENCE_S)
        addresses = sorted(self._client.nthreads())[: self._in_flight]
        if not addresses:
            raise RuntimeError("the dask cluster has no worker left")
        session, shares = uuid.uuid4().hex, shares_of(self._in_flight, len(addresses))
        self._sessions.append(session)
        limits, *decode = self._packed
        parts = [Part(session, self._name, (replace(limits, in_flight=share), *decode)) for share in shares]
        opened = [
            self._client.submit(run_shard, part, pickle.dumps([]), workers=[address], pure=False)
            for address, part in zip(addresses, parts, strict=True)
        ]
        with contextlib.suppress(TimeoutError):
            self._wait(opened, OPENING_S)
        for address, future in zip(addresses, opened, strict=True):
            if future.status != "finished":
                self._client.cancel(opened, force=True)
                raise RuntimeError(f"the dask worker {address} did not open {self._name} within {OPENING_S:g} s")
        told: list[Shard] = self._client.gather(opened)
        for address, shard in zip(addresses, told, strict=True):
            if shard.problem is not None:
                raise RuntimeError(f"the dask worker {address} cannot open {self._name}: {shard.problem}")
        here = machine_id()
        for address, share, part, shard in zip(addresses, shares, parts, told, strict=True):
            near = bool(here) and shard.machine == here
            clock = OURS if near else self._clock_of(address)
            self._members.append(_Member(address, share, part, shard.pid, clock, near))
        self._size = max(self._size, len(addresses))

    def leave(self) -> None:
        """Leave the inner strategy on every worker that still answers, whoever made whose requests: a worker that is
        busy leaves when it is done, though we are gone by then."""
        sessions, self._sessions, self._members = self._sessions, [], []
        with contextlib.suppress(Exception):  # whoever is gone has left
            closing = [
                self._client.submit(close, session, workers=[address], pure=False)
                for address in self._client.nthreads()
                for session in sessions
            ]
            let_go: Any = distributed.fire_and_forget
            let_go(closing)
            self._wait(closing, GRACE_S)

    def __call__(self, requests: Sequence[Request]) -> list[Outcome]:
        if not requests:
            return []
        if not self._members:
            self.enlist()
        self._check_reach(requests)
        shards = shards_of(len(requests), [member.share for member in self._members])
        asked = time.monotonic()
        under_way = {
            self._submitted(member, [requests[place] for place in shard]): (member, shard)
            for member, shard in zip(self._members, shards, strict=True)
            if shard
        }
        outcomes: dict[int, Outcome] = {}
        try:
            self._wait_for(under_way, asked)
            done = [future for future in under_way if future.status == "finished"]
            for future, told in zip(done, self._client.gather(done, direct=self._all_near()), strict=True):
                member, shard = under_way[future]
                outcomes.update(zip(shard, self._read(member, shard, told, asked), strict=True))
        except BaseException:
            # What is under way cannot be broken off; the next shard waits for it on its worker.
            self._client.cancel(list(under_way), force=True)
            raise
        now = time.monotonic()
        for future, (member, shard) in under_way.items():
            if future not in done:
                self._lost(f"the dask worker {member.address} was lost, and so was whoever made its requests again")
                detail = f"no worker of the cluster lived long enough to fetch it ({safe(future.status, 40)})"
                outcomes.update(dict.fromkeys(shard, Failed("worker_died", detail, asked, now)))
                self._client.cancel([future], force=True)
        return [outcomes[place] for place in range(len(requests))]

    def _submitted(self, member: _Member, requests: Sequence[Request]) -> Any:
        # Another worker may take it: where this one is lost, dask gives its work to the next.
        return self._client.submit(
            run_shard, member.part, pickle.dumps(requests, pickle.HIGHEST_PROTOCOL), workers=[member.address],
            allow_other_workers=True, pure=False,
        )  # fmt: skip

    def _wait_for(self, under_way: dict[Any, tuple[_Member, list[int]]], asked: float) -> None:
        """Until all shards are there, or have taken longer than their requests may: then their workers are ended where
        that can be done, and the shards have one more turn."""
        deadline_s = self._packed[0].deadline_s
        rounds = max(-(-len(shard) // member.share) for member, shard in under_way.values())
        for again in (False, True):
            with contextlib.suppress(TimeoutError):
                self._wait(list(under_way), rounds * deadline_s + GRACE_S)
                return
            for future, (member, _) in under_way.items():
                if not again and future.status == "pending" and member.near:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(member.pid, signal.SIGKILL)

    def _wait(self, futures: Sequence[Any], timeout_s: float) -> None:
        """Until all are there. Raises TimeoutError."""
        wait: Any = distributed.wait
        with self._client.as_current():
            wait(futures, timeout=timeout_s)

    def _read(self, member: _Member, shard: Sequence[int], told: Shard, asked: float) -> Sequence[Outcome]:
        """The outcomes of a shard by our clock. Raises RuntimeError for a bug that its worker met."""
        clock = member.clock
        if told.pid != member.pid:
            what = "busy; {} made" if self._is_there(member) else "lost; {} made again"
            said = what.format(f"its {len(shard)} requests were")
            self._lost(f"the dask worker {member.address} was {said} by another one")
            clock = OURS if told.machine == machine_id() != "" else WorkerClock(float("-inf"), float("inf"))
        if told.problem is not None:
            raise RuntimeError(f"on the dask worker {member.address}: {told.problem}")
        if clock is OURS:
            return told.outcomes
        clock = clock.narrowed(Reading(asked, time.monotonic(), told.began, told.ended))
        return [
            replace(outcome, started=clock.ours(outcome.started), ended=clock.ours(outcome.ended))
            for outcome in told.outcomes
        ]

    def _lost(self, said: str) -> None:
        self.notes.append(said)
        self._members = []  # the next batch is shared among those that are left, or have come

    def _is_there(self, member: _Member) -> bool:
        """Whether the cluster has it still: an idle worker may take what waits for a busy one."""
        return member.address in self._client.nthreads()

    def _all_near(self) -> bool:
        return all(member.near for member in self._members)

    def _clock_of(self, address: str) -> WorkerClock:
        readings = []
        for _ in range(_READINGS):
            asked = time.monotonic()
            told = self._client.run(time.monotonic, workers=[address])[address]
            readings.append(Reading(asked, time.monotonic(), told, told))
        return clock_from(readings)

    def _check_reach(self, requests: Sequence[Request]) -> None:
        far = next((member for member in self._members if not member.near), None)
        if far is None:
            return
        for request in requests:
            if (urlsplit(request.origin).hostname or "").startswith(_LOOPBACK):
                raise RuntimeError(
                    f"the dask worker {far.address} is on another machine and cannot reach {request.origin}, which is "
                    "this one's alone; race against a server that all of them can reach, or workers on this machine"
                )
