"""Names pinned to the addresses that were checked: whoever looks them up in this process is told those and no others.

A name that led to a public address when it was checked may lead to 127.0.0.1 a moment later ("DNS rebinding"). So it is
looked up once, and ``socket.getaddrinfo`` answers for it from then on out of what was found. Nothing else changes: the
name is what TLS verifies and what the Host header says, and other names go to the system's resolver.

What looks names up by itself cannot be pinned: libuv's event loop, curl, Rust clients, other processes. RESOLVES_HERE
names the strategies that can.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from harness.exits import UsageError

RESOLVES_HERE: Final = frozenset(
    {
        "sequential", "threads", "threads-httpx", "threads-urllib3", "asyncio-aiohttp", "asyncio-httpx",
        "asyncio-httpx2", "asyncio-protocol", "trio-httpx", "trio-httpx2",
    }
)  # fmt: skip
"""Strategies whose every lookup goes through this process's ``socket.getaddrinfo``."""

_system = socket.getaddrinfo
_lock = threading.Lock()
_pins: dict[str, tuple[str, ...]] = {}
_held: Counter[str] = Counter()


def check_strategy(strategy: str, pins: Mapping[str, Sequence[str]]) -> None:
    """Raises UsageError where a strategy would look pinned names up by itself."""
    if pins and strategy not in RESOLVES_HERE:
        raise UsageError(
            f"--base-url: {', '.join(sorted(pins))} was looked up and checked, and {strategy} would look it up again "
            "by itself: take asyncio-aiohttp, threads, trio-httpx, or write an address in its place"
        )


@contextlib.contextmanager
def pinned(pins: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """While the block runs, each of these names (lower case) leads to its addresses, whatever the system says. Blocks
    may overlap, in several threads; raises ValueError where two of them pin one name to different addresses."""
    global _system
    with _lock:
        for name, addresses in pins.items():
            if _pins.get(name, tuple(addresses)) != tuple(addresses):
                raise ValueError(f"{name} is pinned to {', '.join(_pins[name])} already")
        if pins and not _pins:
            _system, socket.getaddrinfo = socket.getaddrinfo, _getaddrinfo
        for name, addresses in pins.items():
            _pins[name] = tuple(addresses)
            _held[name] += 1
    try:
        yield
    finally:
        with _lock:
            for name in pins:
                _held[name] -= 1
                if not _held[name]:
                    del _pins[name], _held[name]
            if pins and not _pins:
                socket.getaddrinfo = _system


def _getaddrinfo(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002  callers give it by this name
    proto: int = 0,
    flags: int = 0,
) -> list[tuple[Any, ...]]:
    """``socket.getaddrinfo``, and for a pinned name the same of each of its addresses that are of the ``family``."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    addresses = _pins.get(name.lower().removesuffix(".")) if isinstance(name, str) else None
    if addresses is None:
        return list(_system(host, port, family, type, proto, flags))
    found: list[tuple[Any, ...]] = []
    for address in addresses:
        with contextlib.suppress(socket.gaierror):  # of another family
            found += _system(address, port, family, type, proto, flags | socket.AI_NUMERICHOST)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, f"{name} has no address of that kind")
    return found
