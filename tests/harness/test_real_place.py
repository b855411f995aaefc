"""``--real`` rehearsed: the same commands against the mock over TLS, whose authority nobody knows but who is told."""

import json
import re
import socket
import sys

import pytest

from harness import cli, configuration
from mock_server.process import running
from mock_server.tls import authority

pytestmark = pytest.mark.slow
NAMES = ["kraken", "binance", "coinbase"]


@pytest.fixture(autouse=True)
def of_nobody(monkeypatch, tmp_path):
    monkeypatch.setattr(configuration, "folder", lambda: tmp_path / "own")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def secure():
    with running(NAMES, "5ms", arguments=["--tls"]) as mock:
        yield mock


def words_for(mock, host="127.0.0.1"):
    origins = {name: origin.replace("127.0.0.1", host) for name, origin in mock.origins.items()}
    return ["-x", ",".join(NAMES), *(f"--base-url={name}={origin}" for name, origin in origins.items())]


def asked(capsys, *words):
    code = cli.main(list(words))
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.mark.parametrize("strategy", [
    "asyncio-aiohttp", "asyncio-protocol", "trio-httpx", "threads", "threads-urllib3", "sequential",
])  # fmt: skip
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_prices_come_over_tls_from_servers_whose_authority_is_told(capsys, secure, strategy, host):
    words = [*words_for(secure, host), "--ca-file", secure.ca_file, "-s", strategy]
    code, out, err = asked(capsys, "prices", "--real", "--json", *words)
    found = json.loads(out)
    assert (code, found["failures"], found["place"]["real"]) == (0, [], False)
    assert {row["exchange"] for row in found["quotes"]} == set(NAMES)
    # In what its limit allows: a batch of Kraken's, and three of Coinbase's.
    assert sum(row["exchange"] == "coinbase" for row in found["quotes"]) == 3
    assert "coinbase: asked for 3 of 24 markets" in err


@pytest.mark.parametrize("strategy", ["asyncio-aiohttp-uvloop", "processes", "multi-pycurl", "asyncio-pyreqwest"])
def test_who_looks_names_up_elsewhere_goes_by_addresses_over_tls_and_not_by_names(capsys, secure, strategy):
    rest = ["--ca-file", secure.ca_file, "-s", strategy, "--json", "--pairs", "1", "-c", "4"]
    code, out, _ = asked(capsys, "prices", *words_for(secure), *rest)
    assert (code, len(json.loads(out)["quotes"])) == (0, 3)
    code, out, err = asked(capsys, "prices", *words_for(secure, "localhost"), *rest)
    assert (code, out) == (2, "")
    assert f"{strategy} would look it up again by itself" in err


@pytest.mark.parametrize(
    "variable", [None, "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONHTTPSVERIFY"]
)
@pytest.mark.parametrize("strategy", ["asyncio-aiohttp", "threads", "trio-httpx", "asyncio-protocol", "multi-pycurl"])
def test_an_authority_that_nobody_named_is_not_trusted_whatever_the_environment_says(
    capsys, monkeypatch, secure, strategy, variable
):
    if variable is not None:
        monkeypatch.setenv(variable, "0" if variable == "PYTHONHTTPSVERIFY" else secure.ca_file)
    code, out, err = asked(capsys, "prices", "--json", *words_for(secure), "-s", strategy)
    failures = json.loads(out)["failures"]
    assert code == 1
    assert [re.match(r"(\w+): tls_untrusted: ", failure)[1] for failure in failures] == NAMES
    assert all(failure in err for failure in failures)


@pytest.mark.parametrize("verb", ["prices", "arbitrage"])
def test_one_shot_at_exchanges_that_enforce_their_limits_is_refused_by_none_of_them(capsys, verb):
    with running((), "5ms", arguments=["--tls", "--limits"]) as mock:
        where = [f"--base-url={name}={origin}" for name, origin in mock.origins.items()]
        code, out, _ = asked(capsys, verb, "--real", "--json", "--ca-file", mock.ca_file, *where)
    found = json.loads(out)
    assert (code, found["failures"]) == (0, [])
    assert set(found["taker_fees"]) == set(mock.origins)


def test_a_certificate_of_another_authority_than_the_one_named_is_not_trusted(capsys, secure):
    with authority() as other:
        code, out, _ = asked(capsys, "prices", "--json", *words_for(secure), "--ca-file", other.ca_file)
    assert code == 1
    assert {failure.split(": ")[1] for failure in json.loads(out)["failures"]} == {"tls_untrusted"}


def test_arbitrage_portfolio_and_profile_go_to_the_same_place(capsys, tmp_path, secure):
    where = [*words_for(secure), "--ca-file", secure.ca_file]
    code, out, _ = asked(capsys, "arbitrage", "--json", "--pairs", "1", *where)
    assert (code, json.loads(out)["failures"]) == (0, [])
    holding = tmp_path / "p.toml"
    holding.write_text('currency = "USD"\n[[holding]]\nasset = "BTC"\namount = "2"\n')
    code, out, err = asked(capsys, "portfolio", str(holding), "--total", "--real", *where)
    assert code == 0, err
    assert float(out) > 1000
    profile = tmp_path / "profile.json"
    code, out, _ = asked(capsys, "profile", "--samples", "2", "--every", "1ms", "--out", str(profile), *where)
    assert (code, set(json.loads(profile.read_text())["exchanges"])) == (0, set(NAMES))


def test_without_real_no_command_looks_up_a_name_or_connects_beyond_this_machine(capsys, monkeypatch, tmp_path):
    reached, system, connect = set(), socket.getaddrinfo, socket.socket.connect

    def looked_up(host, *args, **options):
        reached.add(host)
        return system(host, *args, **options)

    def connected(sock, address):
        reached.add(address[0] if isinstance(address, tuple) else "a socket of this machine's")
        return connect(sock, address)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket.socket, "connect", connected)
    holding = tmp_path / "p.toml"
    holding.write_text('currency = "USD"\n[[holding]]\nasset = "BTC"\namount = "2"\n')
    few = ["-x", "kraken,binance"]
    for words, code in (
        (["prices", "--pairs", "1", *few, "-s", "asyncio-aiohttp"], 0),
        (["prices", "--pairs", "1", *few, "-s", "threads"], 0),
        (["arbitrage", "--pairs", "1", *few, "-s", "trio-httpx"], 0),
        (["portfolio", str(holding), *few, "-s", "asyncio-protocol"], 0),
        (["profile", *few], 2),
        (["prices", *few, "--base-url", "kraken=https://api.kraken.com"], 2),
        (["list", "--json"], 0),
    ):
        assert asked(capsys, *words)[0] == code, words
    assert "127.0.0.1" in reached
    assert reached <= {"127.0.0.1", "a socket of this machine's"}, sys.platform


def test_an_exchange_that_nobody_reaches_is_one_sentence_and_the_exit_code_is_1(capsys, monkeypatch):
    def nowhere(host, *args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    code, out, err = asked(capsys, "prices", "--real", "-x", "kraken,binance", "--csv")
    assert (code, out.count("\n"), err.count("\n")) == (1, 1, 3)
    assert "asked api.kraken.com, api.binance.com over TLS from this machine at " in err
    assert "kraken: dns: " in err
    assert "binance: dns: " in err
