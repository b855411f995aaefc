"""One origin as the load generator knows it: what a request looks like and where an answer ends, no more of HTTP."""

from __future__ import annotations

from urllib.parse import urlsplit

_REMEMBERED = 1024


class LoadFailed(Exception):
    """The load could not be applied as asked, or an answer was not a whole 200; the message is a sentence."""


class Answers:
    """Tells how long the answers of an origin are. Servers repeat their heads, so each is parsed once.

    Raises:
        ValueError: it is no origin.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.place = place_from(origin)
        self._known: dict[bytes, int] = {}

    def head(self, target: str) -> bytes:
        """A GET of ``target`` up to the last header, which the caller ends with a blank line or goes on with."""
        host = self.origin.partition("://")[2].rstrip("/")
        return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n".encode()

    def length(self, data: bytes) -> int:
        """How many bytes the answer has that begins with ``data``, head and body; 0 while its head is not whole.

        Raises:
            LoadFailed: it is not a 200 with a Content-Length.
        """
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        head = data[:end]
        body = self._known.get(head)
        if body is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            body = self._known[head] = self._body(head)
        return end + 4 + body

    def _body(self, head: bytes) -> int:
        if not head.startswith(b"HTTP/1.1 200 "):
            found = head[:80].partition(b"\r\n")[0].decode("ascii", "backslashreplace")
            raise LoadFailed(f"expected HTTP/1.1 200 from {self.origin}, found {found!r}")
        number = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0].strip()
        if not number.isdigit():
            raise LoadFailed(f"expected an answer with a Content-Length from {self.origin}, found one without")
        return int(number)


def place_from(origin: str) -> tuple[str, int]:
    """Host and port of ``http://127.0.0.1:43101``. Raises ValueError for anything that is no such origin."""
    parts = urlsplit(origin)
    if parts.scheme != "http" or parts.hostname is None or parts.path not in ("", "/"):
        raise ValueError(f"expected an origin such as http://127.0.0.1:43101, found {origin!r}")
    return parts.hostname, parts.port or 80
