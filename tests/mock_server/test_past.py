"""The past of a market: whatever was once told of it is told again."""

import json

import pytest

from exchanges import Pair, Request
from exchanges.coinbase import COINBASE
from exchanges.kraken import KRAKEN
from exchanges.reading import time_text_for
from mock_server.market import Market, time_us_at
from mock_server.moment import Moment

BTC = Pair("BTC", "USD")
OF_BITCOIN = "/api/v3/brokerage/market/products/BTC-USD/"


@pytest.fixture(scope="module")
def market():
    return Market(7)


def told(exchange, market, tick, target, entries=1):
    """The parsed answer at a tick."""
    return json.loads(exchange.answer(Request(exchange.name, "", target), Moment(exchange, market, tick, entries)).body)


def of_kraken(market, tick, method):
    return told(KRAKEN, market, tick, f"/0/public/{method}pair=XBTUSD")["result"]["XXBTZUSD"]


@pytest.mark.parametrize("tick_s", [0.01, 0.007, 0.0015])
def test_an_earlier_moment_is_that_of_the_last_tick_whose_time_is_not_later(tick_s):
    market = Market(7, tick_s=tick_s)
    now = Moment(KRAKEN, market, 300)
    for tick in (-5, 0, 1, 299, 300):
        then = Moment(KRAKEN, market, tick)
        assert now.at(then.time_us).quote(BTC) == now.at(then.time_us + 999).quote(BTC) == then.quote(BTC)
        assert now.at(then.time_us).time_us == then.time_us
        assert now.at(then.time_us - 1).time_us < then.time_us


def test_what_is_to_come_stands_as_it_does_now(market):
    now = Moment(KRAKEN, market, 250, 101)
    assert now.at(now.time_us + 10**9).time_us == now.time_us == time_us_at(2.0)
    assert now.at(now.time_us + 500_000).quote(BTC) == now.quote(BTC)


def test_no_fault_changes_the_past(market):
    now = Moment(KRAKEN, market, 9, changes=(lambda quote: None,))
    assert now.at(now.time_us).quote(BTC) == Moment(KRAKEN, market, 9).quote(BTC)


@pytest.mark.parametrize("tick_s", [0.01, 0.007])
def test_every_newest_trade_of_coinbase_is_found_again_under_its_number(tick_s):
    market = Market(7, tick_s=tick_s)
    newest = [told(COINBASE, market, tick, OF_BITCOIN + "ticker")["trades"] for tick in range(40)]
    assert len({trade["price"] for (trade,) in newest}) > 10
    older = told(COINBASE, market, 45, OF_BITCOIN + "ticker?limit=46")["trades"]
    assert older[::-1][:40] == [trade for (trade,) in newest]
    end = told(COINBASE, market, 950, OF_BITCOIN + "ticker?limit=1&end=1767225600")["trades"]
    assert end == newest[0]


@pytest.mark.parametrize(
    ("exchange", "target", "rows_of"),
    [
        (COINBASE, OF_BITCOIN + "candles?start=1767225000&end=1767229000&granularity=ONE_MINUTE", "candles"),
        (COINBASE, OF_BITCOIN + "candles?start=1767000000&end=1769000000&granularity=ONE_DAY", "candles"),
        (KRAKEN, "/0/public/OHLC?pair=XBTUSD&since=1767225000", "result"),
        (KRAKEN, "/0/public/OHLC?pair=XBTUSD&since=1766000000&interval=1440", "result"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_candle_that_has_closed_stays_as_it_is_and_an_open_one_keeps_its_opening(exchange, target, rows_of, market):
    def candles(tick):
        found = told(exchange, market, tick, target)[rows_of]
        return found["XXBTZUSD"] if rows_of == "result" else found[::-1]

    def opening(candle):
        return candle[:2] if rows_of == "result" else (candle["start"], candle["open"])

    sooner, later = candles(130), candles(6200)
    assert sooner[:-1] == later[: len(sooner) - 1] != []
    assert opening(sooner[-1]) == opening(later[len(sooner) - 1])
    assert sooner[-1] != later[len(sooner) - 1]


def test_what_kraken_last_traded_at_is_found_again_among_its_trades(market):
    last = [of_kraken(market, tick, "Ticker?")["c"][0] for tick in range(60)]
    sooner, later = (of_kraken(market, tick, "Trades?count=100&") for tick in (59, 80))
    assert [trade[0] for trade in sooner[-60:]] == last
    assert later[19:79] == sooner[-60:]


def test_a_spread_that_kraken_once_told_is_told_again(market):
    sooner, later = (of_kraken(market, tick, "Spread?") for tick in (130, 480))
    assert sooner[3:] == later[:-3]
    assert len({spread[1] for spread in later}) > 100


def test_the_day_of_krakens_ticker_opens_where_its_daily_candle_does(market):
    ticker, candle = of_kraken(market, 200, "Ticker?"), of_kraken(market, 777, "OHLC?interval=1440&")[-1]
    assert float(ticker["o"]) == float(candle[1])
    assert float(ticker["l"][0]) < float(candle[3]) <= float(candle[2]) < float(ticker["h"][0])


@pytest.mark.parametrize("levels", [50, 500])
def test_coinbases_book_its_last_price_and_its_time_are_of_one_moment(levels, market):
    target = f"/api/v3/brokerage/market/product_book?product_id=BTC-USD&limit={levels}"
    book = told(COINBASE, market, 150, target, levels)
    then = Moment(COINBASE, market, 150 if levels <= 100 else 100)
    assert (book["last"], book["pricebook"]["time"]) == (
        f"{then.quote(BTC).last:f}",
        time_text_for(then.time_us),
    )
