"""libcurl's error codes in Python's own exceptions, which ``strategies.failure`` knows how to name.

libcurl says with a number where it stopped, with the system's errno why, and with a sentence what it read. A FIN and
an RST, or an unknown authority and a certificate of yesterday, share their number: the errno and the verdict of
OpenSSL tell them apart.
"""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl
from collections.abc import Callable
from typing import Final

import pycurl

_RESOURCE: Final = (pycurl.E_OUT_OF_MEMORY, pycurl.E_FAILED_INIT)
_CALLERS: Final = (pycurl.E_URL_MALFORMAT, pycurl.E_BAD_FUNCTION_ARGUMENT)
_RESETS: Final = (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED)


class InvalidURL(ValueError):
    """What was asked for cannot be asked: a bug of the caller, which ``strategies.failure`` raises."""


def exception_for(code: int, message: str, info: Callable[[int], int]) -> Exception:
    """What Python's own library would have raised.

    Args:
        code: a CURLE number.
        message: libcurl's sentence, not empty where it has one.
        info: the ``getinfo`` of the easy handle.
    """
    system = info(pycurl.OS_ERRNO)
    if code in _CALLERS:
        return InvalidURL(message)
    if code == pycurl.E_COULDNT_RESOLVE_HOST:
        return socket.gaierror(socket.EAI_NONAME, message)
    if code == pycurl.E_COULDNT_CONNECT:
        return OSError(system, os.strerror(system)) if system else OSError(errno.EMFILE, message)
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return TimeoutError(message)
    if code in _RESOURCE:
        return OSError(errno.ENOMEM, message)
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        return _refused_certificate(message, info(pycurl.SSL_VERIFYRESULT))
    if code == pycurl.E_SSL_CONNECT_ERROR:
        return ConnectionResetError(system, message) if system in _RESETS else ssl.SSLError(message)
    if code == pycurl.E_GOT_NOTHING:
        return http.client.RemoteDisconnected(message)
    if code == pycurl.E_PARTIAL_FILE:
        return http.client.IncompleteRead(message.encode())
    if code in (pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR):
        if system in _RESETS:
            return ConnectionResetError(system, message)
        if "eof" in message:  # inside TLS a FIN without a farewell
            return http.client.RemoteDisconnected(message)
        if "longer than" in message:
            return OverflowError(message)  # "truncated", as h11 has it: too large for any body
    return http.client.HTTPException(message or f"libcurl's error {code}")


def _refused_certificate(message: str, verdict: int) -> ssl.SSLCertVerificationError:
    """``verdict`` is OpenSSL's; where it found nothing (0, or 1: unspecified), libcurl missed the name of the host."""
    error = ssl.SSLCertVerificationError(message)
    error.verify_code = 62 if verdict in (0, 1) else verdict  # X509_V_ERR_HOSTNAME_MISMATCH
    return error
