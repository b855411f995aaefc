"""Exchanges at the door: the built-ins pass, and what is no exchange is told before anybody relies on it."""

from types import SimpleNamespace

import pytest

import exchanges
from exchanges.plugins import BrokenPlugin, UnknownName
from harness import listing

PARTS = ("title", "taker_fee", "carries", "instruments", "most_levels", "accepts_post", *listing._METHODS)


@pytest.fixture
def guest(monkeypatch):
    """Let an exchange called ``guest`` be this object."""
    return lambda found: monkeypatch.setattr(exchanges, "load", lambda name: found)


def whole(**changes):
    kraken = exchanges.load("kraken")
    return SimpleNamespace(**{"name": "guest", **{part: getattr(kraken, part) for part in PARTS}, **changes})


@pytest.mark.parametrize("name", exchanges.GROUP.builtins)
def test_a_built_in_has_all_that_is_asked_of_a_guest(name):
    assert listing._lacking(listing.exchange(name), name) == ""


def test_a_guest_that_has_everything_passes(guest):
    guest(whole())
    assert listing.exchange("guest").name == "guest"


@pytest.mark.parametrize("part", PARTS)
def test_a_guest_that_lacks_something_is_broken_and_told_what(guest, part):
    guest(whole(**{part: None}))
    with pytest.raises(BrokenPlugin, match=rf"exchange guest: expected .*{part}"):
        listing.exchange("guest")


@pytest.mark.parametrize(
    "found",
    [7, None, object, len, whole(name="other"), whole(instruments=()), whole(instruments=("BTC",))],
)
def test_something_else_is_broken_and_no_attribute_error(guest, found):
    guest(found)
    with pytest.raises(BrokenPlugin, match="exchange guest: expected "):
        listing.exchange("guest")


def test_a_guest_that_exits_at_import_is_broken_and_ends_nobody(monkeypatch):
    def load(name):
        raise SystemExit(0)

    monkeypatch.setattr(exchanges, "load", load)
    with pytest.raises(BrokenPlugin, match=r"exchange guest ended the process at import: sys\.exit\(0\)"):
        listing.exchange("guest")


def test_a_name_that_nobody_has_is_unknown():
    with pytest.raises(UnknownName):
        listing.exchange("krakn")
