"""asyncio with httpx, or with httpx2: ``asyncio-httpx`` and ``asyncio-httpx2`` are this, so that they show what the
library costs and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from exchanges.wire import Request, Response
from strategies.body import Body
from strategies.failure import failed
from strategies.head import judge
from strategies.httpx_client import Idle, opened_async
from strategies.relay import Relay
from strategies.strategy import Decode, Fetch, Limits, Outcome, settled
from strategies.task_deadline import TaskDeadline
from strategies.terms import Trust


@contextmanager
def httpx_on_asyncio(library: ModuleType, limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """One event loop for the life of the ``with``; a batch is one run of it."""
    trust = Trust(limits.ca_file)
    deadline = TaskDeadline(limits.deadline_s)
    relay = Relay(limits.in_flight)
    idle = Idle(lambda origin: opened_async(library, origin, trust, relay.hand_on))

    async def call(request: Request) -> Outcome:
        status: int | None = None
        started = deadline.begin()
        single = idle.take(request.origin)
        try:
            reply = await single.transport.handle_async_request(single.built(request))
            try:
                status = reply.status_code
                judge(reply.http_version, reply.reason_phrase, reply.headers.raw)
                body = Body(status, reply.headers, limits.max_body)
                async for piece in reply.aiter_raw():
                    body.add(piece)
            finally:
                await reply.aclose()
            answer = Response(status, body.whole(), reply.headers)
        except BaseException as error:
            try:
                late = deadline.over()
            finally:
                await single.transport.aclose()
            return failed(deadline.fault() if late else error, request, started, status)
        if deadline.over():
            await single.transport.aclose()
            return failed(deadline.fault(), request, started, status)
        if single.surplus():
            await single.transport.aclose()
        else:
            idle.give_back(request.origin, single)
        value = decode(request, answer)
        return settled(value, started, time.monotonic(), answer)

    async def batch(requests: Sequence[Request]) -> list[Outcome]:
        try:
            with deadline.kept():
                async with asyncio.TaskGroup() as group:
                    outcomes = relay.begin(call, requests, lambda worker: group.create_task(worker()))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [outcomes[index] for index in range(len(requests))]

    async def close() -> None:
        for single in idle.take_all():
            await single.transport.aclose()

    with asyncio.Runner() as runner:
        try:
            yield lambda requests: runner.run(batch(requests))
        finally:
            runner.run(close())
