"""Binance's trades and candles: the past, as every endpoint tells it and whenever it is asked for."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest

from exchanges import Pair, Quote, Request
from exchanges.binance import BINANCE
from exchanges.binance.history import TRADE_MS
from mock_server.market import Market
from mock_server.moment import Moment
from mock_server.options import epoch_us_from

BTC = Pair("BTC", "USDT")
NOW_MS = 1_767_225_601_500
QUOTE = Quote(
    "binance", BTC, Decimal(69624), Decimal("69624.01"), Decimal(69624), Decimal("0.0981"), Decimal("8.52891"),
    NOW_MS * 1000,
)  # fmt: skip
MARKET = Market(7)


def answered(still, target):
    return json.loads(BINANCE.answer(Request("binance", "", target), still({BTC: QUOTE})).body)


def told(target, tick, *headers):
    """The parsed body of an answer at a tick of a market that moves."""
    request = Request("binance", "", f"/api/v3/{target}", headers=headers)
    return json.loads(BINANCE.answer(request, Moment(BINANCE, MARKET, tick, BINANCE.entries_in(request))).body)


def test_trades_end_at_the_last_price_and_lie_in_the_past(still):
    for path, price, at in (
        ("trades", "price", "time"),
        ("historicalTrades", "price", "time"),
        ("aggTrades", "p", "T"),
    ):
        trades = answered(still, f"/api/v3/{path}?symbol=BTCUSDT&limit=40")
        assert len(trades) == 40
        assert Decimal(trades[-1][price]) == QUOTE.last
        times = [trade[at] for trade in trades]
        assert times == sorted(times)
        assert times[-1] <= 1_767_225_601_500
    assert len(answered(still, "/api/v3/trades?symbol=BTCUSDT")) == 500


def test_candles_join_and_the_last_one_closes_at_the_last_price(still):
    candles = answered(still, "/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=30")
    assert [len(candle) for candle in candles] == [12] * 30
    assert Decimal(candles[-1][4]) == QUOTE.last
    for before, after in pairwise(candles):
        assert after[0] - before[0] == 300_000 == before[6] + 1 - before[0]
        assert before[4] == after[1]
    for _, opened, high, low, closed, *_ in candles:
        assert float(low) < min(float(opened), float(closed)) <= max(float(opened), float(closed)) < float(high)


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        (f"startTime={NOW_MS - 180_000}", [-120, -60, 0]),
        (f"startTime={NOW_MS - 180_000}&limit=2", [-120, -60]),
        (f"startTime={NOW_MS - 600_000}&endTime={NOW_MS - 480_000}", [-540, -480]),
        (f"endTime={NOW_MS - 3_600_000}&limit=2", [-3660, -3600]),
        (f"startTime={NOW_MS + 60_000}", []),
        ("startTime=99999999999999999999", []),
        (f"startTime={NOW_MS}&endTime=1", []),
    ],
)
def test_candles_of_a_stretch_of_time_begin_within_it_so_that_a_client_that_turns_pages_comes_to_an_end(
    still, query, starts
):
    candles = answered(still, f"/api/v3/klines?symbol=BTCUSDT&interval=1m&{query}")
    current = NOW_MS - NOW_MS % 60_000
    assert [(candle[0] - current) // 1000 for candle in candles] == starts


def test_trades_can_be_read_on_from_a_number_or_a_time(still):
    latest = answered(still, "/api/v3/aggTrades?symbol=BTCUSDT&limit=10")
    after = answered(still, f"/api/v3/aggTrades?symbol=BTCUSDT&fromId={latest[3]['a']}")
    since = answered(still, f"/api/v3/aggTrades?symbol=BTCUSDT&startTime={latest[3]['T']}&endTime={latest[5]['T']}")
    assert (after, since) == (latest[3:], latest[3:6])
    assert answered(still, f"/api/v3/historicalTrades?symbol=BTCUSDT&fromId={latest[-1]['a'] + 1}") == []


def test_a_trade_keeps_its_price_its_size_and_its_time():
    newest = told("trades?symbol=BTCUSDT&limit=60", 500)
    for tick in (501, 600, 5000):
        assert told(f"historicalTrades?symbol=BTCUSDT&limit=60&fromId={newest[0]['id']}", tick) == newest
    assert len({trade["price"] for trade in newest}) > 10


def test_a_trade_is_the_last_price_that_the_ticker_told_at_its_time():
    for tick in (400, 401, 499):
        ticker = told("ticker/24hr?symbol=BTCUSDT", tick)
        (trade,) = told(f"historicalTrades?symbol=BTCUSDT&limit=1&fromId={ticker['lastId']}", 777)
        assert (trade["price"], trade["time"]) == (ticker["lastPrice"], ticker["closeTime"])


def test_a_clock_that_begins_now_begins_where_a_trade_does():
    assert epoch_us_from("now") % (TRADE_MS * 1000) == 0


def test_trades_have_the_same_numbers_and_prices_at_every_endpoint():
    trades = told("trades?symbol=BTCUSDT&limit=20", 500)
    assert told("historicalTrades?symbol=BTCUSDT&limit=20", 500) == trades
    together = told("aggTrades?symbol=BTCUSDT&limit=20", 500)
    assert [(one["a"], one["f"], one["l"], one["p"], one["T"]) for one in together] == [
        (one["id"], one["id"], one["id"], one["price"], one["time"]) for one in trades
    ]
    for path in ("ticker/24hr?", "ticker/24hr?type=MINI&", "ticker?", "ticker/tradingDay?"):
        ticker = told(f"{path}symbol=BTCUSDT", 500)
        assert ticker["lastId"] == trades[-1]["id"]
        assert ticker["lastId"] - ticker["firstId"] + 1 == ticker["count"]


def test_a_candle_that_has_closed_does_not_change():
    before = told("klines?symbol=BTCUSDT&interval=1s&limit=20", 500)[:-1]
    since = before[0][0]
    for tick in (501, 577, 900):
        assert told(f"klines?symbol=BTCUSDT&interval=1s&startTime={since}&limit=19", tick) == before
    assert (
        told("klines?symbol=BTCUSDT&interval=1d&limit=3", 500)[:-1]
        == told("klines?symbol=BTCUSDT&interval=1d&limit=3", 999)[:-1]
    )


def test_the_open_candle_keeps_its_opening_and_closes_at_the_last_price():
    early, late = (told("klines?symbol=BTCUSDT&interval=1m&limit=1", tick)[0] for tick in (100, 200))
    assert early[:2] == late[:2]
    assert late[4] == told("ticker/price?symbol=BTCUSDT", 200)["price"]
    assert (early[8], late[8]) == (101, 201)


def test_a_candle_opens_and_closes_at_trades():
    (candle,) = told("klines?symbol=BTCUSDT&interval=1s&limit=1&endTime=1767225603999", 900)
    opened, closed = (
        told(f"aggTrades?symbol=BTCUSDT&limit=1&startTime={at}", 900)[0]["p"] for at in (candle[0], candle[6] + 1)
    )
    assert (candle[1], candle[4]) == (opened, closed)


MICROS = ("x-mbx-time-unit", "MICROSECOND")


@pytest.mark.parametrize(
    ("target", "times"),
    [
        ("time", lambda body: [body["serverTime"]]),
        ("exchangeInfo", lambda body: [body["serverTime"]]),
        ("avgPrice?symbol=BTCUSDT", lambda body: [body["closeTime"]]),
        ("trades?symbol=BTCUSDT&limit=5", lambda body: [one["time"] for one in body]),
        ("aggTrades?symbol=BTCUSDT&limit=5", lambda body: [one["T"] for one in body]),
        ("klines?symbol=BTCUSDT&interval=1m&limit=5", lambda body: [one[0] for one in body]),
        ("klines?symbol=BTCUSDT&interval=1m&limit=5", lambda body: [one[6] + 1 for one in body]),
        ("ticker/24hr?symbol=BTCUSDT", lambda body: [body["openTime"], body["closeTime"]]),
        ("ticker/24hr?symbol=BTCUSDT&type=MINI", lambda body: [body["openTime"], body["closeTime"]]),
        ("ticker?symbol=BTCUSDT", lambda body: [body["openTime"], body["closeTime"]]),
        ("ticker/tradingDay?symbol=BTCUSDT", lambda body: [body["openTime"], body["closeTime"] + 1]),
    ],
)
def test_every_time_is_told_in_microseconds_where_the_header_asks_for_them(target, times):
    millis, micros = told(target, 50), told(target, 50, MICROS)
    assert times(micros) == [time * 1000 for time in times(millis)]
    assert told(target, 50, ("x-mbx-time-unit", "millisecond")) == millis


def test_a_time_may_be_sent_in_microseconds():
    for unit in ("", "000"):
        found = told(f"aggTrades?symbol=BTCUSDT&startTime=1767225601000{unit}&endTime=1767225601020{unit}", 300)
        assert [one["T"] for one in found] == [1_767_225_601_000, 1_767_225_601_010, 1_767_225_601_020]
