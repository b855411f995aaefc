"""The certificates against Python's own ssl, which knows nothing of us: what it takes, and why it refuses the rest."""

import contextlib
import http.client
import json
import os
import pathlib
import ssl
import stat
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

import pytest

import exchanges
from mock_server import tls
from mock_server.process import Control, running
from mock_server.tls import Authority

# openssl/x509_vfy.h
DEPTH_ZERO_SELF_SIGNED_CERT = 18
CERT_HAS_EXPIRED = 10
HOSTNAME_MISMATCH = 62
IP_ADDRESS_MISMATCH = 64


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.create(tmp_path_factory.mktemp("tls"))


def shaken(server, client, host="127.0.0.1"):
    """Both ends of a TLS handshake that needs no socket; raises what the client raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    done = set()
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            done.add(end)
        if len(done) == 2:
            return ends
    raise AssertionError("no handshake after ten rounds")


def client(authority, version=None, alpn=("http/1.1",)):
    context = ssl.create_default_context(cafile=authority.ca_file)
    context.set_alpn_protocols(alpn)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_good_certificate_is_taken_with_the_ca_file_alone(authority, host, version):
    ours, _ = shaken(authority.context(), client(authority, version), host)
    assert ours.version() == version.name.replace("TLSv1_", "TLSv1.")
    assert ours.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("self-signed", DEPTH_ZERO_SELF_SIGNED_CERT),
        ("expired", CERT_HAS_EXPIRED),
        ("wrong-host", IP_ADDRESS_MISMATCH),
    ],
)
def test_each_bad_certificate_is_refused_for_its_own_reason(authority, kind, code):
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        shaken(authority.context(kind), client(authority))
    assert refused.value.verify_code == code


def test_a_bad_certificate_has_no_second_fault(authority):
    # Trusted for what it is and asked for by its name, the wrong host's certificate is sound.
    shaken(authority.context("wrong-host"), client(authority), "wrong-host.invalid")
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        shaken(authority.context("wrong-host"), client(authority), "localhost")
    assert refused.value.verify_code == HOSTNAME_MISMATCH


def test_nobody_trusts_the_authority_without_its_file(authority):
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        shaken(authority.context(), ssl.create_default_context())
    assert refused.value.verify_code != 0


def test_two_authorities_do_not_trust_each_other(authority, tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(Authority.create(tmp_path).context(), client(authority))


def test_a_client_that_speaks_http_2_alone_is_not_promised_it(authority):
    ours, _ = shaken(authority.context(), client(authority, alpn=("h2",)))
    assert ours.selected_alpn_protocol() is None


def test_versions_before_1_2_are_not_spoken(authority):
    assert authority.context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_context_is_made_once_for_all_connections(authority):
    assert authority.context("expired") is authority.context("expired")


def test_an_unknown_certificate_is_refused_with_the_nearest_name(authority):
    with pytest.raises(ValueError, match="did you mean expired"):
        authority.context("expird")


def test_what_lies_on_the_disk_is_the_certificate_of_the_authority_and_no_key(tmp_path):
    made = Authority.create(tmp_path)
    for kind in (None, *tls.KINDS):
        made.context(kind)
    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
    assert b"PRIVATE" not in (tmp_path / "ca.pem").read_bytes()


def test_the_folder_is_for_its_owner_alone_and_gone_afterwards():
    with tls.authority() as made:
        assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
        assert pathlib.Path(made.ca_file).parent == made.folder
    assert not made.folder.exists()


def test_the_catalogue_of_faults_names_certificates_that_exist():
    from mock_server.faults import catalogue

    asked_for = {fault.tls for fault in catalogue.values() if fault.tls is not None}
    assert asked_for - {"plain"} == set(tls.KINDS)


def test_without_the_library_the_module_can_be_imported_and_says_how_to_install_it():
    code = (
        "import sys; sys.modules['trustme'] = sys.modules['cryptography'] = None\n"
        "from mock_server.tls import Authority\n"
        "from exchanges.plugins import MissingLibrary\n"
        "try: Authority.create('.')\n"
        "except MissingLibrary as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'fetchrace[tls]'" in said


def status_of(mock, name):
    """What the ticker of an exchange answers to Python's own client, which trusts the CA file and verifies all."""
    exchange = exchanges.load(name)
    context = ssl.create_default_context(cafile=mock.ca_file)
    connection = http.client.HTTPSConnection(urlsplit(mock.origins[name]).netloc, timeout=10, context=context)
    with contextlib.closing(connection):
        connection.request("GET", exchange.request_for(exchange.instruments[0].pair).target)
        return connection.getresponse().status


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("binance", DEPTH_ZERO_SELF_SIGNED_CERT),
        ("coinbase", CERT_HAS_EXPIRED),
        ("kraken", IP_ADDRESS_MISMATCH),
    ],
)
def test_a_port_shows_the_certificate_that_its_fault_names_and_the_good_one_after_it(secured, name, code):
    with Control(secured) as control:
        control.begin(seed=1)
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            status_of(secured, name)
        assert refused.value.verify_code == code
        faults = control.status()["faults"]
        control.begin(seed=1, faults="")
        assert status_of(secured, name) == 200
        control.begin(seed=1, faults=faults)


@pytest.mark.slow
def test_the_ca_file_is_gone_when_the_server_is():
    with running(["kraken"], latency="0", arguments=["--tls"]) as mock:
        folder = pathlib.Path(mock.ca_file).parent
        assert mock.origins["kraken"].startswith("https://127.0.0.1:")
        assert status_of(mock, "kraken") == 200
    assert not folder.exists()


@pytest.mark.slow
def test_the_ca_file_is_gone_when_the_process_that_held_the_lifeline_dies():
    theirs, ours = os.pipe()
    command = [sys.executable, "-m", "mock_server", "-x", "kraken", "--tls", "--lifeline", str(theirs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=(theirs,)) as process:
        os.close(theirs)
        folder = pathlib.Path(json.loads(process.stdout.readline())["ca_file"]).parent
        assert folder.exists()
        os.close(ours)
        process.wait(10)
    assert not folder.exists()


def test_the_folder_of_a_killed_server_is_swept_and_that_of_a_living_one_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"fetchrace-tls-{gone.pid}-x"
    alive = tmp_path / f"fetchrace-tls-{os.getppid()}-x"
    stranger = tmp_path / "fetchrace-tls-notes"
    for folder in (left, alive, stranger):
        folder.mkdir()
    with tls.authority():
        assert not left.exists()
        assert alive.exists()
        assert stranger.exists()
