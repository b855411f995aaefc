"""Exchanges at the door: a guest's is loaded and held to its shape before anything relies on it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import exchanges
from exchanges.errors import safe
from exchanges.exchange import Exchange, Instrument
from exchanges.pair import Pair
from exchanges.plugins import BrokenPlugin

_METHODS: Final = (
    "request_for", "requests_for", "quote_from", "quotes_from",
    "market_request", "book_request_for", "book_from",
    "time_request", "time_from", "instruments_request", "instruments_from",
    "pairs_from", "pair_from", "response_for", "response_for_many", "book_response_for", "answer", "entries_in",
    "charge_for", "usage_headers", "refusal_for",
)  # fmt: skip
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""It is in paths, on command lines, and between a comma and an equals sign."""
_HINT: Final = "; exchanges.plain.PlainExchange has one to inherit"


def admitted(name: str) -> Exchange:
    """The exchange called ``name``, or ``path/to/file.py:attribute``, if it has all that an exchange must have.

    Raises:
        PluginError: it is unknown, lacks a library, raised or ended the process at import, or is something else.
    """
    try:
        found = exchanges.load(name)
        lacking = "" if name in exchanges.GROUP.builtins else _lacking(found, name)
    except SystemExit as error:
        raise BrokenPlugin(name, f"exchange {name} ended the process at import: sys.exit({error.code!r})") from error
    if lacking:
        raise BrokenPlugin(name, f"exchange {name}: expected {lacking}")
    return found


def _lacking(found: object, name: str) -> str:
    """What of an Exchange an object does not have; empty where it has everything."""
    instruments = getattr(found, "instruments", None)
    called = getattr(found, "name", None)
    if ".py:" in name:
        if not isinstance(called, str) or not _NAME.fullmatch(called):
            return f"a name of lower-case letters, digits, - and _, found {safe(repr(called), 60)}"
    elif called != name:
        return f"its name to be {name!r}, found {called!r}"
    for attribute in ("title", "origin", "docs"):
        if not isinstance(getattr(found, attribute, None), str):
            return f"{'an' if attribute == 'origin' else 'a'} {attribute} as text{_OF[attribute]}"
    fee = getattr(found, "taker_fee", None)
    if not isinstance(fee, Decimal) or not fee.is_finite() or abs(fee) >= 1:
        return f"taker_fee to be a Decimal, a fraction of the notional, found {safe(repr(fee), 60)}"
    if not isinstance(getattr(found, "carries", None), frozenset):
        return "carries to be a frozenset of names of Quote's fields"
    grain = getattr(found, "time_grain_us", None)
    if not isinstance(grain, int) or grain < 1:
        return f"time_grain_us to be a whole number of microseconds, 1 or more{_HINT}"
    if not isinstance(getattr(found, "batch_carries", None), frozenset):
        return f"batch_carries to be a frozenset of names of Quote's fields{_HINT}"
    if not isinstance(instruments, tuple) or not instruments or not all(isinstance(i, Instrument) for i in instruments):
        return "instruments to be a tuple of at least one Instrument"
    unnamed = [one.pair for one in instruments if not _is_named(one.pair)]
    if unnamed:
        return f"each instrument's pair to be one such as BTC/USD, found {safe(repr(unnamed[0]), 60)}"
    if not isinstance(getattr(found, "most_levels", None), int):
        return f"most_levels to be a whole number{_HINT}"
    if not isinstance(getattr(found, "accepts_post", None), bool):
        return f"accepts_post to be True or False{_HINT}"
    heeds = getattr(found, "heeds", None)
    if not isinstance(heeds, frozenset) or any(type(each) is not str or each != each.lower() for each in heeds):
        return f"heeds to be a frozenset of headers' names in lower case{_HINT}"
    missing = [method for method in _METHODS if not callable(getattr(found, method, None))]
    return f"a method {missing[0]}{_HINT}" if missing else ""


def _is_named(pair: object) -> bool:
    """Whether a pair is what its own name is read as: by it people, files and other processes ask for it."""
    try:
        return Pair.parse(str(pair)) == pair
    except ValueError:
        return False


_OF: Final = {"title": ", the name that people use", "origin": ", scheme and host of the real API", "docs": ", its URL"}
