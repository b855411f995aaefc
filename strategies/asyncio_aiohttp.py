"""asyncio with one aiohttp.ClientSession: the fastest of the well-known clients.

Measured with 100 in flight, answers after 10 ms: a connection per request (``force_close``) takes 1.7 to 2 times
as long; a connector's ``limit`` of 100 instead of none makes no difference, and promises less; a cookie jar that keeps
cookies takes 1.03 times as long. aiohttp's own time-out, a timer for each request, takes 1.05 times the CPU of one
timer for all (``strategies.task_deadline``), and reading a body by ``iter_any`` 1.01 times that of ``readany``. What
holds the number in flight: ``strategies.task_crew``.

aiohttp alone, with its time-out and none of what the promises ask beyond it, takes 0.96 of the CPU of this.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import aiohttp
from yarl import URL

from exchanges.wire import Request, Response
from strategies.body import Body
from strategies.failure import failed
from strategies.head import judge
from strategies.strategy import Decode, Fetch, Limits, Outcome, settled
from strategies.strict_handler import install
from strategies.task_crew import asyncio_crew
from strategies.task_deadline import TaskDeadline
from strategies.terms import HEADERS, KEEPALIVE_S, MAX_HEAD, Trust


@contextmanager
def asyncio_aiohttp(
    limits: Limits, decode: Decode, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Iterator[Fetch]:
    """One event loop for the life of the ``with``; a batch is one run of it. ``loop_factory`` makes another than
    asyncio's own."""
    trust = Trust(limits.ca_file)
    deadline = TaskDeadline(limits.deadline_s)

    async def call(request: Request) -> Outcome:
        status: int | None = None
        url = URL(request.url, encoded=True)
        started = deadline.begin()
        try:
            async with session.request(
                request.method,
                url,
                headers=request.headers,
                allow_redirects=False,
                ssl=trust.context() if request.origin.startswith("https:") else True,
            ) as reply:
                status = reply.status
                judge(reply.version, reply.reason, reply.raw_headers)
                body = Body(status, reply.headers, limits.max_body)
                read = reply.content.readany
                while piece := await read():
                    body.add(piece)
                answer = Response(status, body.whole(), reply.headers)
        except BaseException as error:
            return failed(deadline.fault() if deadline.over() else error, request, started, status)
        if deadline.over():
            return failed(deadline.fault(), request, started, status)
        value = decode(request, answer)
        return settled(value, started, time.monotonic(), answer)

    async def batch(requests: Sequence[Request]) -> list[Outcome]:
        # One round of the loop, so that it sees which idle connections were closed since the last batch.
        await asyncio.sleep(0)
        with deadline.kept():
            return await asyncio_crew(limits.in_flight, call, requests)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        session = runner.run(_open_session())
        try:
            yield lambda requests: runner.run(batch(requests))
        finally:
            runner.run(session.close())


async def _open_session() -> aiohttp.ClientSession:
    # limit=0 is no limit: the workers are the limit, and the connector's own would only queue behind them.
    # The threaded resolver is the default unless aiodns is installed, which would ask elsewhere than all others do.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_S, resolver=aiohttp.ThreadedResolver())
    install(connector)
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        headers=HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        max_line_size=MAX_HEAD,
        max_field_size=MAX_HEAD,
    )
    # aiohttp repeats a GET by itself when a re-used connection breaks, with no public switch: promise 6.
    session._retry_connection = False  # noqa: SLF001 (aiohttp has no public switch)
    return session
