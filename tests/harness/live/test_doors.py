import pytest
from multidict import CIMultiDict

from harness.live.doors import TOKEN_HEADER, Doors

DOORS = Doors(4310, "secret")
OURS = ("Host", "127.0.0.1:4310")


def status_of(*headers):
    refused = DOORS.refused(CIMultiDict(headers))
    return None if refused is None else refused.status


@pytest.mark.parametrize("host", ["127.0.0.1:4310", "localhost:4310", "LOCALHOST:4310", "[::1]:4310"])
def test_who_names_this_server_on_loopback_is_let_in(host):
    assert status_of(("Host", host)) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:4310", "localhost.evil.example:4310", "127.0.0.1.evil.example:4310",
        "127.0.0.1", "127.0.0.1:80", "127.0.0.1:43100", "", "127.0.0.1:4310@evil.example", "0.0.0.0:4310",
        "user@localhost:4310",
    ],
)  # fmt: skip
def test_another_host_is_refused(host):
    assert status_of(("Host", host)) == 403


def test_two_hosts_and_none_are_no_request():
    assert status_of(OURS, OURS) == 400
    assert status_of() == 400


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_our_own_origin_is_let_in(name):
    assert status_of(OURS, ("Origin", f"http://{name}:4310")) is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "null", "https://127.0.0.1:4310", "http://127.0.0.1:4311", "http://127.0.0.1",
        "127.0.0.1:4310", "",
    ],
)  # fmt: skip
def test_another_origin_is_refused(origin):
    assert status_of(OURS, ("Origin", origin)) == 403


def test_one_good_origin_does_not_hide_a_bad_one():
    assert status_of(OURS, ("Origin", "http://127.0.0.1:4310"), ("Origin", "http://evil.example")) == 403


def test_what_another_sites_page_embeds_is_refused_and_a_link_of_its_is_not():
    assert status_of(OURS, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")) == 403
    assert status_of(OURS, ("Sec-Fetch-Site", "same-site")) == 403
    assert status_of(OURS, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")) is None
    link = (OURS, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"))
    assert status_of(*link, ("Sec-Fetch-Dest", "document")) is None
    for frame in ("iframe", "frame", "embed", "object", "fencedframe"):
        assert status_of(*link, ("Sec-Fetch-Dest", frame)) == 403
    assert status_of(OURS, ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")) is None


def test_at_the_schemes_own_port_the_host_may_leave_it_out():
    doors = Doors(80, "secret")
    assert doors.refused(CIMultiDict({"Host": "localhost", "Origin": "http://localhost"})) is None


@pytest.mark.parametrize("given", [[], ["wrong"], ["secret", "secret"], ["sécret"], ["secret "]])
def test_only_the_token_opens(given):
    assert DOORS.without_token(CIMultiDict([(TOKEN_HEADER, one) for one in given])).status == 403
    assert DOORS.without_token(CIMultiDict([(TOKEN_HEADER, "secret")])) is None


def test_a_refusal_shows_what_was_found_escaped():
    refused = DOORS.refused(CIMultiDict([("Host", "\x1b[2Jevil")]))
    assert b"\\x1b[2Jevil" in refused.body
    assert b"\x1b" not in refused.body
