"""Certificates that must not be trusted. They are the port's: they strike every connection, so have no probability."""

from __future__ import annotations

from typing import Final

from mock_server.fault import Fault

FAULTS: Final = (
    Fault("tls-self-signed", "tls_untrusted", "a certificate that no authority signed", "B14", tls="self-signed"),
    Fault("tls-expired", "tls_expired", "a certificate that was valid once", "B14", tls="expired"),
    Fault("tls-wrong-host", "tls_hostname", "a certificate for another name", "B14", tls="wrong-host"),
    Fault("tls-plain", "tls", "plain HTTP where TLS is expected", "B14", tls="plain"),
)
