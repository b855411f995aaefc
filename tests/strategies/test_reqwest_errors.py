"""What Rust says of a failure becomes the kind that Python's own exceptions have."""

import pytest

from exchanges.wire import Request
from strategies.failure import failed

pytest.importorskip("pyreqwest", reason="the extra pyreqwest is not installed")
from pyreqwest.exceptions import BodyDecodeError, ConnectError, DecodeError, ReadError, ReadTimeoutError

from strategies.reqwest_errors import exception_for


@pytest.mark.parametrize(
    ("cls", "said", "status", "kind"),
    [
        (ConnectError, "Connection refused (os error 111)", None, "refused"),
        (ConnectError, "Too many open files (os error 24)", None, "resource"),
        (ConnectError, "Network is unreachable (os error 101)", None, "unreachable"),
        (ConnectError, "Connection reset by peer (os error 104)", None, "reset"),
        (ReadError, "Connection reset by peer (os error 104)", 200, "truncated"),
        (ConnectError, "connection closed before message completed", None, "disconnected"),
        (ConnectError, "invalid peer certificate: UnknownIssuer", None, "tls_untrusted"),
        (ConnectError, "invalid peer certificate: certificate expired: verification time 1", None, "tls_expired"),
        (ConnectError, "invalid peer certificate: certificate not valid yet: at 1", None, "tls_expired"),
        (ConnectError, 'invalid peer certificate: certificate not valid for name "a"', None, "tls_hostname"),
        (ConnectError, "received corrupt message of type InvalidContentType", None, "tls"),
        (ConnectError, "tls handshake eof", None, "tls"),
        (ReadTimeoutError, "operation timed out", None, "deadline"),
        (BodyDecodeError, "end of file before message length reached", 200, "truncated"),
        (ReadError, "unexpected EOF during chunk size line", 200, "truncated"),
        (BodyDecodeError, "invalid chunk size: overflow", 200, "truncated"),
        (BodyDecodeError, "Invalid chunk size line: missing size digit", 200, "protocol"),
        (DecodeError, "invalid HTTP version parsed", None, "protocol"),
        (ReadError, "peer closed connection without sending TLS close_notify", None, "disconnected"),
        (ReadError, "peer closed connection without sending TLS close_notify", 200, "truncated"),
    ],
)
def test_the_innermost_cause_says_what_happened(cls, said, status, kind):
    error = cls("in short", {"causes": [{"message": "error sending request"}, {"message": said}]})
    assert failed(exception_for(error), Request("test", "https://a.invalid", "/"), 1.0, status).kind == kind


def test_a_name_that_cannot_be_resolved_is_known_by_an_outer_cause():
    causes = [{"message": "dns error"}, {"message": "failed to lookup address information"}]
    error = exception_for(ConnectError("connection error", {"causes": causes}))
    assert failed(error, Request("test", "http://a.invalid", "/"), 1.0, None).kind == "dns"


def test_an_error_without_causes_is_one_of_protocol():
    error = exception_for(DecodeError("in short", {"causes": None}))
    assert failed(error, Request("test", "http://a.invalid", "/"), 1.0, None).kind == "protocol"
