"""What Binance tells of its markets: its clock and its list, with what is not trading."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Instrument, Pair, Request, Response
from exchanges.binance import BINANCE, Binance

INFO = "/api/v3/exchangeInfo"
# The second of the table is not trading.
SOME = tuple(replace(one, trading=place != 1) for place, one in enumerate(BINANCE.instruments[:3]))
HALTED = Binance(instruments=SOME)


def symbol(**changes):
    """An entry of ``exchangeInfo`` with the fields that are read."""
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001000", "stepSize": "0.00001000"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "stepSize": "0.00000000"},
    ]
    entry = {"symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT"}
    return {**entry, "isSpotTradingAllowed": True, "filters": filters, **changes}


def read(*entries, exchange=BINANCE):
    body = json.dumps({"timezone": "UTC", "serverTime": 1754603741167, "symbols": entries}, ensure_ascii=False)
    return exchange.instruments_from(Response(200, body.encode()))


def told(still, target, exchange=HALTED):
    return json.loads(exchange.answer(Request("binance", "", target), still()).body)


def test_the_clock_shows_milliseconds():
    assert BINANCE.time_from(Response(200, b'{"serverTime": 1499827319559}')) == 1_499_827_319_559_000


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"serverTime": "soon"}', b'{"serverTime": null}', b"<html>"])
def test_an_answer_without_a_time_is_a_bad_reply(body):
    with pytest.raises(BadReply):
        BINANCE.time_from(Response(200, body))


def test_an_instrument_has_its_grids_without_the_zeros_that_pad_them():
    assert read(symbol()) == (Instrument(Pair("BTC", "USDT"), "BTCUSDT", Decimal("0.01"), Decimal("0.00001")),)


@pytest.mark.parametrize(
    "change", [{"status": "BREAK"}, {"status": "HALT"}, {"status": "PRE_TRADING"}, {"isSpotTradingAllowed": False}]
)
def test_a_symbol_whose_status_is_another_than_trading_is_listed_and_does_not_trade(change):
    (found,) = read(symbol(**change))
    assert not found.trading


def test_a_symbol_of_a_currency_that_nobody_else_could_write_is_left_out():
    assert read(symbol(symbol="币安人生USDT", baseAsset="币安人生"), symbol()) == read(symbol())


@pytest.mark.parametrize(
    "filters",
    [None, [], [{"filterType": "PRICE_FILTER", "tickSize": "0.01"}], symbol()["filters"] * 2, [7]],
    ids=["null", "none", "one", "twice", "a number"],
)
def test_a_symbol_without_its_two_grids_spoils_the_list(filters):
    with pytest.raises(BadReply) as caught:
        read(symbol(filters=filters))
    assert caught.value.kind == "schema"


def test_what_is_not_trading_stays_in_the_list_and_among_the_tickers(still):
    assert [one["status"] for one in told(still, INFO)["symbols"]] == ["TRADING", "BREAK", "TRADING"]
    assert HALTED.pairs_from(Request("binance", "", "/api/v3/ticker/24hr")) == tuple(one.pair for one in SOME)


@pytest.mark.parametrize(
    ("status", "symbols"), [("TRADING", ["BTCUSDT", "SOLUSDT"]), ("BREAK", ["ETHUSDT"]), ("HALT", [])]
)
def test_symbols_are_chosen_by_their_status(still, status, symbols):
    assert [one["symbol"] for one in told(still, f"{INFO}?symbolStatus={status}")["symbols"]] == symbols
    every = [one.pair for one in SOME if one.symbol in symbols]
    listed = '["BTCUSDT","ETHUSDT","SOLUSDT"]'
    for query in ("", f"&symbols={listed}"):
        target = f"/api/v3/ticker/bookTicker?symbolStatus={status}{query}"
        assert list(HALTED.pairs_from(Request("binance", "", target))) == every


def test_one_symbol_of_another_status_than_was_asked_for_is_an_error():
    ask = "/api/v3/ticker/bookTicker?symbol=ETHUSDT&symbolStatus="
    assert HALTED.pair_from(Request("binance", "", ask + "BREAK")) == SOME[1].pair
    with pytest.raises(LookupError, match="-1220"):
        HALTED.pairs_from(Request("binance", "", ask + "TRADING"))


def test_money_is_quoted_against_money_last():
    assert [str(one.pair) for one in BINANCE.instruments[-4:]] == ["BTC/USDC", "ETH/USDC", "USDC/USDT", "EUR/USDT"]
