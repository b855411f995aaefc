"""One translation of every library's exceptions into the project's closed list of failure kinds.

No HTTP library is imported here: their exceptions are known by name, so that asking for ``threads`` imports no
trio. What is looked at is the whole family of an exception (its causes, contexts, members and arguments),
because the libraries wrap the same ``ConnectionRefusedError`` two to five layers deep.

There is no ``connect_timeout`` of our own: one deadline covers connecting and all that follows, so whatever ends
by time is ``deadline``, and only a system that gives up earlier (ETIMEDOUT) is ``connect_timeout``.

What a library raises over bytes that it cannot read is ``protocol``, whatever the class (ValueError and its like):
no answer may end a batch. What is wrong with a Request (``strategies.sendable``) is a bug of the caller, and raised. In
a target alone some mend it instead (requests, urllib3 and pyreqwest encode a blank), or leave it (aiohttp).

The rules where libraries cannot be told apart otherwise:

* before the head of an answer is whole, a FIN is ``disconnected`` and an RST ``reset`` (httpx does not say
  whether some bytes had come);
* after it, either is ``truncated`` (aiohttp reports both as a payload error);
* a chunk size too large for any body is ``truncated``: h11 accepts up to 20 digits and then misses the rest.

What a library would let through that others refuse is refused before it reads it (``strategies.strict_answer`` for
requests, ``strict_handler`` for aiohttp, ``strict_stream`` for httpx) or after (``strategies.head``, ``body``): a line
that is no HTTP, an empty line first, several lengths, more than MAX_INTERIM answers 1xx before the final one. Bytes
after the end of a body (the body of a 204 is such) cost the connection and not the answer; if they come after the next
request was sent, every client takes them for its answer, as HTTP/1.1 has no means to tell.

Where they still differ, mostly in what no server is known to send; each is held by a test, so that the list stays true
(what is said of requests holds for urllib3 alone, what is said of httpx for httpx2, and the loop changes nothing):

* a vertical tab or a form feed in a head is ``protocol`` with httpx and pyreqwest; the others read on;
* a chunk extension without a name is ``protocol`` with aiohttp, one of more than 64 KiB with requests, pyreqwest
  and asyncio-protocol, one that is set off by blanks with aiohttp and httpx; the others skip them;
* a first header line that begins with a blank, as if it went on with one before it, is skipped by aiohttp;
* more than 100 lines after the last chunk are ``protocol`` with aiohttp and pyreqwest; the others skip them;
* pyreqwest hands out no raw bytes, no reason phrase and no interim answers: an empty line before the status line, any
  number of answers 1xx within the deadline, and a status line of any length are let through;
* a head that ends inside its first malformed line is ``disconnected`` with pycurl: libcurl keeps that line to itself;
* inside TLS an RST before the head is whole is ``disconnected`` with requests and threads-httpx, ``reset`` with the
  others: a blocking socket of Python's ssl reads an RST as an end.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Final

from exchanges.errors import safe
from exchanges.wire import Request
from strategies.body import Fault
from strategies.sendable import check
from strategies.strategy import Failed

DIFFERENCES: Final[Mapping[str, Mapping[str, str | None]]] = {
    "asyncio-pyreqwest": {"head-blank-first": None, "continue-flood": None},
}
"""Those of them that the parity matrix can show: what a strategy says of a fault instead (None: a value), by the name
of the strategy and of the fault. The matrix shows them and does not hold them against the strategy."""

_RESOURCE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EACCES, errno.EPERM}
_RESET = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ESHUTDOWN, errno.ENOTCONN}

# X509_verify_cert error codes: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_EXPIRED = {9, 10}  # not yet valid, has expired
_HOSTNAME = {62, 63, 64}  # host name, e-mail, IP address mismatch

# Names of exception classes, in any class of an exception's ancestry.
_DNS = {"NameResolutionError", "ClientConnectorDNSError"}
_TIMEOUT = {"TooSlowError", "TimeoutException", "ReadTimeoutError", "ServerTimeoutError"}
_DISCONNECTED = {"ServerDisconnectedError"}
_CUT = {
    "ClientPayloadError", "TransferEncodingError", "ContentLengthError", "IncompleteRead", "BrokenResourceError",
    "ClosedResourceError", "EndOfStream", "ReadError", "WriteError", "ServerDisconnectedError",
}  # fmt: skip
_PROTOCOL = {
    "HttpProcessingError", "ClientResponseError", "ProtocolError", "RemoteProtocolError", "LocalProtocolError",
    "InvalidHeader", "InvalidChunkLength", "HeaderParsingError",
}  # fmt: skip
_UNREADABLE = (ValueError, OverflowError, LookupError, EOFError, RecursionError)
_LIBRARIES = {"HTTPError", "RequestException", "ClientError"}  # urllib3 and httpx, requests, aiohttp
_CALLERS = {"InvalidURL", "LocationValueError", "MissingSchema", "InvalidSchema", "UnsupportedProtocol"}
_BROKEN = {"BrokenResourceError", "ReadError", "WriteError", "ConnectError", "ClientOSError"}

_SENTENCES = {
    "refused": "{origin} refused the connection",
    "dns": "the name of {origin} could not be resolved",
    "unreachable": "there is no way to {origin}",
    "connect_timeout": "the system gave up connecting to {origin}",
    "tls_untrusted": "the certificate of {origin} is not signed by a trusted authority",
    "tls_expired": "the certificate of {origin} is not valid today",
    "tls_hostname": "the certificate of {origin} is for another name",
    "tls": "no TLS connection with {origin} came about",
    "reset": "{origin} reset the connection before its answer",
    "disconnected": "{origin} closed the connection before its answer",
    "truncated": "the answer of {origin} was cut inside its body",
    "protocol": "the answer of {origin} is not valid HTTP",
    "deadline": "{origin} gave no whole answer within the deadline",
    "resource": "this machine ran out of a resource (try fewer in flight, or a higher `ulimit -n`)",
}


def failed(error: BaseException, request: Request, started: float, status: int | None) -> Failed:
    """The Failed for an exception that a library raised; ``status`` is None until the head of the answer is there.

    Raises:
        BaseException: ``error`` itself where it is no failure of a request, but a bug or an interrupt.
        ValueError: the request cannot be sent as it is written.
    """
    found = _kind(error, status is not None) if isinstance(error, Exception) else None
    if found is None:
        raise error
    kind, culprit = found
    if kind == "protocol" and status is None:
        check(request)
    if isinstance(culprit, Fault):
        detail = culprit.detail
    else:
        text = getattr(culprit, "strerror", None) or str(culprit) or type(culprit).__name__
        detail = f"{_SENTENCES[kind].format(origin=request.origin)}: {safe(str(text), 160)}"
    return Failed(kind, detail, started, time.monotonic(), status)


def _kind(error: BaseException, in_body: bool) -> tuple[str, BaseException] | None:
    family = list(_family(error))
    for member in family:
        if isinstance(member, Fault):
            return member.kind, member
    for rule in (_system, _tls, _end_in_body if in_body else _end_in_head, _timeout, _protocol):
        for member in family:
            kind = rule(member)
            if kind is not None:
                return kind, member
    if not in_body:  # an end whose cause the library kept to itself
        for member in family:
            if _names(member) & _BROKEN:
                return "reset", member
    if isinstance(error, _UNREADABLE) or _names(error) & _LIBRARIES:
        return None if any(_names(member) & _CALLERS for member in family) else ("protocol", error)
    return None


def _family(error: BaseException) -> Iterator[BaseException]:
    """The exception, what caused it, what it was raised over, what it holds: nearest first, each once."""
    queue, seen = [error], {id(error)}
    for member in queue:
        yield member
        context = None if member.__suppress_context__ else member.__context__
        held = (member.__cause__, context, getattr(member, "reason", None), getattr(member, "os_error", None))
        for other in (*held, *member.args, *getattr(member, "exceptions", ())):
            if isinstance(other, BaseException) and id(other) not in seen:
                seen.add(id(other))
                queue.append(other)


def _names(member: BaseException) -> set[str]:
    return {cls.__name__ for cls in type(member).__mro__}


def _system(member: BaseException) -> str | None:
    if isinstance(member, socket.gaierror) or _names(member) & _DNS:
        return "dns"
    # The errno of an SSLError is OpenSSL's own number: 1 there is no EPERM.
    code = None if isinstance(member, ssl.SSLError) else getattr(member, "errno", None)
    if code in _RESOURCE:
        return "resource"
    if code == errno.ECONNREFUSED:
        return "refused"
    if code in _UNREACHABLE:
        return "unreachable"
    return "connect_timeout" if code == errno.ETIMEDOUT else None


def _tls(member: BaseException) -> str | None:
    # aiohttp's certificate error passes for an SSLCertVerificationError, but only the one inside has a code.
    code = getattr(member, "verify_code", None)
    if isinstance(member, ssl.SSLCertVerificationError):
        if code is None:
            return None
        return "tls_expired" if code in _EXPIRED else "tls_hostname" if code in _HOSTNAME else "tls_untrusted"
    if isinstance(member, ssl.SSLError) and not isinstance(member, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "tls"
    return None


def _end_in_body(member: BaseException) -> str | None:
    text = str(member)
    if "InvalidChunkLength" in _names(member):
        return "protocol"
    if _names(member) & _CUT or getattr(member, "errno", None) in _RESET or isinstance(member, ConnectionError):
        # aiohttp wraps a malformed chunk in the same class as a missing one; only the words differ.
        malformed = "chunk" in text.lower() and "overflow" not in text.lower()
        return "protocol" if malformed else "truncated"
    if isinstance(member, (ssl.SSLEOFError, OverflowError)):
        return "truncated"
    # h11's words (for an end between chunks, and inside the line of one) and urllib3's.
    ended = "closed connection" in text or "ended prematurely" in text
    return "truncated" if ended and _names(member) & _PROTOCOL else None


def _end_in_head(member: BaseException) -> str | None:
    if isinstance(member, http.client.RemoteDisconnected) or _names(member) & _DISCONNECTED:
        return "disconnected"
    if _names(member) & _PROTOCOL and "disconnected without" in str(member):  # httpcore's words
        return "disconnected"
    if getattr(member, "errno", None) in _RESET or isinstance(member, ConnectionError):
        return "reset"
    return "tls" if isinstance(member, ssl.SSLError) else None


def _timeout(member: BaseException) -> str | None:
    return "deadline" if isinstance(member, TimeoutError) or _names(member) & _TIMEOUT else None


def _protocol(member: BaseException) -> str | None:
    if isinstance(member, http.client.HTTPException) or _names(member) & _PROTOCOL:
        # aiohttp parses the first chunk together with the head, so that the status is not known yet.
        return "truncated" if "size overflow" in str(member) else "protocol"
    return None
