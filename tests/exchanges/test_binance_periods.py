"""Binance's calendar: candles of weeks and months, windows and trading days."""

import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from exchanges import Request
from exchanges.binance import BINANCE
from exchanges.binance.periods import INTERVALS_MS, periods_of
from mock_server.market import Market
from mock_server.moment import Moment

# The mock's clock begins at 2026-01-01T00:00:00Z, a Thursday; this is seven and a half seconds later.
NOW_MS = 1_767_225_607_500


def told(target):
    view = Moment(BINANCE, Market(7), 750)
    return json.loads(BINANCE.answer(Request("binance", "", f"/api/v3/{target}"), view).body)


def date_of(time_ms):
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%a %d %b %Y %H:%M")


@pytest.mark.parametrize(
    ("query", "opened"),
    [
        ("interval=1w", ["Mon 15 Dec 2025 00:00", "Mon 22 Dec 2025 00:00", "Mon 29 Dec 2025 00:00"]),
        ("interval=1M", ["Sat 01 Nov 2025 00:00", "Mon 01 Dec 2025 00:00", "Thu 01 Jan 2026 00:00"]),
        ("interval=1M&startTime=1701388800001",
         ["Mon 01 Jan 2024 00:00", "Thu 01 Feb 2024 00:00", "Fri 01 Mar 2024 00:00"]),
        ("interval=1M&timeZone=8", ["Fri 31 Oct 2025 16:00", "Sun 30 Nov 2025 16:00", "Wed 31 Dec 2025 16:00"]),
        ("interval=1d&timeZone=-1:00", ["Mon 29 Dec 2025 01:00", "Tue 30 Dec 2025 01:00", "Wed 31 Dec 2025 01:00"]),
        ("interval=1d&timeZone=05:45", ["Mon 29 Dec 2025 18:15", "Tue 30 Dec 2025 18:15", "Wed 31 Dec 2025 18:15"]),
    ],
)  # fmt: skip
def test_candles_open_where_the_calendar_says(query, opened):
    candles = told(f"klines?symbol=BTCUSDT&limit=3&{query}")
    assert [date_of(candle[0]) for candle in candles] == opened
    assert all(before[6] + 1 == after[0] for before, after in pairwise(candles))


@pytest.mark.parametrize("interval", INTERVALS_MS)
@pytest.mark.parametrize("zone_ms", [0, 20_700_000, -43_200_000])
def test_every_time_lies_in_the_period_of_its_number(interval, zone_ms):
    periods = periods_of(interval, zone_ms)
    for time_ms in (0, 1, 86_399_999, NOW_MS, 4_107_542_399_999):
        number = periods.number_at(time_ms)
        assert periods.start_ms(number) <= time_ms < periods.start_ms(number + 1)


@pytest.mark.parametrize(
    ("query", "length_ms"), [("", 86_400_000), ("&windowSize=1h", 3_600_000), ("&windowSize=59m", 3_540_000)]
)
def test_a_window_begins_on_a_whole_minute_and_is_at_most_a_minute_longer_than_asked(query, length_ms):
    window = told(f"ticker?symbol=BTCUSDT{query}")
    assert window["closeTime"] == NOW_MS
    assert window["openTime"] % 60_000 == 0
    assert length_ms <= window["closeTime"] - window["openTime"] < length_ms + 60_000


@pytest.mark.parametrize(
    ("query", "opened"), [("", "Thu 01 Jan 2026 00:00"), ("&timeZone=-5", "Wed 31 Dec 2025 05:00")]
)
def test_a_trading_day_is_a_day_of_the_calendar_from_midnight_to_midnight(query, opened):
    day = told(f"ticker/tradingDay?symbol=BTCUSDT{query}")
    assert date_of(day["openTime"]) == opened
    assert day["closeTime"] - day["openTime"] == 86_400_000 - 1
    (candle,) = told(f"klines?symbol=BTCUSDT&interval=1d&limit=1{query}")
    same = [day[field] for field in ("openTime", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume")]
    assert same == candle[:6]
    assert day["count"] == candle[8]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("ticker?symbol=BTCUSDT&windowSize=banana", "windowSize"),
        ("ticker?symbol=BTCUSDT&windowSize=60m", "windowSize"),
        ("ticker?symbol=BTCUSDT&windowSize=8d", "windowSize"),
        ("ticker?symbol=BTCUSDT&windowSize=0h", "windowSize"),
        ("ticker/tradingDay?symbol=BTCUSDT&timeZone=banana", "timeZone"),
        ("ticker/tradingDay?symbol=BTCUSDT&timeZone=14:01", "timeZone"),
        ("klines?symbol=BTCUSDT&interval=1d&timeZone=-13", "timeZone"),
    ],
)
def test_a_window_or_a_time_zone_that_is_none_is_refused(target, field):
    request = Request("binance", "", f"/api/v3/{target}")
    with pytest.raises(LookupError):
        BINANCE.pairs_from(request)
    refusal = BINANCE.refusal_for("not_found", request)
    assert refusal.status == 400
    assert json.loads(refusal.body) == {"code": -1130, "msg": f"Data sent for parameter '{field}' is not valid."}
