"""Every fault gives the same kind from every strategy."""

import contextlib
import errno
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
import trustme

import strategies
from exchanges.errors import KINDS
from exchanges.plugins import MissingLibrary
from exchanges.wire import Request
from strategies import Failed, Limits
from strategies.failure import failed

DEADLINE_S = 0.1

EXCEPTIONS = {
    "httpx": {"vertical-tab": "protocol", "blanks-round-chunk-extension": "protocol"},
    "aiohttp": {
        "nameless-chunk-extension": "protocol",
        "blanks-round-chunk-extension": "protocol",
        "many-trailers": "protocol",
        "fold-of-nothing": None,
    },
    "requests": {"long-chunk-extension": "protocol"},
    "pycurl": {"malformed-cut-line": "disconnected"},
    "pyreqwest": {
        "empty-line-first": None,
        "2000-continues": None,
        "long-status-line": None,
        "vertical-tab": "protocol",
        "long-chunk-extension": "protocol",
        "many-trailers": "protocol",
    },
}
"""Where a library leaves no way to agree with the others at a fair price, as strategies.failure documents."""

EMPTY = {"ok-304-with-gzip", "ok-204-with-body"}


def body_of(request, response):
    return response.body


def asked(origin, target="/"):
    return Request("test", origin, target)


def opened(name, deadline_s=5.0, **limits):
    try:
        strategy = strategies.load(name)
    except MissingLibrary as error:
        pytest.skip(str(error))
    return strategy(Limits(in_flight=16, deadline_s=deadline_s, max_body=100_000, **limits), body_of)


# One of each library and model. A worker of processes, say, does what sequential does, so its faults can wait.
FAST = ("sequential", "threads", "threads-httpx", "asyncio-aiohttp", "asyncio-httpx", "trio-httpx")
NAMES = [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in strategies.names()]


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def fetch(name):
    """A strategy opened once for all faults: a fault must not spoil the next request."""
    with opened(name) as fetch:
        yield fetch


@pytest.fixture(scope="module")
def secure():
    """TLS servers by the kind of failure they must give, and the file of the authority that signed them."""
    authority, stranger = trustme.CA(), trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificates = {
        "tls_untrusted": stranger.issue_cert("localhost"),
        "tls_expired": authority.issue_cert("localhost", not_before=yesterday - timedelta(days=9), not_after=yesterday),
        "tls_hostname": authority.issue_cert("elsewhere.invalid"),
        None: authority.issue_cert("localhost"),
        "tls": None,
    }
    listeners = {kind: TlsServer(certificate) for kind, certificate in certificates.items()}
    with authority.cert_pem.tempfile() as ca_file:
        yield {kind: server.origin for kind, server in listeners.items()}, ca_file
    for server in listeners.values():
        server.close()


class TlsServer:
    """Answers 200 to whatever comes; in plain text where it has no certificate."""

    def __init__(self, certificate):
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(self.context)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"https://localhost:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(2)
                if self.context is not None:
                    connection = self.context.wrap_socket(connection, server_side=True)
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def kinds_of(outcomes):
    return [outcome.kind if isinstance(outcome, Failed) else None for outcome in outcomes]


@pytest.fixture(scope="module")
def outcomes(fetch, faults, fault_kinds):
    """What the strategy made of each fault that it need not wait for, in one batch."""
    prompt = [fault for fault, kind in fault_kinds.items() if kind != "deadline"]
    before = faults.seen.copy()
    outcomes = fetch([asked(faults.origin, "/" + fault) for fault in prompt])
    assert set((faults.seen - before).values()) == {1}, "something was asked for twice"
    return dict(zip(prompt, outcomes, strict=True))


def test_every_fault_gives_its_kind_from_every_strategy(name, outcomes, fault_kinds):
    expected = {fault: kind for fault, kind in fault_kinds.items() if kind != "deadline"}
    # On whatever loop; and httpx2 reads with the parser of httpx.
    library = name.removesuffix("-uvloop").removesuffix("2").rpartition("-")[2]
    expected |= EXCEPTIONS.get(library, EXCEPTIONS["requests"])
    assert dict(zip(outcomes, kinds_of(outcomes.values()), strict=True)) == expected
    values = {fault: outcome.value for fault, outcome in outcomes.items() if not isinstance(outcome, Failed)}
    assert values == {fault: b"" if fault in EMPTY else b"12345" for fault in values}


