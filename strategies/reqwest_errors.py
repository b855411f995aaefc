"""pyreqwest's exceptions in Python's own, which ``strategies.failure`` knows how to name.

Their classes say little (a certificate of yesterday, a closed port and a FIN are all a ConnectError); the innermost of
the causes that Rust names says what happened.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

from pyreqwest.exceptions import RequestError, RequestTimeoutError

_ERRNO: Final = re.compile(r"\(os error ([0-9]+)\)")
_RULES: Final[tuple[tuple[str, Callable[[str], Exception]], ...]] = (
    ("dns error", lambda said: socket.gaierror(socket.EAI_NONAME, said)),
    ("connection closed before message completed", http.client.RemoteDisconnected),
    ("before message length reached", lambda said: http.client.IncompleteRead(said.encode())),
    ("unexpected EOF during chunk", lambda said: http.client.IncompleteRead(said.encode())),
    ("invalid chunk size: overflow", OverflowError),
    ("certificate expired", lambda said: _refused_certificate(said, 10)),
    ("certificate not valid yet", lambda said: _refused_certificate(said, 9)),
    ("certificate not valid for name", lambda said: _refused_certificate(said, 62)),
    ("invalid peer certificate", lambda said: _refused_certificate(said, 20)),
    ("close_notify", http.client.RemoteDisconnected),  # inside TLS a FIN without a farewell
    ("tls handshake eof", ssl.SSLError),
    ("corrupt message", ssl.SSLError),
    ("fatal alert", ssl.SSLError),
)


def exception_for(error: RequestError) -> Exception:
    """What Python's own library would have raised."""
    causes = _causes(error)
    said = causes[-1] if causes else str(error)
    if isinstance(error, RequestTimeoutError):
        return TimeoutError(said)
    system = _ERRNO.search(said)
    if system is not None:
        code = int(system[1])
        return ConnectionResetError(code, said) if code == errno.ECONNRESET else OSError(code, os.strerror(code))
    for words, make in _RULES:
        if any(words in cause for cause in causes):
            return make(said)
    return http.client.HTTPException(said)


def _causes(error: RequestError) -> list[str]:
    details: Any = error.details
    return [str(cause["message"]) for cause in details["causes"] or ()]


def _refused_certificate(said: str, verdict: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(said)
    error.verify_code = verdict  # as OpenSSL counts
    return error
