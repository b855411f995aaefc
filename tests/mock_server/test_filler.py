import dataclasses
import json

import pytest

import exchanges
from exchanges import Pair
from exchanges.binance import Binance
from exchanges.instruments import instruments_from
from mock_server.filler import spelling_of, with_filler
from mock_server.market import Market
from mock_server.moment import Moment

NAMES = exchanges.names()
EXCHANGES = [exchanges.load(name) for name in NAMES]


@pytest.mark.parametrize("exchange", EXCHANGES, ids=NAMES)
def test_an_exchange_lists_its_own_markets_first_and_then_invented_ones_in_its_spelling(exchange):
    own = exchange.instruments
    filled = with_filler(exchange, 300)
    assert filled.instruments[: len(own)] == own
    assert len(filled.instruments) == 300
    assert len({one.symbol for one in filled.instruments}) == len({one.pair for one in filled.instruments}) == 300
    invented = filled.instruments[len(own) :]
    assert not {one.pair.base for one in invented} & {one.pair.base for each in EXCHANGES for one in each.instruments}
    assert {one.pair.quote for one in invented} <= {one.pair.quote for one in own}
    assert all(Pair.parse(str(one.pair)) == one.pair for one in invented)
    assert min(one.price_step for one in own) <= min(one.price_step for one in invented)
    assert min(one.size_step for one in own) <= min(one.size_step for one in invented)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=NAMES)
def test_an_invented_market_is_quoted_and_read_like_any_other(exchange):
    filled, market = with_filler(exchange, 300), Market(7)
    for one in filled.instruments[::23]:
        request = filled.request_for(one.pair)
        quote = market.quote(filled, one.pair, 0.5)
        assert filled.pair_from(request) == one.pair
        assert filled.quote_from(one.pair, filled.answer(request, Moment(filled, market, 50))) == quote


@pytest.mark.parametrize("exchange", EXCHANGES, ids=NAMES)
def test_the_prices_of_the_exchange_s_own_markets_do_not_change(exchange):
    filled = with_filler(exchange, 100)
    pair = exchange.instruments[3].pair
    assert Market(7).quote(filled, pair, 1.0) == Market(7).quote(exchange, pair, 1.0)


def test_three_thousand_markets_of_binance_are_between_one_and_two_megabytes():
    filled = with_filler(exchanges.load("binance"), 3000)
    body = filled.answer(filled.market_request(), Moment(filled, Market(7), 0, 3000)).body
    assert 1_000_000 < len(body) < 2_000_000
    assert len(json.loads(body)) == 3000


def test_the_same_number_gives_the_same_markets_and_a_larger_one_more_of_them():
    binance = exchanges.load("binance")
    few, many = with_filler(binance, 100), with_filler(binance, 2000)
    assert many.instruments[:100] == few.instruments == with_filler(binance, 100).instruments


def test_an_exchange_that_lists_enough_is_left_alone():
    binance = exchanges.load("binance")
    assert with_filler(binance, 5) is binance
    assert with_filler(binance, 0) is binance


@pytest.mark.parametrize(
    ("rows", "symbol"),
    [
        ("BTC/USD BTCUSD 1 1", "BABUSD"),
        ("BTC/USD BTC-USD 1 1", "BAB-USD"),
        ("BTC/USD BTC_USD 1 1", "BAB_USD"),
        ("BTC/USD btcusd 1 1", "babusd"),
        ("BTC/USD tBTCUSD 1 1", "tBABUSD"),
        ("BTC/USD XBTUSD 1 1\n ETH/USD ETHUSD 1 1", "BABUSD"),
    ],
)
def test_the_spelling_is_read_off_the_table(rows, symbol):
    (invented,) = with_filler(Binance(instruments=instruments_from(rows)), rows.count("/") + 1).instruments[-1:]
    assert invented.symbol == symbol


def test_an_exchange_whose_spelling_is_a_riddle_is_left_alone():
    riddle = Binance(instruments=instruments_from("BTC/USD M1 1 1\n ETH/USD M2 1 1\n SOL/USD SOLUSD 1 1"))
    assert spelling_of(riddle) is None
    assert with_filler(riddle, 100) is riddle


def test_a_guest_that_takes_no_instruments_is_left_alone():
    class Guest:
        name, instruments = "guest", exchanges.load("binance").instruments

    guest = Guest()
    assert not dataclasses.is_dataclass(guest)
    assert with_filler(guest, 100) is guest
