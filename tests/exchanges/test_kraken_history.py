"""The past that Kraken shows: trades, spreads and candles."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest

from exchanges import Pair, Quote, Request
from exchanges.kraken import KRAKEN

BTC = Pair("BTC", "USD")
NOW_S = 1_767_225_601
QUOTE = Quote("kraken", BTC, Decimal("91000.0"), Decimal("91010.0"), Decimal("91010.0"))


@pytest.fixture
def told(still):
    """The rows and the "last" of a method for bitcoin."""

    def ask(rest):
        view = still({BTC: QUOTE})
        result = json.loads(KRAKEN.answer(Request("kraken", "", "/0/public/" + rest), view).body)["result"]
        return result.pop("XXBTZUSD"), result["last"]

    return ask


def test_trades_come_oldest_first_each_hundredth_of_a_second_and_end_with_the_last_price(told):
    trades, last = told("Trades?pair=XBTUSD")
    newest = NOW_S * 100 + 50
    assert [trade[6] for trade in trades] == list(range(newest - 999, newest + 1))
    assert trades[-1] == ["91010.00000", "0.00109878", 1767225601.5, "b", "m", "", newest]
    assert last == "1767225601500000000"


def test_trades_since_a_time_begin_there_and_their_last_leads_on_to_the_others(told):
    assert len(told("Trades?pair=XBTUSD&count=3")[0]) == 3
    first, last = told(f"Trades?pair=XBTUSD&since={NOW_S - 2}&count=200")
    assert [first[0][2], first[-1][2]] == [NOW_S - 2 + 0.01, NOW_S]
    second, last = told(f"Trades?pair=XBTUSD&since={last}")
    assert [second[0][2], second[-1][2]] == [NOW_S + 0.01, NOW_S + 0.5]
    assert told(f"Trades?pair=XBTUSD&since={last}")[0] == []


def test_spreads_are_bid_and_ask_of_each_second(told):
    spreads, last = told(f"Spread?pair=XBTUSD&since={NOW_S - 1}")
    assert spreads == [[NOW_S - 1, "91000.00000", "91010.00000"], [NOW_S, "91000.00000", "91010.00000"]]
    assert last == NOW_S


@pytest.mark.parametrize(("query", "width_s"), [("", 60), ("&interval=60", 3600), ("&interval=1440", 86_400)])
def test_candles_are_whole_and_join(query, width_s, told):
    candles, last = told(f"OHLC?pair=XBTUSD{query}")
    assert len(candles) == 720
    starts = [candle[0] for candle in candles]
    assert starts[-1] == NOW_S // width_s * width_s == last + width_s
    assert {later - sooner for sooner, later in pairwise(starts)} == {width_s}
    for _, *prices, _volume, count in candles:
        opened, high, low, closed, mean = map(Decimal, prices)
        assert low <= min(opened, closed) <= mean <= max(opened, closed) < high
        assert count > 0
    assert all(later[1] == sooner[4] for sooner, later in pairwise(candles))


def test_candles_begin_after_since(told):
    candles, _ = told(f"OHLC?pair=XBTUSD&since={NOW_S - 120}")
    assert [candle[0] for candle in candles] == [NOW_S // 60 * 60 - 60, NOW_S // 60 * 60]


def test_a_disturbed_price_of_zero_or_below_is_written_as_it_is(still):
    for price in (Decimal(0), Decimal(-5)):
        view = still({BTC: Quote("kraken", BTC, price, -price, price)})
        for method in ("Trades", "Spread", "OHLC", "Ticker"):
            assert KRAKEN.answer(Request("kraken", "", f"/0/public/{method}?pair=XBTUSD"), view).status == 200
