"""Judging a head that a library has parsed: what the libraries let through differs, what is refused does not.

requests needs none of this: there the lines are judged as they are read (``strategies.strict_answer``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sized
from itertools import chain

from exchanges.errors import safe
from strategies.body import Fault
from strategies.terms import MAX_HEAD

_VERSIONS = {"HTTP/1.0", "HTTP/1.1", (1, 0), (1, 1)}


def judge(version: object, reason: str | None, raw: Iterable[tuple[Sized, Sized]]) -> None:
    """Refuse what is no HTTP/1.0 or 1.1, or too large.

    Args:
        version: in httpx's and pyreqwest's words (``"HTTP/1.1"``) or aiohttp's (``(1, 1)``).
        reason: what follows the status; None where the library does not tell.
        raw: the header lines as they came.

    Raises:
        Fault: protocol.
    """
    if version not in _VERSIONS:
        raise Fault("protocol", f"expected an answer in HTTP/1.0 or HTTP/1.1, found {safe(str(version))}")
    if reason and "\0" in reason:
        raise Fault("protocol", "found a NUL in the status line of the answer")
    size = len(reason or "") + sum(map(len, chain.from_iterable(raw)))  # the cheapest way: all pay for it
    if size > MAX_HEAD:
        raise Fault("protocol", f"expected a head of at most {MAX_HEAD} bytes, found {size}")
