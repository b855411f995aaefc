"""Opening connections: names to addresses, addresses to sockets, sockets to TLS.

An address that is written as a number needs no resolver, and so no thread. A name is looked up once for all who ask at
the same time, and again after ten seconds, as aiohttp does. Where it has several addresses they are tried as RFC 8305
has it ("happy eyeballs"): the next a quarter of a second after the last, or as soon as that failed; the first to answer
is taken.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from strategies.lean_connection import LeanConnection
from strategies.lean_request import Destination
from strategies.terms import Trust

STAGGER_S: Final = 0.25
_FRESH_S: Final = 10.0

_Address: TypeAlias = tuple[socket.AddressFamily, Any]


class LeanDial:
    """Opens connections for as long as a strategy is open.

    Args:
        new: makes a connection to an origin.
    """

    def __init__(self, trust: Trust, new: Callable[[str], LeanConnection]) -> None:
        self._trust = trust
        self._new = new
        self._asked: dict[str, tuple[float, asyncio.Task[list[_Address]]]] = {}

    async def connect(self, to: Destination) -> LeanConnection:
        """A new connection, TLS included; cancelling leaves none behind.

        Raises:
            OSError: it could not be opened; an ExceptionGroup of them where there were several addresses.
        """
        sock = await _first(await self._addresses(to))
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(
                lambda: self._new(to.origin),
                sock=sock,
                ssl=self._trust.context() if to.secure else None,
                server_hostname=to.host if to.secure else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def close(self) -> None:
        """Give up what is being looked up."""
        for _, task in self._asked.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in self._asked.values()), return_exceptions=True)

    async def _addresses(self, to: Destination) -> list[_Address]:
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                socket.inet_pton(family, to.host)
            except OSError:
                continue
            return [(family, (to.host, to.port))]
        now = time.monotonic()
        since, task = self._asked.get(to.origin, (0.0, None))
        if task is None or (task.done() and (now - since > _FRESH_S or task.cancelled() or task.exception())):
            task = asyncio.get_running_loop().create_task(_looked_up(to.host, to.port))
            task.add_done_callback(_heard)
            self._asked[to.origin] = now, task
        # Whoever stops waiting leaves the others waiting.
        return await asyncio.shield(task)


def _heard(task: asyncio.Task[list[_Address]]) -> None:
    """Take note of an error that nobody waits for any more, or asyncio would print it."""
    if not task.cancelled():
        task.exception()


async def _looked_up(host: str, port: int) -> list[_Address]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(socket.AddressFamily(family), address) for family, _, _, _, address in found]


async def _first(addresses: list[_Address]) -> socket.socket:
    """A socket that is connected to one of the addresses."""
    if len(addresses) == 1:
        return await _socket(*addresses[0])
    loop = asyncio.get_running_loop()
    waiting = list(reversed(addresses))
    trying: set[asyncio.Task[socket.socket]] = set()
    errors: list[Exception] = []
    try:
        while trying or waiting:
            if waiting:
                trying.add(loop.create_task(_socket(*waiting.pop())))
            pause = STAGGER_S if waiting else None
            for task in (await asyncio.wait(trying, timeout=pause, return_when=asyncio.FIRST_COMPLETED))[0]:
                trying.discard(task)
                error = task.exception()
                if error is None:
                    return task.result()
                if isinstance(error, Exception):
                    errors.append(error)
        raise ExceptionGroup("none of the addresses answered", errors)
    finally:
        for task in trying:
            task.add_done_callback(_close)
            task.cancel()


def _close(task: asyncio.Task[socket.socket]) -> None:
    """Nobody waits for it any more."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _socket(family: socket.AddressFamily, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock
