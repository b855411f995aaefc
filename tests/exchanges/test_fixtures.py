"""A third witness: bodies that real servers sent, read to the same prices as an independent client read them.

The recordings lie outside the repository: in the folder that FETCHRACE_FIXTURES names, else in
``shared/fixtures`` beside the checkout. Without them these tests are skipped.
"""

import json
import os
from dataclasses import replace
from decimal import Decimal
from itertools import starmap
from pathlib import Path

import pytest

import exchanges
from exchanges import BadReply, Pair, Request, Response
from exchanges.binance import Binance
from exchanges.exchange import Instrument

FOLDER = Path(os.environ.get("FETCHRACE_FIXTURES") or Path(__file__).parents[3] / "shared" / "fixtures")
BOOK_METHODS = {"fetchOrderBook"}
METHODS = {"fetchTicker", "fetchTickers", "fetchBidsAsks", "fetchLastPrices"}
NAMES = [name for name in exchanges.names() if (FOLDER / f"{name}.json").is_file()]

PRICE_ONLY = "ticker/price carries the last price alone; a quote needs a bid and an ask"
FUTURES = "of the futures API, which is another one: its sizes are contracts, its times nanoseconds"
SET_ASIDE = {
    "binance-007": PRICE_ONLY,
    "binance-028": PRICE_ONLY,
    "binance-037": PRICE_ONLY,
    "kucoin-009": FUTURES,
}
BOOKS_SET_ASIDE = {
    "bitstamp-005": "a client's test vector with one price for the bid and the ask, which no book has",
    "kucoin-011": FUTURES,
    "kucoin-012": "pasted without the envelope of every body, so that the other client read an empty book",
}

# The exchange's own names of the markets in a body of several, in its order; where a body has one, the case names it.
SYMBOLS = {
    "binance": lambda reply: [entry["symbol"] for entry in (reply if isinstance(reply, list) else [reply])],
    "bitfinex": lambda reply: [entry[0] for entry in reply],
    "bybit": lambda reply: [entry["symbol"] for entry in reply["result"]["list"]],
    "gate": lambda reply: [entry["currency_pair"] for entry in reply],
    "kucoin": lambda reply: [entry["symbol"] for entry in reply["data"].get("ticker") or reply["data"]["list"]],
    "okx": lambda reply: [entry["instId"] for entry in reply["data"]],
}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no recordings here; set FETCHRACE_FIXTURES to their folder"
)


def cases(methods):
    if not FOLDER.is_dir():
        return []
    found = [case for name in NAMES for case in json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))]
    return [case for case in found if case.get("oracle_ok") is True and case["method"] in methods]


CASES = cases(METHODS)
BOOKS = [case for case in cases(BOOK_METHODS) if case["id"] not in BOOKS_SET_ASIDE]
WITH_QUOTES = [case for case in CASES if case["id"] not in SET_ASIDE]


def expected_in(case):
    """What the independent client read: its prices by unified symbol, whether it was asked for one or many."""
    parsed = case["parsed"]
    return {parsed["symbol"]: parsed} if "symbol" in parsed else parsed


def read(case):
    """The quotes of a recorded body, by an adapter that lists just the markets in it."""
    expected, reply = expected_in(case), case["http_response"]
    several = case["exchange"] in SYMBOLS and ("symbol" not in case["parsed"] or case["exchange"] == "binance")
    symbols = SYMBOLS[case["exchange"]](reply) if several else [case["symbol"]]
    assert len(symbols) == len(expected)
    instruments = tuple(starmap(listed, zip(expected, symbols, strict=True)))
    exchange = replace(exchanges.load(case["exchange"]), instruments=instruments)
    response = Response(case.get("http_status") or 200, json.dumps(reply).encode())
    return exchange.quotes_from([one.pair for one in instruments], response)


def listed(unified, symbol):
    """A market as the independent client names it: BTC/USD:USD is settled in USD."""
    return Instrument(Pair.parse(unified.partition(":")[0]), symbol, Decimal("0.00000001"), Decimal("0.00000001"))


def as_float(value):
    return None if value is None else float(value)


@pytest.mark.parametrize("case", WITH_QUOTES, ids=lambda case: case["id"])
def test_a_recorded_body_is_read_to_the_prices_that_another_client_read(case):
    for quote, expected in zip(read(case), expected_in(case).values(), strict=True):
        assert as_float(quote.bid) == expected["bid"]
        assert as_float(quote.ask) == expected["ask"]
        assert as_float(quote.last) == expected["last"]
        # ccxt leaves sizes out of some of its recordings, and Kraken's ticker has no time at all; where an exchange
        # tells none, it reads none.
        if expected["bidVolume"] is not None:
            assert as_float(quote.bid_size) == expected["bidVolume"]
            assert as_float(quote.ask_size) == expected["askVolume"]
        if expected["timestamp"] is not None:
            assert quote.time_us // 1000 == expected["timestamp"]
            assert not quote.time_us % exchanges.load(case["exchange"]).time_grain_us


@pytest.mark.parametrize("case", BOOKS, ids=lambda case: case["id"])
def test_a_recorded_book_is_read_to_the_levels_that_another_client_read(case):
    parsed = case["parsed"]
    instrument = listed(parsed["symbol"], case["symbol"])
    exchange = replace(exchanges.load(case["exchange"]), instruments=(instrument,))
    response = Response(case.get("http_status") or 200, json.dumps(case["http_response"]).encode())
    book = exchange.book_from(instrument.pair, response)
    for side, expected in ((book.bids, parsed["bids"]), (book.asks, parsed["asks"])):
        read = [[float(level.price), float(level.size)] for level in side]
        assert read[: len(expected)] == [row[:2] for row in expected]
    if parsed["timestamp"] is not None:
        assert book.time_us // 1000 == parsed["timestamp"]


def shape_of(value):
    """The keys of an object with the shapes of their values; of a list, that of its first item."""
    if isinstance(value, dict):
        return {key: shape_of(each) for key, each in value.items()}
    return [shape_of(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_our_instruments_have_every_field_of_the_recorded_ones(still):
    recorded = json.loads((FOLDER / "binance.json").read_text(encoding="utf-8"))
    (newest,) = (case["http_response"] for case in recorded if case["id"] == "binance-030")
    target = "/api/v3/exchangeInfo"
    ours = json.loads(Binance().answer(Request("binance", "", target), still()).body)
    theirs = {one["filterType"]: shape_of(one) for one in newest["symbols"][0]["filters"]}
    assert {one["filterType"]: shape_of(one) for one in ours["symbols"][0]["filters"]} == theirs
    for one in (ours, newest):
        one["symbols"][0].pop("filters")
    assert shape_of(newest["symbols"][0]).items() <= shape_of(ours["symbols"][0]).items()
    assert sorted(map(sorted, ours["rateLimits"])) == sorted(map(sorted, newest["rateLimits"]))


def test_what_is_set_aside_is_exactly_what_has_no_bid_and_ask():
    refused = set()
    for case in CASES:
        try:
            read(case)
        except BadReply as error:
            assert error.kind == "schema"  # noqa: PT017 - the other outcome is collected, not expected
            refused.add(case["id"])
    assert refused == set(SET_ASIDE)


def test_the_recordings_hold_cases_of_every_exchange():
    built_in = set(exchanges.GROUP.builtins)
    assert {case["exchange"] for case in WITH_QUOTES} == built_in
    # Nobody recorded a book of these two.
    assert {case["exchange"] for case in BOOKS} == built_in - {"bitfinex", "okx"}
