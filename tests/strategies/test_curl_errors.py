"""libcurl's codes become the kinds that Python's own exceptions have."""

import errno

import pytest

from exchanges.wire import Request
from strategies.failure import failed

pycurl = pytest.importorskip("pycurl", reason="the extra pycurl is not installed")
from strategies.curl_errors import InvalidURL, exception_for  # noqa: E402 (after importorskip)

REQUEST = Request("test", "https://a.invalid", "/")


def kind_of(name, message="", system=0, verdict=0, status=None):
    answers = {pycurl.OS_ERRNO: system, pycurl.SSL_VERIFYRESULT: verdict}
    error = exception_for(getattr(pycurl, name), message, answers.get)
    return failed(error, REQUEST, 1.0, status).kind


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("E_COULDNT_RESOLVE_HOST", {}, "dns"),
        ("E_COULDNT_CONNECT", {"system": errno.ECONNREFUSED}, "refused"),
        ("E_COULDNT_CONNECT", {"system": errno.EHOSTUNREACH}, "unreachable"),
        ("E_COULDNT_CONNECT", {"system": errno.ETIMEDOUT}, "connect_timeout"),
        ("E_COULDNT_CONNECT", {}, "resource"),
        ("E_OUT_OF_MEMORY", {}, "resource"),
        ("E_OPERATION_TIMEDOUT", {}, "deadline"),
        ("E_PEER_FAILED_VERIFICATION", {"verdict": 20}, "tls_untrusted"),
        ("E_PEER_FAILED_VERIFICATION", {"verdict": 9}, "tls_expired"),
        ("E_PEER_FAILED_VERIFICATION", {"verdict": 10}, "tls_expired"),
        ("E_PEER_FAILED_VERIFICATION", {"verdict": 1}, "tls_hostname"),
        ("E_PEER_FAILED_VERIFICATION", {}, "tls_hostname"),
        ("E_SSL_CONNECT_ERROR", {}, "tls"),
        ("E_SSL_CONNECT_ERROR", {"system": errno.ECONNRESET}, "reset"),
        ("E_GOT_NOTHING", {}, "disconnected"),
        ("E_RECV_ERROR", {"system": errno.ECONNRESET}, "reset"),
        ("E_RECV_ERROR", {"system": errno.ECONNRESET, "status": 200}, "truncated"),
        ("E_RECV_ERROR", {"message": "unexpected eof while reading"}, "disconnected"),
        ("E_RECV_ERROR", {"message": "unexpected eof while reading", "status": 200}, "truncated"),
        ("E_RECV_ERROR", {"message": "chunk hex-length longer than 17", "status": 200}, "truncated"),
        ("E_RECV_ERROR", {"message": "chunk hex-length char not a hex digit: 0x5a", "status": 200}, "protocol"),
        ("E_SEND_ERROR", {"system": errno.EPIPE}, "reset"),
        ("E_PARTIAL_FILE", {"status": 200}, "truncated"),
        ("E_HTTP_RETURNED_ERROR", {}, "protocol"),
    ],
)
def test_a_code_has_a_kind(name, given, kind):
    assert kind_of(name, **given) == kind


def test_a_url_that_cannot_be_asked_is_a_bug_and_raised():
    with pytest.raises(InvalidURL):
        kind_of("E_URL_MALFORMAT", "no host")
