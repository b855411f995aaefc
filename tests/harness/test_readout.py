"""Prices and arbitrage as run.json keeps them, against quotes made by hand."""

import json
from decimal import Decimal

import exchanges
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness import readout as module
from mock_server.market import EPOCH_US, time_us_at

BTC = Pair("BTC", "USD")


def readout(quotes, now_us=EPOCH_US):
    return module.readout(quotes, now_us)


def quote(exchange, bid, ask, pair=BTC, **more):
    return Quote(exchange, pair, Decimal(bid), Decimal(ask), **more)


def test_the_best_bid_and_ask_come_from_where_they_are():
    found = readout([quote("coinbase", "100.10", "100.30"), quote("kraken", "100.00", "100.20")])
    assert found["prices"] == [{
        "pair": "BTC/USD", "bid": "100.10", "bid_exchange": "coinbase", "ask": "100.20", "ask_exchange": "kraken",
        "spread_bps": found["prices"][0]["spread_bps"], "exchanges": ["coinbase", "kraken"],
    }]  # fmt: skip
    # 0.10 on a mid of 100.15.
    assert found["prices"][0]["spread_bps"] == "9.99"


def test_a_route_pays_when_the_gap_beats_both_taker_fees():
    sizes = {"bid_size": Decimal("0.5"), "ask_size": Decimal("0.7")}
    found = readout([quote("coinbase", "110", "111", **sizes), quote("kraken", "99", "100", **sizes)])
    best = found["arbitrage"][0]
    assert (best["pair"], best["buy"], best["sell"], best["ask"], best["bid"]) == (
        "BTC/USD", "kraken", "coinbase", "100", "110",
    )  # fmt: skip
    assert (best["gross_bps"], best["size"], best["verdict"]) == ("1000.00", "0.5", "trade")
    buy, sell = (exchanges.load(name).taker_fee for name in ("kraken", "coinbase"))
    net = (110 * (1 - sell) / (100 * (1 + buy)) - 1) * 10_000
    assert abs(Decimal(best["net_bps"]) - net) < Decimal("0.02")


def test_routes_come_best_net_first_and_keep_those_that_the_fees_eat():
    nets = [
        Decimal(row["net_bps"])
        for row in readout([quote("coinbase", "101", "102"), quote("kraken", "99", "100")])["arbitrage"]
    ]
    assert len(nets) >= 1
    assert nets == sorted(nets, reverse=True)
    assert nets[-1] < 0


def test_dollars_and_tethers_are_never_compared():
    found = readout([quote("kraken", "200", "201"), quote("binance", "100", "101", Pair("BTC", "USDT"))])
    assert found["arbitrage"] == []
    assert [row["pair"] for row in found["prices"]] == ["BTC/USD", "BTC/USDT"]


def test_decimals_stay_exact_and_what_is_missing_is_null():
    found = readout([quote("kraken", "0.10000000", "0.20000000", last=Decimal("0.1500"))])
    assert found["quotes"] == [
        {"exchange": "kraken", "pair": "BTC/USD", "bid": "0.10000000", "ask": "0.20000000", "last": "0.1500"}
    ]
    assert readout([quote("kraken", "1", "2")])["quotes"][0]["last"] is None


def test_the_fees_are_those_of_the_exchanges_that_quoted():
    found = readout([quote("kraken", "1", "2")])
    assert found["taker_fees"] == {"kraken": str(exchanges.load("kraken").taker_fee)}


def test_no_quotes_give_an_empty_readout():
    assert readout([]) == {"quotes": [], "prices": [], "arbitrage": [], "left_out": [], "taker_fees": {}}


def test_a_quote_whose_time_is_an_hour_off_makes_no_price_and_no_route_and_is_listed_with_the_reason():
    hour_us = 3_600_000_000
    quotes = [
        quote("binance", "105", "106", time_us=time_us_at(4.0)),
        quote("coinbase", "110", "111", time_us=time_us_at(4.0) - hour_us),
        quote("kraken", "99", "100"),
    ]
    found = readout(quotes, time_us_at(5.0))
    assert [row["exchanges"] for row in found["prices"]] == [["binance", "kraken"]]
    assert {(row["buy"], row["sell"]) for row in found["arbitrage"]} == {("binance", "kraken"), ("kraken", "binance")}
    (left_out,) = found["left_out"]
    assert (left_out["exchange"], left_out["pair"], left_out["kind"]) == ("coinbase", "BTC/USD", "stale")
    assert "its time is 3601 s behind the exchange's clock" in left_out["reason"]
    assert len(found["quotes"]) == 3


def test_a_quote_that_is_no_price_is_listed_as_left_out():
    (left_out,) = readout([quote("binance", "2", "1"), quote("kraken", "1", "2")])["left_out"]
    assert (left_out["exchange"], left_out["kind"]) == ("binance", "bad_value")
    assert "crossed" in left_out["reason"]


def test_a_readout_is_plain_json():
    json.dumps(readout([quote("coinbase", "110", "111"), quote("kraken", "99", "100")]), allow_nan=False)
