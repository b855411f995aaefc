"""Section C16 of a base URL: what is refused, before anybody is asked. Nothing here resolves a name for real."""

import socket

import pytest

from harness.base_url import base_url_from, checked
from harness.exits import Stop, UsageError


def leading_to(*addresses):
    """A resolver that answers these, and notes who was asked for."""
    asked = []

    def resolve(host, port, type):  # noqa: A002  as getaddrinfo calls it
        asked.append(host)
        return [
            (socket.AF_INET6, type, 6, "", (one, port, 0, 0))
            if ":" in one
            else (socket.AF_INET, type, 6, "", (one, port))
            for one in addresses
        ]

    resolve.asked = asked
    return resolve


def judged(url, *addresses, real=True, allow_private=False):
    return checked(base_url_from(url), real, allow_private, 1.0, leading_to(*addresses))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8101", "http://127.0.0.1:8101"),
        ("http://127.0.0.1:8101/", "http://127.0.0.1:8101"),
        ("https://127.8.8.8:1", "https://127.8.8.8:1"),
        ("HTTP://[::1]:8101", "http://[::1]:8101"),
        ("http://LocalHost:8101", "http://localhost:8101"),
    ],
)
@pytest.mark.parametrize("real", [False, True])
def test_a_server_on_this_machine_is_asked_with_or_without_real(url, origin, real):
    assert judged(url, "127.0.0.1", "::1", real=real).origin == origin


def test_a_public_server_is_asked_by_https_when_real_ones_are_meant():
    found = judged("https://API.example.com", "8.8.8.8", "2606:4700::1")
    assert (found.origin, found.addresses) == ("https://api.example.com", ("8.8.8.8", "2606:4700::1"))
    assert judged("https://8.8.8.8:8443").origin == "https://8.8.8.8:8443"
    assert judged("https://[2606:4700::1]").addresses == ("2606:4700::1",)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "http and https"),
        ("kraken", "http and https"),
        ("file:///etc/passwd", "http and https"),
        ("ftp://example.com", "http and https"),
        ("gopher://example.com", "http and https"),
        ("javascript:alert(1)", "http and https"),
        ("data:text/html,x", "http and https"),
        ("//example.com", "http and https"),
        ("https://", "expected https://HOST"),
        ("https:///example.com", "no path"),
        ("https://user:secret@example.com", "no user and no password"),
        ("https://user@example.com", "no user and no password"),
        ("https://8.8.8.8@127.0.0.1:80", "no user and no password"),
        ("https://example.com/v1", "no path"),
        ("https://example.com//", "no path"),
        ("https://example.com?x=1", "no path, query"),
        ("https://example.com?", "no path, query"),
        ("https://example.com#x", "no path, query or fragment"),
        ("https://exam%70le.com", "percent-encoded"),
        ("https://127%2e0.0.1:80", "percent-encoded"),
        ("https://[fe80::1%25eth0]", "percent-encoded"),
        ("https://bücher.example", "ASCII form"),
        ("https://１２７.0.0.1", "ASCII form"),
        ("https://127。0。0。1", "ASCII form"),
        ("https://example.com.", "the dot at its end"),
        ("http://127.0.0.1.:80", "the dot at its end"),
        ("http://2130706433:80", "four decimal numbers"),
        ("http://0x7f000001:80", "four decimal numbers"),
        ("http://0x7f.1:80", "four decimal numbers"),
        ("http://0177.0.0.1:80", "four decimal numbers"),
        ("http://127.1:80", "four decimal numbers"),
        ("http://127.0.0.0x1:80", "four decimal numbers"),
        ("https://example.1", "four decimal numbers"),
        ("https://127.0.0.1.256", "four decimal numbers"),
        ("https://[127.0.0.1]", "no IPv6 address"),
        ("https://[::g]", "expected https://HOST"),
        ("https://[::1", "expected https://HOST"),
        ("https://[::1::]", "no IPv6 address"),
        ("https://-example.com", "no host's name"),
        ("https://exa..mple.com", "no host's name"),
        ("https://" + "a" * 64 + ".com", "no host's name"),
        ("https://" + "a." * 127 + "com", "no host's name"),
        ("https://exa_mple.com", "expected https://HOST"),
        ("https://exa mple.com", "expected https://HOST"),
        ("https://example.com\n", "expected https://HOST"),
        ("ht\ntps://example.com", "http and https"),
        ("https:\\\\example.com", "http and https"),
        ("https://example.com\\@127.0.0.1", "no user and no password"),
        ("http://127.0.0.1:0", "from 1 to 65535"),
        ("http://127.0.0.1:", "from 1 to 65535"),
        ("http://127.0.0.1:65536", "from 1 to 65535"),
        ("http://127.0.0.1:99999999", "from 1 to 65535"),
        ("http://127.0.0.1:080", "from 1 to 65535"),
        ("http://127.0.0.1:-1", "expected https://HOST"),
        ("http://127.0.0.1:+80", "expected https://HOST"),
        ("http://127.0.0.1:80:80", "from 1 to 65535"),
    ],
)
def test_what_is_not_plainly_scheme_host_and_port_is_refused(url, why):
    with pytest.raises(ValueError, match="expected ") as caught:
        base_url_from(url)
    assert why in str(caught.value)
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("url", "addresses", "why"),
    [
        ("http://example.com", ["8.8.8.8"], "plain http is for servers on loopback"),
        ("http://8.8.8.8:80", [], "plain http is for servers on loopback"),
        ("http://[::1]", ["::1"], "none is named"),
        ("https://127.0.0.1", [], "none is named"),
        ("https://localhost", ["127.0.0.1"], "none is named"),
        ("https://0.0.0.0:443", [], "no server's"),
        ("https://10.0.0.1", [], "a private network's: nothing is sent there; if it is meant, say --allow-private"),
        ("https://100.64.0.1", [], "a private network's"),
        ("https://169.254.169.254", [], "link-local"),
        ("https://[fe80::1]", [], "link-local"),
        ("https://[fd00::1]", [], "a private network's"),
        ("https://[::ffff:127.0.0.1]:80", [], "IPv4-mapped"),
        ("https://[::ffff:7f00:1]:80", [], "IPv4-mapped"),
        ("https://[2002:7f00:1::]", [], "6to4"),
        ("https://[64:ff9b::7f00:1]", [], "this machine's own"),
        ("https://[::]:80", [], "no server's"),
        ("https://me.example.com", ["127.0.0.1"], "leads to 127.0.0.1, which is this machine's own"),
        ("https://127.0.0.1.evil.example", ["127.0.0.1"], "leads to 127.0.0.1"),
        ("https://localhost.evil.example", ["::1"], "leads to ::1"),
        ("https://me.example.com", ["8.8.8.8", "10.0.0.1"], "leads to 10.0.0.1"),
        ("https://me.example.com", ["2606:4700::1", "fe80::1"], "leads to fe80::1, which is link-local"),
        ("https://metadata.google.internal", ["169.254.169.254"], "link-local"),
        ("http://localhost:80", ["127.0.0.1", "8.8.8.8"], "leads to 8.8.8.8, which is not this machine's own"),
    ],
)
def test_what_leads_to_no_public_server_is_refused(url, addresses, why):
    with pytest.raises(UsageError) as caught:
        judged(url, *addresses)
    assert why in str(caught.value)


