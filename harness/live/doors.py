"""Doors: who is let in. Whoever runs programs on this machine as this user is; a page of somebody else's is not.

A browser on this machine can be made to send requests here by any page it shows: from that page's own origin, or under
that page's host name, which its owner lets lead to 127.0.0.1 (DNS rebinding). So every request has to name this server
as the browser would when the user opened it: one Host, a loopback name with our port, and no Origin but our own.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final, Protocol

from exchanges.errors import safe
from harness.live.answer import Answer, refusal

TOKEN_HEADER: Final = "X-Fetchrace-Token"  # noqa: S105  the name of a header is no secret
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_ELSEWHERE: Final = ("cross-site", "same-site")
"""What a browser says in Sec-Fetch-Site of a request that another origin's page has caused."""


class Headers(Protocol):
    """What there is to be known of a request's headers; each may stand there several times."""

    def getall(self, key: str, default: list[str], /) -> Sequence[str]: ...


class Doors:
    """The doors of one server on ``port``, whose ``token`` opens what changes something."""

    def __init__(self, port: int, token: str) -> None:
        # A browser leaves out the port that is the scheme's own.
        self._hosts = {f"{name}:{port}" for name in _LOOPBACK} | (set(_LOOPBACK) if port == 80 else set())
        self._token = token.encode()

    def refused(self, headers: Headers) -> Answer | None:
        """Why a request is not let in; None where it is."""
        hosts = headers.getall("Host", [])
        if len(hosts) != 1:
            return refusal(400, f"expected one Host header, found {len(hosts)}")
        if hosts[0].lower() not in self._hosts:
            return refusal(403, f"expected a Host that names this server on loopback, found {safe(hosts[0])}")
        for origin in headers.getall("Origin", []):
            # With the scheme: https://127.0.0.1:port is another origin, and not ours.
            if not origin.startswith("http://") or origin.lower()[len("http://") :] not in self._hosts:
                return refusal(403, f"expected no Origin but this server's own, found {safe(origin)}")
        # A link that leads here is no harm, and the only way for a page elsewhere to have one; a frame is none.
        modes, places = headers.getall("Sec-Fetch-Mode", []), headers.getall("Sec-Fetch-Dest", [])
        is_link = list(modes) == ["navigate"] and list(places) in ([], ["document"])
        for site in headers.getall("Sec-Fetch-Site", []):
            if site.lower() in _ELSEWHERE and not is_link:
                return refusal(403, "expected a request of this server's own page, found one of another page's")
        return None

    def without_token(self, headers: Headers) -> Answer | None:
        """Why a request may not change anything; None where it may."""
        given = headers.getall(TOKEN_HEADER, [])
        # As bytes: compare_digest takes text only if it is ASCII, and a stranger's header need not be.
        found = given[0].encode("utf-8", "surrogateescape") if len(given) == 1 else b""
        if hmac.compare_digest(found, self._token):
            return None
        return Answer.error(
            403, f"expected the header {TOKEN_HEADER} with the token; open the address that the program printed"
        )
