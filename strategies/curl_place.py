"""One place in flight of libcurl: an easy handle, made once, and what it calls while an answer arrives.

An exception that leaves a callback ends more than its own transfer, so none does: a Fault is kept in ``fault``, and
the transfer is ended with libcurl's own sign for it.

libcurl repeats a request whose re-used connection breaks, and has no switch for it. Only to a handle that is said to
wait for an RTSP server's packets it never does, whatever its protocol (``Curl_retry_request``, seen in libcurl 8.23):
so ours say that. Where a libcurl was built without RTSP, the second time is refused before anything is sent.
"""

from __future__ import annotations

import contextlib
import http.client
import math
import time
from typing import Final

import pycurl

from exchanges.wire import Request, Response
from strategies.body import PIECE, Body, Fault
from strategies.curl_errors import exception_for
from strategies.failure import failed
from strategies.raw_head import RawHead
from strategies.sendable import check
from strategies.strategy import Decode, Limits, Outcome, settled
from strategies.terms import HEADERS, KEEPALIVE_S

_ENDS: Final = -1
_ABORT: Final[int] = pycurl.PREREQFUNC_ABORT
_OK: Final[int] = pycurl.PREREQFUNC_OK
_WITH_BODY: Final = ("POST", "PUT", "PATCH")
_CUT: Final = (pycurl.E_GOT_NOTHING, pycurl.E_PARTIAL_FILE)
_AGAIN: Final = (pycurl.E_ABORTED_BY_CALLBACK, pycurl.E_COULDNT_CONNECT)


class Place:
    """``begin`` a request, add ``curl`` to a multi handle, and when that is done with it take the ``outcome``.
    Where the place is ``stale`` there is none: nothing was sent, because the server had closed the connection long
    before; it is added again as it is."""

    __slots__ = (
        "_body", "_dead", "_head", "_limits", "_method", "_origin", "_request", "_sent", "_started", "curl", "fault",
        "stale",
    )  # fmt: skip

    def __init__(self, limits: Limits, dead: set[tuple[str, int]]) -> None:
        """``dead`` are the local addresses of connections on which something came while nobody had asked."""
        self._limits = limits
        self._dead = dead
        self.stale = False
        self._head = RawHead()
        self._body: Body | None = None
        self._request: Request | None = None
        self._method = "GET"
        self._origin = ""
        self._started = 0.0
        self._sent = False
        self.fault: Fault | None = None
        self.curl = curl = pycurl.Curl()
        curl.place = self
        for option, value in (
            (pycurl.NOSIGNAL, 1),  # its name resolution would use SIGALRM
            (pycurl.PROXY, ""),
            (pycurl.NOPROXY, "*"),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            # Said once: as lines of every request they would cost a microsecond each time.
            (pycurl.USERAGENT, HEADERS["User-Agent"]),
            (pycurl.ENCODING, HEADERS["Accept-Encoding"]),
            (pycurl.MAXAGE_CONN, int(KEEPALIVE_S)),  # 118 seconds by itself
            (pycurl.HTTP_CONTENT_DECODING, 0),  # sent, and left to Body
            (pycurl.BUFFERSIZE, PIECE),  # 16 KiB by itself: bodies of 1 MB take 1.2 times as long
            (pycurl.TIMEOUT_MS, max(1, math.ceil(limits.deadline_s * 1000))),
            (pycurl.CONNECTTIMEOUT_MS, max(1, math.ceil(limits.deadline_s * 1000))),
            (pycurl.HEADERFUNCTION, self._line),
            (pycurl.WRITEFUNCTION, self._piece),
            (pycurl.PREREQFUNCTION, self._connected),
        ):
            curl.setopt(option, value)
        with contextlib.suppress(pycurl.error):
            curl.setopt(pycurl.OPT_RTSP_REQUEST, pycurl.RTSPREQ_RECEIVE)

    def begin(self, request: Request) -> None:
        """The request's turn has come: its clock runs from here. Raises ValueError for one that cannot be sent."""
        self._started = time.monotonic()
        check(request)
        self._request = request
        self._head.begin()
        self._body = None
        self._sent = False
        self.fault = None
        self.stale = False
        curl = self.curl
        if request.origin != self._origin:
            curl.setopt(pycurl.URL, request.origin + "/")
            self._origin = request.origin
        curl.setopt(pycurl.REQUEST_TARGET, request.target)
        if request.method != self._method:
            curl.setopt(pycurl.NOBODY, request.method == "HEAD")
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)
            self._method = request.method
        lines = [f"{name}: {value}" if value else f"{name};" for name, value in request.headers]
        if request.method in _WITH_BODY:
            lines.append("Content-Length: 0")
        curl.setopt(pycurl.HTTPHEADER, lines)

    @property
    def answered(self) -> bool:
        """Whether a whole head has come."""
        return self._head.fields is not None

    def trust(self, file: str) -> None:
        """Verify with the authorities of a PEM file."""
        self.curl.setopt(pycurl.CAINFO, file)

    def outcome(self, code: int, decode: Decode) -> Outcome:
        """What became of the request; ``code`` is libcurl's, 0 for a transfer that it calls a success."""
        request, body, head = self._request, self._body, self._head
        assert request is not None  # begun before
        try:
            if self.fault is not None:
                raise self.fault
            if code:
                raise self._error(code)
            if body is None or head.fields is None:  # a head that was cut is a success to libcurl
                head.end()
                raise http.client.RemoteDisconnected("the connection ended inside the head of the answer")
            answer = Response(head.status, body.whole(), head.fields)
        except Exception as error:
            return failed(error, request, self._started, None if head.fields is None else head.status)
        value = decode(request, answer)
        return settled(value, self._started, time.monotonic(), answer)

    def _error(self, code: int) -> Exception:
        message = self.curl.errstr()
        if self._sent and code in _AGAIN:  # the second time, or the way to it
            return http.client.RemoteDisconnected("the re-used connection ended")
        if code in _CUT and not self.answered:
            self._head.end()
            return http.client.RemoteDisconnected(message)
        return exception_for(code, message, self.curl.getinfo)

    def _connected(self, remote: str, local: str, remote_port: int, local_port: int) -> int:
        """Called before a request is sent."""
        if self._sent:
            return _ABORT
        if (local, local_port) in self._dead:
            self._dead.discard((local, local_port))
            self.stale = True
            return _ABORT
        self._sent = True
        return _OK

    def _line(self, line: bytes) -> int | None:
        try:
            if self._head.add(line):
                fields = self._head.fields
                assert fields is not None  # add says so
                self._body = Body(self._head.status, fields, self._limits.max_body)
        except Fault as fault:
            self.fault = fault
            return _ENDS
        return None

    def _piece(self, piece: bytes) -> int | None:
        try:
            assert self._body is not None  # no body comes before its head
            self._body.add(piece)
        except Fault as fault:
            self.fault = fault
            return _ENDS
        return None
