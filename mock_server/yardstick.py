"""What the mock server is measured against: the least that a server in Python can do, a constant body and no delay.

    python -m mock_server.yardstick --kind aiohttp --loop uvloop --bytes 500

``aiohttp`` is the same low-level ``web.Server`` without a router that the mock stands on, ``protocol`` a bare
``asyncio.Protocol`` that counts blank lines. The first line on stdout is JSON: the origin. It ends with its stdin.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import mock_server
from mock_server.loadgen_answer import LoadFailed
from mock_server.sockets import BACKLOG, Listening

KINDS = ("aiohttp", "protocol")
LOOPS = ("asyncio", "uvloop")


@dataclass(frozen=True, slots=True)
class Standing:
    """A server that answers: where, and as which process."""

    origin: str
    pid: int


@contextmanager
def standing(kind: str, loop: str, body_bytes: int) -> Iterator[Standing]:
    """A yardstick in a process of its own, gone when the block is left. Raises LoadFailed where it does not start."""
    folder = str(Path(mock_server.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-P", "-m", "mock_server.yardstick"]
    process = subprocess.Popen(
        [*command, "--kind", kind, "--loop", loop, "--bytes", str(body_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    assert process.stdin is not None  # asked for above, both
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        if not said:
            raise LoadFailed(f"the {kind} server on {loop}, to compare with, did not start (exit {process.wait()})")
        yield Standing(json.loads(said)["origin"], process.pid)
    finally:
        process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def cpu_s(pid: int) -> float:
    """What a process of this user has used so far, in seconds of one core and with the clock's own grain."""
    # clock_getcpuclockid(3) of Linux; /proc/PID/stat counts in steps of 10 ms.
    with contextlib.suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def family_of(pid: int) -> tuple[int, ...]:
    """A process and those that it has started."""
    import psutil

    return (pid, *(child.pid for child in psutil.Process(pid).children(recursive=True)))


def rss_bytes(pid: int) -> int:
    """A process's resident memory."""
    import psutil

    return int(psutil.Process(pid).memory_info().rss)


class _Bare(asyncio.Protocol):
    """Writes the same bytes for every blank line that it reads, and looks at nothing else."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(self._answer * data.count(b"\r\n\r\n"))


def _protocol_factory(kind: str, body: bytes) -> Callable[[], asyncio.BaseProtocol]:
    if kind == "protocol":
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return lambda: _Bare(head.encode() + body)
    from aiohttp import web

    async def handle(_: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return web.Server(handle, access_log=None)


async def _serve(kind: str, body: bytes, listening: Listening) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    server = await loop.create_server(_protocol_factory(kind, body), sock=listening.socket, backlog=BACKLOG)
    sys.stdout.write(json.dumps({"origin": listening.origin}) + "\n")
    sys.stdout.flush()
    await ended.wait()
    server.close()


def main() -> int:
    """Run the command and give its exit code."""
    parser = argparse.ArgumentParser(prog="python -m mock_server.yardstick", description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="aiohttp")
    parser.add_argument("--loop", choices=LOOPS, default="asyncio")
    parser.add_argument("--bytes", type=int, default=500, metavar="N", help="length of the body")
    options = parser.parse_args()
    factory = None
    if options.loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(options.kind, b"x" * options.bytes, Listening.on(0)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