@pytest.mark.parametrize("url", ["https://example.com", "https://8.8.8.8", "https://10.0.0.1", "http://example.com:80"])
def test_nothing_leaves_this_machine_without_real_and_no_name_is_looked_up(url):
    resolve = leading_to("127.0.0.1")
    with pytest.raises(UsageError, match="not on this machine; nothing leaves it without --real"):
        checked(base_url_from(url), False, True, 1.0, resolve)
    assert resolve.asked == []


def test_private_networks_may_be_allowed_and_what_is_no_server_s_may_not():
    assert judged("https://10.0.0.1", allow_private=True).addresses == ("10.0.0.1",)
    assert judged("https://me.example.com", "127.0.0.1", "fd00::1", allow_private=True).origin
    for url in ("https://169.254.169.254", "https://0.0.0.0", "https://[fe80::1]", "https://[::ffff:10.0.0.1]"):
        with pytest.raises(UsageError) as caught:
            judged(url, allow_private=True)
        assert "--allow-private" not in str(caught.value)


def test_a_name_is_looked_up_once():
    resolve = leading_to("8.8.8.8", "8.8.8.8")
    assert checked(base_url_from("https://example.com"), True, False, 1.0, resolve).addresses == ("8.8.8.8",)
    assert resolve.asked == ["example.com"]


def test_a_name_that_leads_nowhere_is_one_sentence():
    def nowhere(host, port, type):  # noqa: A002
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Stop, match=r"example\.com leads nowhere: Name or service not known; nothing was asked"):
        checked(base_url_from("https://example.com"), True, False, 1.0, nowhere)
    with pytest.raises(Stop, match=r"example\.com leads nowhere: it has no address"):
        judged("https://example.com")


def test_the_card_that_a_link_local_address_is_bound_to_is_seen():
    def resolve(host, port, type):  # noqa: A002
        return [(socket.AF_INET6, type, 6, "", ("fe80::1", port, 0, 3))]

    with pytest.raises(UsageError, match="bound to one network card"):
        checked(base_url_from("https://example.com"), True, False, 1.0, resolve)
