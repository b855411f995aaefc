"""The past that Coinbase shows: trades between two times, and candles."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from exchanges import Pair, Quote, Request
from exchanges.coinbase import COINBASE

BTC = Pair("BTC", "USD")
NOW_S = 1_767_225_600
QUOTE = Quote("coinbase", BTC, Decimal("91000.00"), Decimal("91010.00"), Decimal("91010.00"), time_us=NOW_S * 10**6 + 9)
OF_BITCOIN = "/api/v3/brokerage/market/products/BTC-USD/"


@pytest.fixture
def told(still):
    """The parsed answer of what follows the product in a target."""
    view = still({BTC: QUOTE}, time_us=QUOTE.time_us)
    return lambda rest: json.loads(COINBASE.answer(Request("coinbase", "", OF_BITCOIN + rest), view).body)


def time_of(trade):
    """In seconds since 1970."""
    return datetime.fromisoformat(trade["time"]).astimezone(UTC).timestamp()


def test_the_newest_trade_is_the_quotes_and_each_tick_before_it_was_one(told):
    trades = told("ticker?limit=4")["trades"]
    assert [trade["time"][17:] for trade in trades] == ["00.000009Z", "00.000000Z", "59.990000Z", "59.980000Z"]
    assert [trade["trade_id"] for trade in trades[1:]] == ["1767225600000", "1767225599990", "1767225599980"]
    assert {(trade["side"], trade["price"]) for trade in trades} == {("BUY", "91010.00")}


def test_trades_keep_within_start_and_end(told):
    trades = told(f"ticker?limit=1000&start={NOW_S - 12}&end={NOW_S - 10}")["trades"]
    assert len(trades) == 201
    assert (time_of(trades[0]), time_of(trades[-1])) == (NOW_S - 10, NOW_S - 12)


def test_before_the_beginning_nobody_traded(told):
    trades = told("ticker?limit=3&start=0&end=0")["trades"]
    assert [trade["time"] for trade in trades] == ["1970-01-01T00:00:00.000000Z"]


def test_an_end_in_the_future_changes_nothing(told):
    assert told(f"ticker?limit=3&end={NOW_S + 99}") == told("ticker?limit=3")


def test_candles_come_newest_first_on_whole_multiples_of_their_width(told):
    candles = told(f"candles?start={NOW_S - 900}&end={NOW_S + 10}&granularity=FIVE_MINUTE")["candles"]
    assert [int(candle["start"]) for candle in candles] == [NOW_S - back for back in (0, 300, 600, 900)]
    for candle in candles:
        low, high = Decimal(candle["low"]), Decimal(candle["high"])
        assert low <= min(Decimal(candle["open"]), Decimal(candle["close"]))
        assert max(Decimal(candle["open"]), Decimal(candle["close"])) < high
    for newer, older in pairwise(candles):
        assert newer["open"] == older["close"]


def test_what_is_to_come_is_not_told(told):
    assert told(f"candles?start={NOW_S + 60}&end={NOW_S + 600}&granularity=ONE_MINUTE") == {"candles": []}
    assert told("candles?start=4102444000&end=4102444800&granularity=ONE_MINUTE") == {"candles": []}
    assert told(f"ticker?limit=9&start={NOW_S + 1}&end={NOW_S + 99}")["trades"] == []


def test_there_are_as_many_candles_as_the_limit_says_the_newest_and_at_most_350(told):
    asked = f"candles?start={NOW_S - 350 * 60}&end={NOW_S}&granularity=ONE_MINUTE"
    candles = told(asked)["candles"]
    assert len(candles) == len(told(asked + "&limit=999")["candles"]) == 350
    assert told(asked + "&limit=3")["candles"] == candles[:3]


def test_a_time_of_more_than_350_candles_is_an_invalid_argument(told):
    wide = f"candles?start={NOW_S - 351 * 60}&end={NOW_S}&granularity=ONE_MINUTE"
    with pytest.raises(LookupError, match="at most 350 candles"):
        told(wide)
    refusal = COINBASE.refusal_for("not_found", Request("coinbase", "", OF_BITCOIN + wide))
    assert (refusal.status, json.loads(refusal.body)["error"]) == (400, "INVALID_ARGUMENT")
