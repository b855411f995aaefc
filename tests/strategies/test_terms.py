"""Trust is one context per strategy, verifies always, and is built only when it is needed."""

import ssl

import pytest
import trustme

from strategies.terms import HEADERS, Trust, headers_with


def test_the_context_verifies_certificates_and_names():
    context = Trust(None).context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_plain_http_pays_for_no_certificate_store(monkeypatch):
    monkeypatch.setattr(ssl, "create_default_context", lambda: pytest.fail("the store was read"))
    context = Trust(None).context_for("http://127.0.0.1:1")
    assert (context.verify_mode, context.cert_store_stats()["x509_ca"]) == (ssl.CERT_REQUIRED, 0)


def test_one_context_is_shared_by_all_connections():
    trust = Trust(None)
    secure, plain = trust.context_for("https://a.invalid"), trust.context_for("http://a.invalid")
    assert trust.context_for("https://b.invalid") is secure
    assert trust.context_for("http://b.invalid") is plain
    assert secure is not plain


def test_a_requests_own_header_replaces_the_one_of_all_however_it_is_written():
    assert headers_with([("X-Number", "7")]) == {**HEADERS, "X-Number": "7"}
    replaced = headers_with([("user-agent", "mine"), ("X-Number", "7")])
    assert replaced == {
        "Accept": "*/*", "Accept-Encoding": HEADERS["Accept-Encoding"], "user-agent": "mine", "X-Number": "7",
    }  # fmt: skip


def test_a_ca_file_adds_an_authority_and_takes_none_away(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    before = Trust(None).context().cert_store_stats()["x509_ca"]
    assert Trust(str(tmp_path / "ca.pem")).context().cert_store_stats()["x509_ca"] == before + 1


@pytest.mark.parametrize("content", [None, "this is no certificate"])
def test_a_ca_file_that_cannot_be_used_is_said_at_once(tmp_path, content):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(OSError, match="expected a PEM file of certificates as ca_file"):
        Trust(str(file))


def test_only_what_the_standard_library_inflates_is_accepted():
    assert HEADERS["Accept-Encoding"] == "gzip, deflate"
