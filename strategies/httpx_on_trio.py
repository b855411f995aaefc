"""trio with httpx, or with httpx2: ``trio-httpx`` and ``trio-httpx2`` are this, so that they show what the
library costs and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

import trio

from exchanges.wire import Request, Response
from strategies.body import Body, Fault
from strategies.failure import failed
from strategies.head import judge
from strategies.httpx_client import Idle, opened_async
from strategies.relay import Relay
from strategies.strategy import Decode, Fetch, Limits, Outcome, settled
from strategies.terms import Trust
from strategies.trio_thread import trio_thread


@contextmanager
def httpx_on_trio(library: ModuleType, limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """One trio run, in a thread of its own, for the life of the ``with``; a batch is one hop to it."""
    trust = Trust(limits.ca_file)
    relay = Relay(limits.in_flight)
    idle = Idle(lambda origin: opened_async(library, origin, trust, relay.hand_on))

    async def call(request: Request) -> Outcome:
        status: int | None = None
        started = time.monotonic()
        single = idle.take(request.origin)
        refused: Fault | None = None
        try:
            with trio.fail_after(limits.deadline_s), trio.CancelScope() as reading:
                reply = await single.transport.handle_async_request(single.built(request))
                try:
                    status = reply.status_code
                    judge(reply.http_version, reply.reason_phrase, reply.headers.raw)
                    body = Body(status, reply.headers, limits.max_body)
                    async for piece in reply.aiter_raw():
                        try:
                            body.add(piece)
                        except Fault as fault:
                            # Not by leaving the loop: httpx reads through five nested generators, and those that
                            # are not run to their end are left to the garbage collector, of which trio warns.
                            refused = fault
                            reading.cancel()
                finally:
                    await reply.aclose()
            if refused is not None:
                raise refused
            answer = Response(reply.status_code, body.whole(), reply.headers)
        except BaseException as error:
            with trio.CancelScope(shield=True):
                await single.transport.aclose()
            return failed(error, request, started, status)
        if single.surplus():
            await single.transport.aclose()
        else:
            idle.give_back(request.origin, single)
        value = decode(request, answer)
        return settled(value, started, time.monotonic(), answer)

    async def batch(requests: Sequence[Request]) -> list[Outcome]:
        try:
            async with trio.open_nursery() as nursery:
                outcomes = relay.begin(call, requests, nursery.start_soon)
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [outcomes[index] for index in range(len(requests))]

    async def close() -> None:
        for single in idle.take_all():
            await single.transport.aclose()

    with trio_thread() as run:
        try:
            yield lambda requests: run(batch, requests)
        finally:
            run(close)
