"""httpx at its best: one small transport per connection, borrowed while a request is in flight.

httpx 0.28's connection pool goes through all connections and all waiting requests each time one comes or goes,
so its cost per request grows with the number in flight. Here every transport has a pool of one. They are kept
per origin, and the one that was given back last goes out first: as many are open as an origin ever
had in flight at once, and warm batches find theirs connected.

A transport is asked directly. What a Client does around it is what no request here needs: it follows redirects, keeps
cookies, signs, calls hooks, and merges its defaults. Without that a request takes 0.83 (threads, trio) to 0.88
(asyncio) of the CPU.

httpx2, the fork, has the same classes under the same names; so what is said of ``library`` is one module or the other,
and what the two are compared by is one and the same code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Generic, TypeVar

from exchanges.wire import Request
from strategies.strict_stream import StrictAsyncBackend, StrictBackend
from strategies.terms import KEEPALIVE_S, Trust, headers_with

_Client = TypeVar("_Client")


class Idle(Generic[_Client]):
    """Clients, or whatever else is one connection, at rest, by origin; safe to use from several threads. ``make`` opens
    one where none is left.

    A client whose request failed is closed and not given back: httpcore's pool may count a connection for
    ever whose request was cancelled, and a pool of one then waits for ever.
    """

    def __init__(self, make: Callable[[str], _Client]) -> None:
        self._make = make
        self._idle: defaultdict[str, list[_Client]] = defaultdict(list)

    def take(self, origin: str) -> _Client:
        """A client that nobody else uses; its connection to ``origin`` may be open already."""
        try:
            return self._idle[origin].pop()
        except IndexError:
            return self._make(origin)

    def give_back(self, origin: str, client: _Client) -> None:
        """The client's request has ended well, nothing is left on its connection, and it is free again."""
        self._idle[origin].append(client)

    def take_all(self) -> Iterator[_Client]:
        """All clients at rest, for whoever closes them."""
        for clients in self._idle.values():
            while clients:
                yield clients.pop()


class Single:
    """A ``transport`` of httpx or httpx2 for one connection to an origin, whose answers are judged as they arrive."""

    __slots__ = ("_library", "_url", "transport")

    def __init__(self, library: ModuleType, transport: Any, origin: str) -> None:
        self._library = library
        self._url = library.URL(origin)  # taken apart once a connection
        self.transport = transport

    def built(self, request: Request) -> Any:
        """The request as the library wants it, its target sent exactly as it is written."""
        return self._library.Request(
            request.method,
            self._url,
            headers=headers_with(request.headers),
            extensions={"target": request.target.encode("ascii")},
        )

    def surplus(self) -> bool:
        """Whether bytes came after the answer that was just read: such a connection must be closed.

        h11 keeps them, and would read them as the answer to the next request. httpx has no public way to see that;
        where the private one is gone, nothing is seen (and a test fails).
        """
        try:
            # There is one connection at most; none is left where the answer ended it.
            for connection in _pool(self.transport).connections:
                if connection._connection._h11_state.trailing_data[0]:
                    return True
        except AttributeError:
            pass
        return False


def opened(library: ModuleType, origin: str, trust: Trust) -> Single:
    """For a blocking caller."""
    transport = library.HTTPTransport(**_options_for(library, origin, trust))
    pool = _pool(transport)
    pool._network_backend = StrictBackend(pool._network_backend)
    return Single(library, transport, origin)


def opened_async(library: ModuleType, origin: str, trust: Trust, reached: Callable[[], None]) -> Single:
    """For asyncio and trio; ``reached`` is called where a request has come to the network."""
    transport = library.AsyncHTTPTransport(**_options_for(library, origin, trust))
    pool = _pool(transport)
    pool._network_backend = StrictAsyncBackend(pool._network_backend, reached)
    return Single(library, transport, origin)


def _options_for(library: ModuleType, origin: str, trust: Trust) -> dict[str, Any]:
    """The keyword arguments of a transport of ``library`` for one connection to ``origin``.

    The TLS context is shared: one that is built for each takes 16 times as long to make (16 ms against 1). There are no
    time-outs, because the deadline is kept around the whole request.
    """
    return {
        "verify": trust.context_for(origin),
        "limits": library.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE_S),
        "trust_env": False,
    }


def _pool(transport: Any) -> Any:
    """httpcore's pool, or httpcore2's; httpx has no public way to pass its ``network_backend`` on."""
    return transport._pool
