"""Prices and arbitrage as run.json keeps them, against prices made by hand."""

import json
from decimal import ROUND_UP, Context, Decimal, localcontext

import pytest

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.allowance import Allowance
from harness.exchange_clock import ExchangeClock
from harness.readout import readout
from harness.seen import Seen
from harness.sighting import Sighting
from mock_server.market import EPOCH_US

BTC = Pair("BTC", "USD")
S, HOUR_US = 1_000_000, 3_600_000_000
NOW_US = 50 * S
FEES = {name: Decimal("0.001") for name in ("binance", "bitstamp", "coinbase", "kraken")}


def quote(exchange, bid, ask, pair=BTC, **more):
    return Quote(exchange, pair, Decimal(bid), Decimal(ask), **more)


def sized(exchange, bid, ask, size="1", pair=BTC):
    return quote(exchange, bid, ask, pair, bid_size=Decimal(size), ask_size=Decimal(size))


def read(*quotes, clocks=None, halted=frozenset(), allowance=None, most_routes=None):
    sightings = [Sighting(one, NOW_US - 3_000, NOW_US - 1_000) for one in quotes]
    return readout(Seen(sightings, NOW_US, clocks or {}, halted), FEES, allowance or Allowance(), most_routes)


def test_the_best_bid_and_ask_come_from_where_they_are():
    # 0.10 on a mid of 100.15.
    assert read(quote("coinbase", "100.10", "100.30"), quote("kraken", "100.00", "100.20"))["prices"] == [{
        "pair": "BTC/USD", "bid": "100.10", "bid_exchange": "coinbase", "ask": "100.20", "ask_exchange": "kraken",
        "spread_bps": "9.99", "exchanges": ["coinbase", "kraken"], "age_us": [1_000, 3_000],
    }]  # fmt: skip


def test_a_route_has_every_figure_and_the_reasons():
    found = read(sized("coinbase", "110", "111", "0.5"), sized("kraken", "99", "100", "0.7"))
    assert found["arbitrage"][0] == {
        "pair": "BTC/USD", "buy": "kraken", "sell": "coinbase", "sell_pair": "BTC/USD", "ask": "100", "bid": "110",
        "through": None, "gross_bps": "1000.00", "depth_bps": "0.00", "fee_bps": "21.98", "allowance_bps": "0.00",
        # 110 less 0.1 % over 100 and 0.1 %: 109.89 / 100.1 is 1.09780219780219780...
        "net_bps": "978.02", "net_exact_bps": "978.0219780219780219780219780", "size": "0.5", "whole": True,
        "spent": "50", "profit": "4.895", "money": "USD", "buy_price": "100", "sell_price": "110",
        "skew_us": 2_000, "age_us": 3_000, "verdict": "trade",
        "reason": "trade: 978.02 bps after fees for up to 0.50 BTC", "why": [],
    }  # fmt: skip
    back = found["arbitrage"][1]
    assert (back["buy"], back["sell"], back["verdict"]) == ("coinbase", "kraken", "no overlap")
    assert back["why"] == [back["reason"], "besides, taker fees: coinbase 10.00, kraken 10.00"]


def test_a_route_through_other_money_says_through_which_market():
    found = read(
        sized("kraken", "99", "100"), sized("binance", "110", "111", pair=Pair("BTC", "USDT")),
        sized("bitstamp", "0.99", "1.01", "500", Pair("USDT", "USD")),
    )  # fmt: skip
    there = next(row for row in found["arbitrage"] if row["buy"] == "kraken")
    assert (there["pair"], there["sell_pair"], there["money"]) == ("BTC/USD", "BTC/USDT", "USD")
    assert there["through"] == {
        "exchange": "bitstamp", "pair": "USDT/USD", "side": "bid", "price": "0.99", "fee": "0.001"
    }  # fmt: skip
    back = next(row for row in found["arbitrage"] if row["buy"] == "binance")
    assert (back["through"]["side"], back["through"]["price"]) == ("ask", "1.01")


def test_dollars_and_tethers_are_never_compared_without_a_market_between_them():
    found = read(quote("kraken", "200", "201"), quote("binance", "100", "101", Pair("BTC", "USDT")))
    assert found["arbitrage"] == []
    assert found["not_compared"] == ["USD and USDT are not compared: no market between them is among the prices"]
    assert [row["pair"] for row in found["prices"]] == ["BTC/USD", "BTC/USDT"]


def test_routes_come_best_net_first_and_all_are_counted_though_only_some_are_kept():
    quotes = [sized("coinbase", "101", "102"), sized("kraken", "99", "100"), quote("binance", "100.9", "101.5")]
    found = read(*quotes)
    nets = [Decimal(row["net_exact_bps"]) for row in found["arbitrage"]]
    assert nets == sorted(nets, reverse=True)
    # Up from kraken to the two others, down and between these not; binance says no sizes.
    assert found["routes"] == {"all": 6, "gross": 2, "net": 2, "trade": 1}
    short = read(*quotes, most_routes=2)
    assert short["arbitrage"] == found["arbitrage"][:2]
    assert short["routes"] == found["routes"]


