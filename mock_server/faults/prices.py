"""Bids that are no price, and bids in unusual but sound spelling. The rules are those of ``exchanges/reading.py``.

What a Decimal can say is done to the quote; all else is done to the characters of the body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from exchanges.quote import Quote
from mock_server.fault import Context, Fault
from mock_server.faults.changing import Change
from mock_server.faults.literals import bid_replaced
from mock_server.reply import Reply

_ARABIC: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def _bid(new: Callable[[str], str]) -> Change:
    """``new`` gets the bid as the exchange wrote it, without its quotation marks, and gives a JSON literal."""

    def change(reply: Reply, context: Context) -> Reply:
        return bid_replaced(reply, context, lambda literal: new(literal.strip('"')))

    return change


def _text(new: Callable[[str], str]) -> Change:
    return _bid(lambda digits: f'"{new(digits)}"')


def _zero(reply: Reply, context: Context) -> Reply:
    # Not to the quote: exchanges divide by its prices.
    return bid_replaced(reply, context, _zero_like)


def _zero_like(literal: str) -> str:
    """Zero with the decimals and the quotation marks of a literal; JSON has but one zero before the point."""
    mark = '"' if literal.startswith('"') else ""
    _, point, decimals = literal.strip('"').partition(".")
    return f"{mark}0{point}{'0' * len(decimals)}{mark}"


def _negative(quote: Quote) -> Quote:
    return replace(quote, bid=-quote.bid)


def _crossed(quote: Quote) -> Quote:
    return replace(quote, bid=quote.ask, ask=quote.bid)


FAULTS: Final = (
    Fault("nan", "bad_value", "a bid of NaN, which JSON has not", "B22", reply=_bid(lambda digits: "NaN")),
    Fault("infinity", "bad_value", "a bid of Infinity, which JSON has not", "B22",
          reply=_bid(lambda digits: "Infinity")),
    Fault("nan-text", "bad_value", 'a bid of "nan"', "B23", reply=_text(lambda digits: "nan")),
    Fault("huge-exponent", "bad_value", "a bid of 1e999", "B22", reply=_bid(lambda digits: "1e999")),
    Fault("negative-price", "bad_value", "a bid below zero", "B22", quote=_negative),
    Fault("zero-price", "bad_value", "a bid of zero", "B22", reply=_zero),
    Fault("crossed", "bad_value", "bid and ask in each other's place", "B22", quote=_crossed),
    Fault("odd-digits", "bad_value", 'a bid with an underscore, such as "9_1191.50"', "B23",
          reply=_text(lambda digits: f"{digits[0]}_{digits[1:]}")),
    Fault("arabic-digits", "bad_value", "a bid in Arabic-Indic digits", "B23",
          reply=_text(lambda digits: digits.translate(_ARABIC))),
    Fault("padded-number", "bad_value", "a bid between two blanks", "B23", reply=_text(" {} ".format)),
    Fault("signed-number", "bad_value", "a bid with a plus sign", "B23", reply=_text("+{}".format)),
    Fault("comma-number", "bad_value", "a bid with a decimal comma", "B23",
          reply=_text(lambda digits: digits.replace(".", ",") if "." in digits else digits + ",0")),
    Fault("price-empty", "bad_value", "a bid of empty text", "B23", reply=_text(lambda digits: "")),
    Fault("long-int", "bad_value", "a bid of 5,000 digits", "B24", reply=_bid(lambda digits: "9" * 5000)),
    Fault("price-null", "schema", "a bid of null", "B23", reply=_bid(lambda digits: "null")),
    Fault("price-true", "schema", "a bid of true", "B23", reply=_bid(lambda digits: "true")),
    Fault("price-object", "schema", "a bid in an object of its own", "B23", reply=_bid('{{"value":{}}}'.format)),
    Fault("number-for-string", None, "the bid without quotation marks", "B23", reply=_bid(str)),
    Fault("string-for-number", None, "the bid in quotation marks", "B23", reply=_text(str)),
)  # fmt: skip
