"""The vocabulary of failure, and errors that cross process lines."""

import ast
import pickle
from pathlib import Path

import pytest

import exchanges
from exchanges.errors import KINDS, BadReply, ExchangeError, Rejected, UnknownPair, safe
from exchanges.pair import Pair

BTC_USD = Pair("BTC", "USD")


@pytest.mark.parametrize(
    "value",
    [
        ExchangeError("kraken", BTC_USD),
        UnknownPair("kraken", BTC_USD, "BTC/USD", "BTC/USDT"),
        UnknownPair("kraken", None, "XYZ"),
        BadReply("binance", BTC_USD, "schema", "expected the field 'bidPrice'", "{}"),
        BadReply("binance", None, "not_json", "expected JSON"),
        Rejected("rate_limited", "too many requests", 1.5),
        Rejected("server", "down"),
    ],
    ids=repr,
)
def test_errors_and_refusals_are_equal_after_pickling(value):
    copy = pickle.loads(pickle.dumps(value))
    assert copy == value
    assert type(copy) is type(value)
    assert hash(copy) == hash(value)
    assert str(copy) == str(value)


def test_errors_that_differ_in_one_value_are_not_equal():
    assert UnknownPair("kraken", None, "A") != UnknownPair("kraken", None, "B")
    assert BadReply("kraken", None, "schema", "a") != UnknownPair("kraken", None, "a")


def test_an_unknown_pair_suggests_the_nearest():
    assert str(UnknownPair("kraken", None, "XBTUSE", "XBTUSD")) == "kraken does not list XBTUSE; did you mean XBTUSD?"
    assert str(UnknownPair("kraken", None, "?")) == "kraken does not list ?"


def test_a_bad_reply_names_exchange_pair_reason_and_what_the_body_begins_with():
    error = BadReply("binance", BTC_USD, "not_json", "expected JSON, found text that is not JSON", "<html>")
    assert str(error) == ("binance BTC/USD: expected JSON, found text that is not JSON; the body begins '<html>'")


def test_kinds_are_listed_once():
    assert len(set(KINDS)) == len(KINDS)


def test_every_kind_that_the_adapters_write_down_is_in_the_closed_list():
    used = set()
    for path in Path(exchanges.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            kind = node.args[0]
            if node.func.id in {"Rejected", "Unreadable"} and isinstance(kind, ast.Constant):
                used.add(kind.value)
    assert {"schema", "bad_value", "charset", "not_json"} <= used <= set(KINDS)


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\u202etxet", "\0", b"\xff\xfe", b"\x80" * 400, "x" * 500])
def test_foreign_text_is_shown_short_and_printable(text):
    shown = safe(text)
    assert shown.isprintable()
    assert len(shown) <= 80
