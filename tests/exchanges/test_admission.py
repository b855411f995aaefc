"""Exchanges at the door: the built-ins pass, and what is no exchange is told before anybody relies on it."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

import exchanges
from exchanges import admission
from exchanges.pair import Pair
from exchanges.plugins import BrokenPlugin, UnknownName

PARTS = (
    "title", "origin", "docs", "taker_fee", "carries", "batch_carries", "time_grain_us", "instruments", "most_levels",
    "accepts_post", "heeds",
    *admission._METHODS,
)  # fmt: skip


@pytest.fixture
def guest(monkeypatch):
    """Let an exchange called ``guest`` be this object."""
    return lambda found: monkeypatch.setattr(exchanges, "load", lambda name: found)


def whole(**changes):
    kraken = exchanges.load("kraken")
    return SimpleNamespace(**{"name": "guest", **{part: getattr(kraken, part) for part in PARTS}, **changes})


@pytest.mark.parametrize("name", exchanges.GROUP.builtins)
def test_a_built_in_has_all_that_is_asked_of_a_guest(name):
    assert admission._lacking(admission.admitted(name), name) == ""


def test_a_guest_that_has_everything_passes(guest):
    guest(whole())
    assert admission.admitted("guest").name == "guest"


@pytest.mark.parametrize("part", PARTS)
def test_a_guest_that_lacks_something_is_broken_and_told_what(guest, part):
    guest(whole(**{part: None}))
    with pytest.raises(BrokenPlugin, match=rf"exchange guest: expected .*{part}"):
        admission.admitted("guest")


@pytest.mark.parametrize(
    "found",
    [7, None, object, len, whole(name="other"), whole(instruments=()), whole(instruments=("BTC",))],
)
def test_something_else_is_broken_and_no_attribute_error(guest, found):
    guest(found)
    with pytest.raises(BrokenPlugin, match="exchange guest: expected "):
        admission.admitted("guest")


def test_a_guest_from_a_file_may_have_any_name_that_can_be_written(guest):
    guest(whole(name="tiny"))
    assert admission.admitted("tiny.py:TINY").name == "tiny"


@pytest.mark.parametrize(
    "name", ["", "Tiny", "=1+1", "a,b", "\x1b[31mred", "\u202eevil", "</script>", "x" * 41, 7, None]
)
def test_a_name_that_no_command_line_and_no_path_would_bear_is_refused(guest, name):
    guest(whole(name=name))
    with pytest.raises(BrokenPlugin) as refused:
        admission.admitted("tiny.py:TINY")
    said = "exchange tiny.py:TINY: expected a name of lower-case letters, digits, - and _, found "
    assert str(refused.value).startswith(said)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("code", ["=1+1", "</script>", "btc", "", "\x1b[2J", "\u202e", "A/B", "X" * 21, 7])
def test_a_pair_that_could_not_be_asked_for_by_its_name_is_refused(guest, code):
    first = exchanges.load("kraken").instruments[0]
    guest(whole(instruments=(first, replace(first, pair=Pair(code, "USD")))))
    with pytest.raises(BrokenPlugin, match="each instrument's pair to be one such as BTC/USD, found ") as refused:
        admission.admitted("tiny.py:TINY")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("fee", ["NaN", "Infinity", "1", "-1.5", "1e400"])
def test_a_fee_that_takes_all_or_is_no_number_is_refused(guest, fee):
    guest(whole(taker_fee=Decimal(fee)))
    with pytest.raises(BrokenPlugin, match="exchange guest: expected taker_fee to be a Decimal, a fraction"):
        admission.admitted("guest")


@pytest.mark.parametrize("grain", [0, -1, 1000.0, "1000"])
def test_the_grain_of_a_guest_s_times_is_a_microsecond_or_more(guest, grain):
    guest(whole(time_grain_us=grain))
    with pytest.raises(BrokenPlugin, match="time_grain_us to be a whole number of microseconds, 1 or more"):
        admission.admitted("guest")


@pytest.mark.parametrize("heeds", [{"x"}, frozenset({"X-Upper"}), frozenset({7})])
def test_headers_that_a_guest_heeds_are_named_in_lower_case(guest, heeds):
    guest(whole(heeds=heeds))
    with pytest.raises(BrokenPlugin, match="heeds to be a frozenset of headers' names in lower case"):
        admission.admitted("guest")


def test_a_guest_that_exits_at_import_is_broken_and_ends_nobody(monkeypatch):
    def load(name):
        raise SystemExit(0)

    monkeypatch.setattr(exchanges, "load", load)
    with pytest.raises(BrokenPlugin, match=r"exchange guest ended the process at import: sys\.exit\(0\)"):
        admission.admitted("guest")


def test_a_name_that_nobody_has_is_unknown():
    with pytest.raises(UnknownName):
        admission.admitted("krakn")