def test_decimals_stay_exact_and_what_is_missing_is_null():
    (row,) = read(quote("kraken", "0.10000000", "0.20000000", last=Decimal("0.1500"), bid_size=Decimal(7)))["quotes"]
    assert row == {
        "exchange": "kraken", "pair": "BTC/USD", "bid": "0.10000000", "ask": "0.20000000", "last": "0.1500",
        "bid_size": "7", "ask_size": None, "time_us": None, "age_us": [1_000, 3_000], "age_by": "our own clock",
    }  # fmt: skip


def test_fees_clocks_and_allowance_are_kept_with_the_prices():
    clocks = {"kraken": ExchangeClock(5, 2), "okx": ExchangeClock(1, 1)}
    found = read(quote("kraken", "1", "2"), clocks=clocks, allowance=Allowance(Decimal("1E+3"), 7, 8, Decimal("0.50")))
    assert found["taker_fees"] == {"kraken": "0.001"}
    assert found["clocks"] == {"kraken": {"offset_us": 5, "error_us": 2}}
    assert found["allowance"] == {
        "notional": "1000", "most_age_us": 7, "most_skew_us": 8, "drift_bps_per_s": "0.50"
    }  # fmt: skip


def test_nothing_seen_is_an_empty_readout():
    assert {key: value for key, value in read().items() if value and key != "allowance"} == {
        "routes": {"all": 0, "gross": 0, "net": 0, "trade": 0}
    }  # fmt: skip


@pytest.mark.parametrize(("bad", "kind", "said"), [
    (quote("coinbase", "110", "111", time_us=EPOCH_US - HOUR_US), "stale", "stale, at least 3600 s old by the"),
    (quote("coinbase", "110", "111", time_us=EPOCH_US + HOUR_US), "stale", "3600 s ahead of the exchange's clock"),
    (quote("coinbase", "112", "111"), "bad_value", "crossed, its bid 112 is above its ask 111"),
    (quote("coinbase", "110", "0"), "bad_value", "one-sided, expected an ask above zero, found 0"),
    (quote("coinbase", "110", "111", Pair("ETH", "USD")), "halted", "halted, the exchange lists it"),
])  # fmt: skip
def test_what_is_unfit_for_use_makes_no_price_and_no_route_and_is_listed_with_the_reason(bad, kind, said):
    clocks = {"coinbase": ExchangeClock(EPOCH_US - NOW_US, 0)}
    good = [sized(name, "105", "106", pair=bad.pair) for name in ("binance", "kraken")]
    halted = frozenset({("coinbase", Pair("ETH", "USD"))})
    found = read(*good, bad, clocks=clocks, halted=halted)
    assert [row["exchanges"] for row in found["prices"]] == [["binance", "kraken"]]
    assert {row["buy"] for row in found["arbitrage"]} == {"binance", "kraken"}
    (left_out,) = found["left_out"]
    assert (left_out["exchange"], left_out["pair"], left_out["kind"]) == ("coinbase", str(bad.pair), kind)
    assert left_out["reason"].startswith(f"coinbase {bad.pair}: ")
    assert said in left_out["reason"]
    assert len(found["quotes"]) == 3


def test_a_price_that_nobody_can_date_is_left_out_as_unverifiable():
    slow = Sighting(sized("kraken", "1", "2"), NOW_US - 6 * S, NOW_US)
    (left_out,) = readout(Seen([slow], NOW_US, {}), FEES, Allowance())["left_out"]
    assert left_out["reason"].startswith("kraken BTC/USD: unverifiable, 0 ms to 6.00 s old by our own clock")


def test_the_age_in_the_row_is_the_one_that_the_price_was_left_out_for():
    # Bitstamp shows no clock: three of its quotes say what it is, and the fourth is an hour behind them.
    pairs = [Pair(base, "USD") for base in ("BTC", "ETH", "SOL", "XRP")]
    times = [EPOCH_US, EPOCH_US, EPOCH_US, EPOCH_US - HOUR_US]
    found = read(*(quote("bitstamp", "1", "2", pair, time_us=at) for pair, at in zip(pairs, times, strict=True)))
    assert [row["pair"] for row in found["left_out"]] == ["XRP/USD"]
    old = next(row for row in found["quotes"] if row["pair"] == "XRP/USD")
    assert old["age_by"] == "the exchange's time"
    assert old["age_us"][0] > 3_590 * S


def test_a_readout_is_plain_json_without_a_float():
    def no_float(text):
        raise AssertionError(f"a float: {text}")

    found = read(sized("coinbase", "110", "111"), quote("kraken", "99", "100"), quote("binance", "NaN", "1"))
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text, parse_float=no_float) == found


def test_the_callers_decimal_context_changes_nothing():
    quotes = sized("coinbase", "110.123456", "111", "0.123456"), sized("kraken", "99.7", "100.3", "0.7")
    expected = read(*quotes)
    with localcontext(Context(prec=3, rounding=ROUND_UP)):
        assert read(*quotes) == expected


def test_a_hair_below_nothing_is_not_written_as_minus_nothing():
    # 100 sold for 99.9999999: a hundred-thousandth of a basis point is lost, before fees.
    rows = read(sized("coinbase", "99.9999999", "111"), sized("kraken", "99", "100"))["arbitrage"]
    assert rows[0]["gross_bps"] == "0.00"
