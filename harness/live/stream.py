"""A stream: one client of the broadcast, over server-sent events, for as long as it reads.

Law: it is written to only when everything before has left this process, so that a client which does not read costs
what one event costs, holds up nobody, and is cut when its system has taken nothing for five seconds of what there was
for it. What has left for a kernel, ours, and waits there is counted as not taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web

from harness.live.answer import refusal
from harness.live.broadcast import MOST_CLIENTS, Broadcast, beat
from harness.live.headers import ALWAYS
from mock_server.connection import Connection

_BEAT_S: Final = 2.0
"""Without anything else to say; the page gives a connection up after seven seconds."""
_STALL_S: Final = 5.0
"""How long a client may take nothing. What its own system takes and it never reads cannot be seen from here."""
_LOOK_S: Final = 0.1
_KERNEL: Final = 8 * 1024
"""Bytes that the kernel is asked to hold for a client: few, or one that reads nothing would seem to read for long."""
_NEVER: Final = 1 << 30


async def stream(
    request: web.BaseRequest, broadcast: Broadcast, clock: Callable[[], float] = time.monotonic
) -> web.StreamResponse:
    """Serve one client until it goes, is cut, or has been told that its page is another one now."""
    client = broadcast.enter(request.query.get("shape"), request.headers.get("Last-Event-ID"))
    if client is None:
        crowd = refusal(503, f"there are {MOST_CLIENTS} clients already, which is as many as are served")
        response: web.StreamResponse = crowd.response()
        response.headers["Retry-After"] = "10"
        return response
    try:
        transport, connection = request.transport, request.protocol
        assert isinstance(connection, Connection)  # our listener makes no others
        if transport is None:
            raise ConnectionResetError("the client left before it was served")
        _narrow(transport)
        response = web.StreamResponse(headers={**ALWAYS, "Content-Type": "text/event-stream", "Connection": "close"})
        response.force_close()
        await response.prepare(request)
        untaken, added, changed_at = 0, 0, clock()
        while not client.gone:
            waiting, now, before = transport.get_write_buffer_size(), clock(), untaken
            untaken = waiting + _in_the_kernel(transport)
            if not untaken or untaken < before + added:
                changed_at = now
            elif now - changed_at > _STALL_S:
                connection.reset()
                break
            added = 0
            if waiting:
                await asyncio.sleep(_LOOK_S)
                continue
            data = broadcast.due(client)
            if not data and not await broadcast.news(_BEAT_S):
                data = beat(int(clock() * 1e6))
            if data:
                added = len(data)
                await response.write(data)
    finally:
        broadcast.leave()
    return response


def _narrow(transport: asyncio.Transport) -> None:
    """Let what a client does not take wait here, where it can be seen, and let nobody wait for it to drain."""
    transport.set_write_buffer_limits(high=_NEVER)
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL)


def _in_the_kernel(transport: asyncio.Transport) -> int:
    """How many bytes our kernel holds that the client's has not acknowledged; 0 where it does not tell."""
    sock = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):  # not of this system, or closed by now
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
    return 0
