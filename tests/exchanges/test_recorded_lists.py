"""Clocks and lists of markets as real servers sent them, beside what their documentation says of each.

The recordings lie where those of ``test_fixtures`` do; without them these tests are skipped.
"""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

import exchanges
from exchanges import Instrument, Pair, Response

FOLDER = Path(os.environ.get("FETCHRACE_FIXTURES") or Path(__file__).parents[3] / "shared" / "fixtures")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no recordings here; set FETCHRACE_FIXTURES to their folder"
)

# Which recording, how many markets are in it, and one of them: pair, symbol, price step, size step.
LISTS = [
    ("binance-030", 25, "ETH/BTC ETHBTC 0.00001 0.0001"),
    ("binance-031", 8, "LTC/BTC LTCBTC 0.000001 0.001"),
    ("kraken-006", 2, "ETH/BTC ETHXBT 0.00001 0.00000001"),
    ("kraken-006", 2, "BTC/USD XBTUSD 0.1 0.00000001"),
    ("kraken-017", 8, "AAVE/BTC AAVEXBT 0.000001 0.00000001"),
    ("bybit-021", 1, "BTC/USDT BTCUSDT 0.1 0.000001"),
    ("gemini-015", 29, "AAVE/USD aaveusd 0.0001 0.000001"),
    ("kucoin-020", 8, "REQ/ETH REQ-ETH 0.0000001 0.0001"),
    ("gate-017", 8, "IHT/ETH IHT_ETH 0.000000001 0.1"),
    ("okx-016", 8, "ETH/USDT ETH-USDT 0.01 0.000001"),
    ("coinbase_exchange-002", 1, "BTC/USD BTC-USD 0.01 0.00000001"),
    ("coinbase_exchange-008", 8, "1INCH/USD 1INCH-USD 0.001 0.01"),
]
CLOCKS = [
    ("binance-013", 1_499_827_319_559_000),
    ("coinbase-002", 1_709_005_034_333_000),
    ("kraken-003", 1_591_502_873_000_000),
    ("bybit-019", 1_688_639_403_423_213),
    ("kucoin-003", 1_546_837_113_087_000),
    ("gate-002", 1_731_447_921_098_000),
    ("okx-001", 1_621_247_923_668_000),
    ("coinbase_exchange-006", 1_589_270_451_504_000),
]


def recorded(case):
    name = case.rpartition("-")[0]
    cases = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    (body,) = (one["http_response"] for one in cases if one["id"] == case)
    return exchanges.load(name), Response(200, json.dumps(body).encode())


@pytest.mark.parametrize(("case", "markets", "row"), LISTS, ids=[f"{case} {row}" for case, _, row in LISTS])
def test_a_recorded_list_of_markets_is_read_whole_and_each_market_with_its_grids(case, markets, row):
    exchange, response = recorded(case)
    found = exchange.instruments_from(response)
    pair, symbol, price, size = row.split()
    assert len(found) == markets
    assert Instrument(Pair.parse(pair), symbol, Decimal(price), Decimal(size)) in found


@pytest.mark.parametrize(("case", "time_us"), CLOCKS)
def test_a_recorded_clock_is_read_to_the_microsecond(case, time_us):
    exchange, response = recorded(case)
    assert exchange.time_from(response) == time_us


def test_a_list_of_futures_holds_no_spot_market():
    exchange, response = recorded("coinbase-014")
    assert exchange.instruments_from(response) == ()
