"""Exchanges at the door: a guest's is loaded and held to its shape before anything relies on it."""

from __future__ import annotations

from decimal import Decimal

import exchanges
from exchanges.exchange import Exchange, Instrument
from exchanges.plugins import BrokenPlugin

_METHODS = (
    "request_for", "requests_for", "quote_from", "quotes_from",
    "market_request", "book_request_for", "book_from",
    "pairs_from", "response_for", "response_for_many", "book_response_for", "answer",
    "charge_for", "usage_headers", "refusal_for",
)  # fmt: skip


def exchange(name: str) -> Exchange:
    """The exchange called ``name``, if it has all that an exchange must have.

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
    if getattr(found, "name", None) != name:
        return f"its name to be {name!r}, found {getattr(found, 'name', None)!r}"
    if not isinstance(getattr(found, "title", None), str):
        return "a title, the name that people use"
    if not isinstance(getattr(found, "taker_fee", None), Decimal):
        return "taker_fee to be a Decimal, a fraction of the notional"
    if not isinstance(getattr(found, "carries", None), frozenset):
        return "carries to be a frozenset of names of Quote's fields"
    if not isinstance(instruments, tuple) or not instruments or not all(isinstance(i, Instrument) for i in instruments):
        return "instruments to be a tuple of at least one Instrument"
    if not isinstance(getattr(found, "most_levels", None), int):
        return "most_levels to be a whole number"
    if not isinstance(getattr(found, "accepts_post", None), bool):
        return "accepts_post to be True or False"
    missing = [method for method in _METHODS if not callable(getattr(found, method, None))]
    return f"a method {missing[0]}" if missing else ""
