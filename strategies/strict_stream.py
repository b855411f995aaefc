"""httpx's answers, judged as their bytes arrive: what h11 overlooks in a head is seen before h11 reads it.

By itself h11 looks at nothing before the blank line, so that a line of SSH and a FIN are no protocol error to it; it
skips interim answers for ever, and makes one Content-Length of several equal ones. Heads pass through here first.

httpcore2 under httpx2 asks the same of its streams as httpcore under httpx, and neither looks at their class: so this
imports neither.

Cost: 1.5 microseconds a request, of 300 that httpx takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from strategies.strict_head import StrictHead


class _Stream:
    """A connection of the blocking client; TLS is put around the stream inside."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._head = StrictHead()
        self._in_head = True

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._stream.read(max_bytes, timeout)
        if self._in_head:
            self._in_head = self._head.missing(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._head.begin()
        self._in_head = True
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *args: Any, **options: Any) -> _Stream:
        return _Stream(self._stream.start_tls(*args, **options))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AsyncStream:
    """The same for asyncio and trio; ``reached`` is called as something is about to be sent."""

    def __init__(self, stream: Any, reached: Callable[[], None]) -> None:
        self._stream = stream
        self._reached = reached
        self._head = StrictHead()
        self._in_head = True

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = await self._stream.read(max_bytes, timeout)
        if self._in_head:
            self._in_head = self._head.missing(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._head.begin()
        self._in_head = True
        if buffer:
            self._reached()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(self, *args: Any, **options: Any) -> _AsyncStream:
        return _AsyncStream(await self._stream.start_tls(*args, **options), self._reached)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class StrictBackend:
    """Opens connections as another backend of httpcore does, and judges what comes on them."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *args: Any, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_tcp(*args, **options))


class StrictAsyncBackend:
    """The same for asyncio and trio. ``reached`` is called where a request has come to the network: as it connects, and
    as it is sent."""

    def __init__(self, backend: Any, reached: Callable[[], None]) -> None:
        self._backend = backend
        self._reached = reached

    async def connect_tcp(self, *args: Any, **options: Any) -> _AsyncStream:
        self._reached()
        return _AsyncStream(await self._backend.connect_tcp(*args, **options), self._reached)
