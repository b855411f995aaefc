"""asyncio with nothing in between: a lean HTTP/1.1 client of our own, on asyncio's protocols and httptools.

It is the yardstick of CPU per request: what an arm takes beyond this one is its library's price. It keeps every promise
and names every fault as the others do; only what most requests do not need was moved out of their way.

Measured in CPU per request, 100 in flight, without decoding, alternating in one process (medians of 60 to 120 rounds on
a busy machine; in brackets on uvloop). This arm is 1, asyncio-aiohttp 3.8 (0.88 of that since one
timer keeps all its deadlines); with other choices it would be:

* a task for each place and a future for each request, as in ``strategies.task_crew``, instead of callbacks: 1.34
  (1.35); with ``asyncio.timeout`` around each request as well: 1.66 (1.67);
* a timer for each request instead of one for all (``strategies.lean_batch``): 1.20 (1.14);
* asyncio.Protocol, for which asyncio reads into 256 KiB of fresh memory each time, instead of a BufferedProtocol with
  one buffer for all connections: 1.36 (1.00);
* every answer by the long way (``strategies.lean_answer``) instead of httptools: 1.46.

Without an effect that could be seen, and so left out: a selector of our own (0.98), the garbage collector switched off
during a batch (1.00), letting the loop go round after each 32 requests that are begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from exchanges.wire import Request
from strategies.lean_batch import LeanBatch
from strategies.lean_connection import LeanConnection
from strategies.lean_dial import LeanDial
from strategies.lean_pool import LeanPool
from strategies.lean_request import Destination
from strategies.plain_answer import PlainAnswer
from strategies.strategy import Decode, Fetch, Limits, Outcome
from strategies.terms import Trust

BUFFER = 256 * 1024
"""Bytes that are read at a time, at most: what asyncio reads by itself."""


@contextmanager
def asyncio_protocol(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """One event loop for the life of the ``with``; a batch is one run of it."""
    with on_loop(asyncio.new_event_loop, limits, decode) as fetch:
        yield fetch


@contextmanager
def on_loop(new_loop: Callable[[], asyncio.AbstractEventLoop], limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """The same on a loop of anybody's make."""
    client = LeanClient(limits, decode)

    async def batch(requests: Sequence[Request]) -> list[Outcome]:
        # One round of the loop, so that it sees which idle connections were closed since the last batch.
        await asyncio.sleep(0)
        return await client.batch(requests, limits).run() if requests else []

    with asyncio.Runner(loop_factory=new_loop) as runner:
        try:
            yield lambda requests: runner.run(batch(requests))
        finally:
            runner.run(client.close())


class LeanClient:
    """What stays open between batches, on one event loop."""

    def __init__(self, limits: Limits, decode: Decode) -> None:
        self._decode = decode
        self._pool = LeanPool()
        self._destinations: dict[str, Destination] = {}
        plain, buffer, opened = PlainAnswer(limits.max_body), memoryview(bytearray(BUFFER)), self._pool.opened

        def new(origin: str) -> LeanConnection:
            return LeanConnection(origin, limits.max_body, plain, buffer, opened)

        self._dial = LeanDial(Trust(limits.ca_file), new)

    def batch(self, requests: Sequence[Request], limits: Limits) -> LeanBatch:
        """To be run in the loop, one at a time, with as many in flight as ``limits`` has it."""
        return LeanBatch(requests, limits, self._decode, self._pool, self._dial, self._destinations)

    async def close(self) -> None:
        await self._dial.close()
        await self._pool.close()
