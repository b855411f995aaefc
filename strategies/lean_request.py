"""Requests as bytes: what an origin's requests have in common is put together once, the rest for each of them.

Cost: 0.9 microseconds a request with one header of its own. Nothing is kept of a request: batches that send the same
ones again pay again, as they do with every other strategy.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from exchanges.errors import safe
from exchanges.wire import Request
from strategies.terms import HEADERS

_COMMON = frozenset(("host", *(name.lower() for name in HEADERS)))
_WITH_CONTENT = frozenset(("POST", "PUT", "PATCH"))


class Destination:
    """An origin, taken apart. ``host`` and ``port`` are where to connect to.

    Raises:
        ValueError: the origin is no ``http://host:port`` or ``https://host:port``.
    """

    __slots__ = ("_common", "_lines", "host", "origin", "port", "secure")

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.path:
            raise ValueError(f"expected an origin such as http://127.0.0.1:8000, found {safe(origin)!r}")
        self.origin = origin
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self._common = "".join(f"{name}: {value}\r\n" for name, value in (("Host", parts.netloc), *HEADERS.items()))
        self._lines = 3 + len(HEADERS)  # of a request without headers of its own, the blank one included

    def encoded(self, request: Request) -> bytes:
        """The whole request as it is sent.

        Raises:
            ValueError: something in it would end a line, or is not in ASCII.
        """
        method, target, headers = request.method, request.target, request.headers
        common, lines = self._common, self._lines + len(headers)
        if headers:
            own = ""
            for name, value in headers:
                own += f"{name}: {value}\r\n"
                if name.lower() in _COMMON:
                    common, lines = self._without(name.lower(), common), lines - 1
            text = f"{method} {target} HTTP/1.1\r\n{common}{own}\r\n"
        else:
            text = f"{method} {target} HTTP/1.1\r\n{common}\r\n"
        if method != "GET":
            if method in _WITH_CONTENT:
                text, lines = f"{text[:-2]}Content-Length: 0\r\n\r\n", lines + 1  # RFC 9110, 8.6
            target += method  # neither may have a blank in it
        if text.count("\n") != lines or text.count("\r") != lines or "\0" in text or " " in target or "\t" in target:
            raise ValueError(f"expected a request without blanks or line ends in it, found {safe(request.url, 160)!r}")
        return text.encode("ascii")

    @staticmethod
    def _without(name: str, common: str) -> str:
        """The common headers but for one that the request brings itself."""
        lines = common.splitlines(keepends=True)
        return "".join(line for line in lines if line.partition(":")[0].lower() != name)
