"""What every strategy has alike on the wire, so that a race compares clients and not their defaults.

The same headers; the same trust; no proxy, no netrc, no cookie and no redirect anywhere (``trust_env`` is off,
so that ``http_proxy`` moves all strategies or none).
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from typing import Final

HEADERS: Final = {"User-Agent": "fetchrace/0.1", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
"""Sent by every strategy with every request; a Request's own headers come on top. Only what the standard
library can inflate is accepted: with an optional brotli installed, clients would differ."""

_NAMES: Final = frozenset(map(str.lower, HEADERS))

MAX_HEADERS: Final = 100
"""An answer with more header lines is refused; http.client's own limit, applied to all."""

MAX_HEAD: Final = 65536
"""Bytes of a whole head, and so of one line of it, which is http.client's own limit. aiohttp's default for a line,
8,190, is raised to it."""

MAX_INTERIM: Final = 100
"""An answer after more interim ones (1xx) is refused."""

KEEPALIVE_S: Final = 86_400.0
"""Seconds an idle connection is kept: a day, so for as long as any strategy is open. requests keeps its own for
ever and cannot be told otherwise; aiohttp's default is 15 seconds, httpx's 5."""


def headers_with(own: Iterable[tuple[str, str]]) -> dict[str, str]:
    """All the headers of a request whose ``own`` these are: for libraries that do not put them together themselves, or
    send a name that is in both twice."""
    headers = dict(own)
    if _NAMES.isdisjoint(map(str.lower, headers)):
        return {**HEADERS, **headers}
    replaced = set(map(str.lower, headers))
    return {name: value for name, value in HEADERS.items() if name.lower() not in replaced} | headers


class Trust:
    """One TLS context for all connections of a strategy, built when the first ``https`` origin appears.

    Building it reads the certificate store (30 ms measured, and 14 for certifi); a run over plain HTTP never pays.
    Verification cannot be turned off: ``ca_file`` (PEM) adds an authority and takes none away.

    Raises:
        OSError: ``ca_file`` cannot be read, or holds no certificate. Raised on opening, not in mid-batch.
    """

    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._unused: ssl.SSLContext | None = None
        if ca_file is not None:
            self.context()

    def context(self) -> ssl.SSLContext:
        """The system's authorities, certifi's where it is installed, and ``ca_file``."""
        with self._lock:
            if self._context is None:
                self._context = self._build()
            return self._context

    def context_for(self, origin: str) -> ssl.SSLContext:
        """The context for an origin; for plain HTTP one that trusts nobody, for libraries that build one where they are
        given none. It is shared too: an empty one takes 0.2 to 0.3 ms to make."""
        if origin.startswith("https:"):
            return self.context()
        with self._lock:
            if self._unused is None:
                self._unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            return self._unused

    def _build(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        try:
            import certifi
        except ModuleNotFoundError:
            pass
        else:
            # On slim images the system's store is empty; requests and httpx would use this one by themselves.
            context.load_verify_locations(certifi.where())
        if self._ca_file is not None:
            try:
                context.load_verify_locations(self._ca_file)
            except OSError as error:  # ssl.SSLError is one too
                raise OSError(
                    f"expected a PEM file of certificates as ca_file, found {self._ca_file!r}, which cannot be used: "
                    f"{error.strerror or error}"
                ) from error
        return context