@pytest.mark.slow
def test_no_answer_whatever_its_bytes_ends_a_batch(name, fetch, faults):
    assert {
        o.kind for o in fetch([asked(faults.origin, f"/mutant-{n}") for n in range(60)]) if isinstance(o, Failed)
    } <= {"protocol", "truncated", "disconnected", "encoding", "reset", "redirect", "too_large"}


@pytest.mark.slow
def test_a_server_that_stalls_or_drips_in_head_or_body_is_left_at_the_deadline(name, faults, fault_kinds):
    slow = [fault for fault, kind in fault_kinds.items() if kind == "deadline"]
    with opened(name, deadline_s=DEADLINE_S) as fetch:
        outcomes = fetch([asked(faults.origin, "/" + fault) for fault in slow])
    assert kinds_of(outcomes) == ["deadline"] * len(slow)
    late = [o for o in outcomes if not DEADLINE_S - 0.01 < o.ended - o.started < DEADLINE_S + 0.25]
    assert not late


def test_a_fault_says_in_one_line_of_printable_text_what_happened(outcomes):
    failures = [outcome for outcome in outcomes.values() if isinstance(outcome, Failed)]
    assert len(failures) > 40
    for outcome in failures:
        assert outcome.kind in KINDS
        assert outcome.detail.isprintable()
        assert 10 < len(outcome.detail) <= 300


def test_a_closed_port_refuses(fetch):
    (outcome,) = fetch([asked("http://127.0.0.1:1")])
    assert outcome.kind == "refused"


def test_a_closed_port_refuses_under_a_name_with_two_addresses(fetch):
    (outcome,) = fetch([asked("http://localhost:1")])
    assert outcome.kind == "refused"


def test_a_name_that_does_not_exist_is_a_failure_of_dns_or_of_time(fetch):
    (outcome,) = fetch([asked("http://no-such-host.invalid")])
    assert outcome.kind in ("dns", "deadline")
    assert "no-such-host.invalid" in outcome.detail or outcome.kind == "deadline"


@pytest.mark.slow
def test_certificates_fail_for_what_is_wrong_with_them(name, secure):
    origins, ca_file = secure
    with opened(name, ca_file=ca_file) as fetch:
        outcomes = fetch([asked(origin) for origin in origins.values()])
    assert kinds_of(outcomes) == list(origins)


@pytest.mark.slow
def test_without_the_ca_file_a_private_authority_is_not_trusted(fetch, secure):
    (outcome,) = fetch([asked(secure[0][None])])
    assert outcome.kind == "tls_untrusted"


@pytest.mark.slow
def test_a_ca_file_that_is_none_is_said_on_opening(name, tmp_path):
    with pytest.raises(OSError, match="PEM file of certificates"), opened(name, ca_file=str(tmp_path)):
        pass


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.EMFILE, "resource"), (errno.EHOSTUNREACH, "unreachable"), (errno.ENETUNREACH, "unreachable")],
)
def test_a_system_error_is_found_under_any_number_of_wrappings(code, kind):
    inner = OSError(code, "as the system says")
    outer = RuntimeError("a library's own")
    outer.__cause__ = ExceptionGroup("attempts", [ValueError("another"), inner])
    outcome = failed(outer, asked("http://a.invalid"), 1.0, None)
    assert (outcome.kind, outcome.started, outcome.status) == (kind, 1.0, None)
    assert "as the system says" in outcome.detail


def test_an_exception_that_is_no_failure_of_a_request_is_raised():
    with pytest.raises(ZeroDivisionError):
        failed(ZeroDivisionError("a bug"), asked("http://a.invalid"), 1.0, None)


@pytest.mark.parametrize("error", [ValueError("read length"), OverflowError(), IndexError(), RecursionError()])
@pytest.mark.parametrize("status", [None, 200])
def test_what_a_library_stumbles_over_in_an_answer_is_a_failure_of_protocol(error, status):
    outcome = failed(error, asked("http://a.invalid"), 1.0, status)
    assert outcome.kind in ("protocol", "truncated" if isinstance(error, OverflowError) and status else "protocol")


def test_a_request_that_cannot_be_sent_at_all_is_a_bug_and_raised():
    class InvalidURL(ValueError):
        pass

    with pytest.raises(InvalidURL):
        failed(InvalidURL("no host"), asked("nowhere"), 1.0, None)


def test_an_interrupt_is_raised_even_where_it_was_caused_by_a_failure():
    interrupt = KeyboardInterrupt()
    interrupt.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    with pytest.raises(KeyboardInterrupt):
        failed(interrupt, asked("http://a.invalid"), 1.0, None)
