"""asyncio with pyreqwest: the Rust client reqwest, whose connections live in a thread of tokio's.

One thread for all of them, pyreqwest's default: with one per core a batch takes 0.97 of the time with 100 in flight
and 0.85 with 1,000 (answers after 50 ms), but each thread has a heap of its own, so that a flood of 32 MiB takes up
to 18 MiB of memory instead of 10, and more with more cores. The deadline is reqwest's own: ``asyncio.timeout`` around
each request costs 1.15 to 1.2 times the CPU. A head is judged before anything of its body is read: that costs 1.08
times the CPU of reqwest's default, which reads a small body together with its head, and 1.4 times with 1,000 in
flight; but there a short body hides what its head would be refused for.

What is given up by Ctrl-C lives on in that thread, to its deadline: pyreqwest cancels the waiting, not the request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import RequestError

from exchanges.wire import Request, Response
from strategies.authorities import authorities_of
from strategies.body import Body
from strategies.failure import failed
from strategies.head import judge
from strategies.reqwest_errors import exception_for
from strategies.strategy import Decode, Fetch, Limits, Outcome, settled
from strategies.task_crew import asyncio_crew
from strategies.terms import HEADERS, KEEPALIVE_S, Trust


@contextmanager
def asyncio_pyreqwest(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """One event loop for the life of the ``with``; a batch is one run of it. One client for plain HTTP, and one for
    TLS where that is asked for."""
    trust = Trust(limits.ca_file)
    clients: dict[str, Client] = {}

    def client_for(request: Request) -> Client:
        scheme = request.origin.partition(":")[0]
        if scheme not in clients:
            clients[scheme] = _client(limits, authorities_of(trust) if scheme == "https" else ())
        return clients[scheme]

    async def call(request: Request) -> Outcome:
        status: int | None = None
        started = time.monotonic()
        try:
            message = client_for(request).request(request.method, request.url).headers(request.headers)
            # Nothing of a body is read together with its head, so that the head is judged first.
            async with message.streamed_read_buffer_limit(0).build_streamed() as reply:
                status = reply.status
                headers = reply.headers
                judge(reply.version, None, headers.items())
                body = Body(status, headers, limits.max_body)
                read = reply.body_reader.read_chunk
                while (piece := await read()) is not None:
                    body.add(bytes(piece))
                answer = Response(status, body.whole(), headers)
        except RequestError as error:
            return failed(exception_for(error), request, started, status)
        except Exception as error:
            return failed(error, request, started, status)
        value = decode(request, answer)
        return settled(value, started, time.monotonic(), answer)

    async def close() -> None:
        while clients:  # closed is what nobody holds any more
            _, client = clients.popitem()
            await client.close()

    with asyncio.Runner() as runner:

        def fetch(requests: Sequence[Request]) -> list[Outcome]:
            return runner.run(asyncio_crew(limits.in_flight, call, requests))

        try:
            yield fetch
        finally:
            runner.run(close())


def _client(limits: Limits, authorities: Sequence[bytes]) -> Client:
    builder = (
        ClientBuilder()
        .default_headers(HEADERS)
        .http1_only()
        .no_proxy()
        .follow_redirects(False)
        .referer(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .timeout(timedelta(seconds=limits.deadline_s))
        .pool_idle_timeout(timedelta(seconds=KEEPALIVE_S))
        .pool_max_idle_per_host(limits.in_flight)
        .http1_allow_obsolete_multiline_headers_in_responses(True)
    )
    for certificate in authorities:
        builder = builder.add_root_certificate_der(certificate)
    return builder.build()
