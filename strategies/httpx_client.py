"""httpx clients at their best: one small client per connection, borrowed while a request is in flight.

httpx 0.28's connection pool goes through all connections and all waiting requests each time one comes or goes,
so its cost per request grows with the number in flight. Here every client has a pool of one. They are kept
per origin, and the client that was given back last goes out first: as many are open as an origin ever
had in flight at once, and warm batches find theirs connected.

httpx2, the fork, has the same classes under the same names; so what is said of ``library`` is one module or the other,
and what the two are compared by is one and the same code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import ModuleType
from typing import Any, Generic, TypeVar

from exchanges.wire import Request
from strategies.strict_stream import StrictAsyncBackend, StrictBackend
from strategies.terms import KEEPALIVE_S, Trust, headers_with

_Client = TypeVar("_Client")


class Idle(Generic[_Client]):
    """Clients at rest, by origin; safe to use from several threads. ``make`` opens one where none is left.

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


def _options_for(library: ModuleType, origin: str, trust: Trust) -> dict[str, Any]:
    """The keyword arguments of a Client or AsyncClient of ``library`` for one connection to ``origin``.

    The TLS context is shared: a client that builds its own takes 16 times as long to make (16 ms against 1).
    Time-outs are off, because the deadline is kept around the whole request.
    """
    return {
        "base_url": origin,
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        "verify": trust.context_for(origin),
        "limits": library.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE_S),
        "timeout": None,
        "trust_env": False,
        "follow_redirects": False,
    }


def opened(library: ModuleType, origin: str, trust: Trust) -> Any:
    """A Client of ``library`` for one connection to ``origin``, whose answers are judged as they arrive."""
    client = library.Client(**_options_for(library, origin, trust))
    pool = _pool(client)
    pool._network_backend = StrictBackend(pool._network_backend)
    return client


def opened_async(library: ModuleType, origin: str, trust: Trust, reached: Callable[[], None]) -> Any:
    """An AsyncClient, for asyncio and trio; ``reached`` is called where a request has come to the network."""
    client = library.AsyncClient(**_options_for(library, origin, trust))
    pool = _pool(client)
    pool._network_backend = StrictAsyncBackend(pool._network_backend, reached)
    return client


def _pool(client: Any) -> Any:
    """httpcore's pool, or httpcore2's; httpx has no public way to pass its ``network_backend`` on."""
    return client._transport._pool


def surplus(client: Any) -> bool:
    """Whether bytes came after the answer that was just read: such a client must be closed.

    h11 keeps them, and would read them as the answer to the next request. httpx has no public way to see that;
    where the private one is gone, nothing is seen (and a test fails).
    """
    try:
        # One client has one connection; none is left where the answer ended it.
        for connection in _pool(client).connections:
            if connection._connection._h11_state.trailing_data[0]:
                return True
    except AttributeError:
        pass
    return False


def built(library: ModuleType, client: Any, request: Request) -> Any:
    """The request as ``library`` wants it, its target sent exactly as it is written.

    Not by the client's ``build_request``: as the target is given, there is no URL to take apart but the client's own,
    and that is done once a connection.
    """
    return library.Request(
        request.method,
        client.base_url,
        headers=headers_with(request.headers),
        extensions={"target": request.target.encode("ascii")},
    )
