"""Where prices are fetched, by the options. No server is started, and no name is looked up for real."""

import argparse
import contextlib
import os
import socket
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import exchanges
from harness import place_options, ways
from harness.exits import EnvironmentGap, Stop, UsageError
from harness.place_options import MOCK, place_from
from mock_server.process import MockFailed

NAMES = ["kraken", "binance"]
AT = datetime(2026, 11, 30, 22, 30, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The mock servers that were started, without starting any; and names, all of which lead to 8.8.8.8."""
    begun, system = [], socket.getaddrinfo

    @contextlib.contextmanager
    def running(names, latency, seed):
        begun.append((names, latency, seed))
        yield SimpleNamespace(origins=dict.fromkeys(names, "http://127.0.0.1:1"), control="", token="")

    def resolve(host, port, *args, **options):
        address = host if host[0].isdigit() else "127.0.0.1" if host == "localhost" else "8.8.8.8"
        return system(address, port, *args, **options)

    monkeypatch.setattr(place_options, "running", running)
    monkeypatch.setattr(place_options, "Control", contextlib.nullcontext)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for name in list(os.environ):
        if name.lower().endswith(("_ca_bundle", "ssl_cert_file", "ssl_cert_dir", "_proxy")):
            monkeypatch.delenv(name)
    return begun


@contextlib.contextmanager
def opened(*words, names=NAMES):
    parser = argparse.ArgumentParser()
    ways.add_arguments(parser)
    place_options.add_arguments(parser)
    args = parser.parse_args(words)
    with place_from(args, names, ways.ways_from(args)) as place:
        yield place


def test_without_a_word_the_mock_plays_every_exchange(started):
    with opened("--latency", "5ms") as place:
        assert started == [(NAMES, "5ms", 7)]
        assert (place.real, place.sentence, place.control is None, place.limited) == (False, MOCK, False, frozenset())
        assert place.asked(AT, NAMES) == {"real": False, "sentence": MOCK}


def test_a_server_on_this_machine_takes_one_exchange_s_place_and_the_mock_plays_the_others(started):
    with opened("--base-url", "kraken=http://127.0.0.1:8101/") as place:
        assert started == [(["binance"], "20ms", 7)]
        assert place.origins == {"kraken": "http://127.0.0.1:8101", "binance": "http://127.0.0.1:1"}
        assert not place.real
        assert "named for kraken; for the others the mock server" in place.sentence


def test_real_asks_the_exchanges_themselves_over_tls_and_says_where_and_when(started):
    with opened("--real") as place:
        assert place.origins == {name: exchanges.load(name).origin for name in NAMES}
        assert (place.real, place.control, place.limited, started) == (True, None, {"kraken", "binance"}, [])
        said = place.asked(AT, NAMES)
    assert said["sentence"] == (
        "asked api.kraken.com, api.binance.com over TLS from this machine at 2026-11-30T22:30Z, once: "
        "this says nothing about other places and times"
    )
    assert (said["real"], said["at"]) == (True, "2026-11-30T22:30:05Z")
    assert said["asked"] == {"kraken": "https://api.kraken.com", "binance": "https://api.binance.com"}


def test_a_public_server_in_an_exchange_s_place_is_pinned_while_the_place_is_open():
    system = socket.getaddrinfo
    with opened("--real", "--base-url", "kraken=https://mirror.example.com") as place:
        assert place.pins == {"mirror.example.com": ("8.8.8.8",)}
        assert socket.getaddrinfo is not system
        assert place.origins["binance"] == "https://api.binance.com"
    assert socket.getaddrinfo is system


@pytest.mark.parametrize("words", [[], ["--base-url", "kraken=http://127.0.0.1:8101"]])
def test_nothing_but_loopback_is_asked_without_real(words):
    with opened(*words) as place:
        assert all(origin.startswith("http://127.0.0.1:") for origin in place.origins.values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--base-url", "kraken"], "--base-url: expected EXCHANGE=URL of an exchange that is asked, found 'kraken'"),
        (["--base-url", "krakn=http://127.0.0.1:1"], "did you mean kraken?"),
        (["--base-url", "okx=http://127.0.0.1:1"], "of an exchange that is asked"),
        (["--base-url", "kraken=http://127.0.0.1:1", "--base-url", "kraken=http://127.0.0.1:2"], "named twice"),
        (["--base-url", "kraken=https://mirror.example.com"], "nothing leaves it without --real"),
        (["--real", "--base-url", "kraken=https://10.0.0.1"], "a private network's"),
        (["--allow-private"], "--allow-private is about servers that --base-url names, together with --real"),
        (["--allow-private", "--real"], "--allow-private is about servers"),
        (["--allow-private", "--base-url", "kraken=http://127.0.0.1:1"], "--allow-private is about servers"),
        (["--ca-file", os.devnull, "--real"], "--ca-file: expected a PEM file of certificates, found '/dev/null'"),
        (["--ca-file", "nowhere.pem", "--real"], "'nowhere.pem': No such file or directory"),
        (["--real", "--latency", "20ms"], "--latency is an option of the mock server's, and here none is started"),
        (["--real", "--seed", "7", "--hold", "1s"], "--seed, --hold are options of the mock server's"),
        (
            ["--real", "--base-url", "kraken=https://mirror.example.com", "-s", "asyncio-aiohttp-uvloop"],
            "asyncio-aiohttp-uvloop would look it up again by itself",
        ),
    ],
)
def test_what_makes_no_sense_is_one_sentence_before_anything_is_started(started, words, said):
    with pytest.raises(UsageError) as caught, opened(*words):
        raise AssertionError("it was opened")
    assert said in str(caught.value)
    assert started == []


def test_an_authority_for_nobody_is_told(tmp_path, authority):
    with (
        pytest.raises(UsageError, match="--ca-file is for https, which nobody is asked by here"),
        opened("--ca-file", authority),
    ):
        raise AssertionError("it was opened")


def test_an_authority_of_ones_own_is_known_by_its_whole_path(tmp_path, monkeypatch, authority):
    monkeypatch.chdir(tmp_path)
    with opened("--real", "--ca-file", "ca.pem") as place:
        assert place.ca_file == authority


def test_what_the_environment_says_of_trust_and_roads_is_set_aside_while_real_ones_are_asked(monkeypatch, capsys):
    monkeypatch.setenv("SSL_CERT_FILE", "/secret/evil.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy")
    with opened("--real"):
        assert not {"SSL_CERT_FILE", "HTTPS_PROXY"} & set(os.environ)
    assert os.environ["SSL_CERT_FILE"] == "/secret/evil.pem"
    said = capsys.readouterr().err
    assert said == (
        "fetchrace: HTTPS_PROXY, SSL_CERT_FILE are set here and not heeded; to trust another authority, say --ca-file\n"
    )
    with opened():
        assert os.environ["HTTPS_PROXY"]
    assert capsys.readouterr().err == ""


def test_a_guest_s_own_address_is_judged_like_anybody_s(monkeypatch):
    for origin in ("http://api.example.com", "https://127.0.0.1:1", "https://8.8.8.8", "file:///etc/passwd"):
        monkeypatch.setattr(exchanges, "load", lambda name, it=origin: SimpleNamespace(origin=it))
        with pytest.raises(UsageError, match="--real: expected https://HOST as the origin of kraken"), opened("--real"):
            raise AssertionError("it was opened")


def test_a_mock_that_does_not_start_is_one_sentence_of_the_right_kind(monkeypatch):
    def failing(code):
        def running(*args):
            raise MockFailed("no ports", code)

        return running

    for code, kind in ((3, EnvironmentGap), (2, UsageError)):
        monkeypatch.setattr(place_options, "running", failing(code))
        with pytest.raises(kind, match="no ports"), opened():
            raise AssertionError("it was opened")


def test_a_name_that_leads_nowhere_asks_nobody(monkeypatch, started):
    def nowhere(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(Stop, match="leads nowhere"), opened("--real", "--base-url", "kraken=https://no.example.com"):
        raise AssertionError("it was opened")
    assert started == []


@pytest.fixture
def authority(tmp_path):
    trustme = pytest.importorskip("trustme")
    path = tmp_path / "ca.pem"
    trustme.CA(key_type=trustme.KeyType.ECDSA).cert_pem.write_to_path(str(path))
    return str(path)
