"""Clients without a context of Python's ssl trust whom the others trust."""

import ssl

import trustme

from strategies.authorities import authorities_of
from strategies.terms import Trust


def test_the_file_of_the_user_is_among_the_authorities_each_once(tmp_path):
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    found = authorities_of(Trust(str(file)))
    assert ssl.PEM_cert_to_DER_cert(file.read_text()) in found
    assert len(found) == len(set(found))


def test_a_folder_of_authorities_is_read_and_what_is_no_certificate_passed_over(tmp_path, monkeypatch):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "0123abcd.0"))
    (tmp_path / "0123abcd.1").write_text("no certificate")
    (tmp_path / "readme").write_text("nor this")
    paths = ssl.get_default_verify_paths()._replace(capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert ssl.PEM_cert_to_DER_cert((tmp_path / "0123abcd.0").read_text()) in authorities_of(Trust(None))
