"""Certificates that must not be trusted, as a strict client finds them at a port that speaks TLS."""

import ssl

import pytest

from mock_server.faults import catalogue
from mock_server.process import Control, MockFailed

# X509_V_ERR_* of OpenSSL: self-signed, has expired, IP address mismatch.
CODES = {"tls-self-signed": 18, "tls-expired": 10, "tls-wrong-host": 64}


@pytest.fixture
def show(secured):
    """``show(faults)`` lets the server show other certificates, until the end of the test."""
    with Control(secured) as control:
        before = control.status()["faults"]
        yield lambda faults: control.begin(seed=7, faults=faults)
        control.begin(seed=7, faults=before)


def shaken(connect, mock):
    """The TLS connection of a client that trusts the mock's authority."""
    context = ssl.create_default_context(cafile=mock.ca_file)
    return context.wrap_socket(connect(mock.origins["binance"]), server_hostname="127.0.0.1")


@pytest.mark.slow
@pytest.mark.parametrize("name", CODES)
def test_a_bad_certificate_is_bad_in_just_the_way_it_says(secured, show, connect, name):
    show(name)
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        shaken(connect, secured)
    assert caught.value.verify_code == CODES[name]
    show("")
    shaken(connect, secured).close()


@pytest.mark.slow
def test_plain_http_on_a_port_for_tls_is_no_tls(secured, show, connect):
    show("tls-plain")
    with pytest.raises(ssl.SSLError, match=r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE"):
        shaken(connect, secured)


@pytest.mark.slow
def test_a_fault_of_tls_needs_a_server_that_speaks_it(control):
    for name in (name for name, fault in catalogue.items() if fault.tls):
        with pytest.raises(MockFailed, match="--tls"):
            control.begin(seed=7, faults=name)
