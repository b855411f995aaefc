"""What crosses the wire, without the wire: a request and a response as plain values.

Nothing here can open a socket. Every strategy turns a Request into bytes in its own way and hands back a
Response; every exchange reads and writes both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from exchanges.pair import Pair

ABOUT: Final = ("quotes", "book", "time", "instruments")
"""What an answer can be about."""


def json_text(value: object) -> str:
    """JSON as servers write it, without a blank."""
    return json.dumps(value, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. The server half of an exchange reads ``target``, ``method``, and of the headers those that it
    ``heeds``.

    ``target`` is the path with its query, percent-encoded as sent. ``origin`` is scheme, host and port
    (``http://127.0.0.1:43101``). ``pairs`` is what the caller asked for, in order; it never crosses the
    wire. ``weight`` is what the exchange's rate limit charges for the request. ``about`` is what its answer is to be
    read as, one of ABOUT; it never crosses the wire either.
    """

    exchange: str
    origin: str
    target: str
    pairs: tuple[Pair, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    weight: int = 1
    method: str = "GET"
    about: str = "quotes"

    @property
    def url(self) -> str:
        return self.origin + self.target

    def at(self, origin: str) -> Request:
        """The same request, sent to another origin (the mock's, say)."""
        return replace(self, origin=origin.rstrip("/"))

    def with_headers(self, *headers: tuple[str, str]) -> Request:
        return replace(self, headers=self.headers + headers)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, its body whole and already decoded from gzip and chunks.

    ``headers`` is looked up by lower-case names; a strategy may hand over its library's own
    case-insensitive mapping as it is, so that nothing is copied on the way.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
