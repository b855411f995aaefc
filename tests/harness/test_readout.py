"""Prices and arbitrage as run.json keeps them, against quotes made by hand."""

import json
from decimal import Decimal

import exchanges
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.readout import readout

BTC = Pair("BTC", "USD")


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
    assert readout([]) == {"quotes": [], "prices": [], "arbitrage": [], "taker_fees": {}}


def test_a_readout_is_plain_json():
    json.dumps(readout([quote("coinbase", "110", "111"), quote("kraken", "99", "100")]), allow_nan=False)
