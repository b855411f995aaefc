"""What every strategy has alike on the wire, so that a race compares clients and not their defaults.

The same headers; the same trust; no proxy, no netrc, no cookie and no redirect anywhere (``trust_env`` is off,
so that ``http_proxy`` moves all strategies or none).
"""

from __future__ import annotations

import ssl
import threading
from typing import Final

HEADERS: Final = {"User-Agent": "fetchrace/0.1", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
"""Sent by every strategy with every request; a Request's own headers come on top. Only what the standard
library can inflate is accepted: with an optional brotli installed, clients would differ."""

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
        if ca_file is not None:
            self.context()

    def context(self) -> ssl.SSLContext:
        """The system's authorities, certifi's where it is installed, and ``ca_file``."""
        with self._lock:
            if self._context is None:
                self._context = self._build()
            return self._context

    def context_for(self, origin: str) -> ssl.SSLContext:
        """The context for an origin; for plain HTTP one that trusts nobody and costs nothing to build."""
        return self.context() if origin.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

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
