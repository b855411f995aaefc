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
    return lambda rest: json.loads(
        COINBASE.answer(Request("coinbase", "", OF_BITCOIN + rest), still({BTC: QUOTE})).body
    )


def second_of(trade):
    return int(datetime.fromisoformat(trade["time"]).astimezone(UTC).timestamp())


def test_trades_go_back_a_second_each_and_change_sides_between_bid_and_ask(told):
    trades = told("ticker?limit=5")["trades"]
    assert [second_of(trade) for trade in trades] == [NOW_S - back for back in range(5)]
    assert {(trade["side"], trade["price"]) for trade in trades[1:]} == {("BUY", "91010.00"), ("SELL", "91000.00")}
    assert len({trade["trade_id"] for trade in trades}) == 5


def test_trades_keep_within_start_and_end(told):
    trades = told(f"ticker?limit=100&start={NOW_S - 20}&end={NOW_S - 10}")["trades"]
    assert [second_of(trade) for trade in trades] == list(range(NOW_S - 11, NOW_S - 21, -1))


def test_before_the_beginning_nobody_traded(told):
    reply = told("ticker?limit=3&start=0&end=0")
    assert reply == {"trades": [], "best_bid": "91000.00", "best_ask": "91010.00"}


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


def test_there_are_at_most_350_candles(told):
    assert len(told(f"candles?start=0&end={NOW_S}&granularity=ONE_MINUTE")["candles"]) == 350
