import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import exchanges
from harness.allowance import Allowance
from harness.live.document import Setting, market_document, moment_text
from harness.live.invented import InventedSource
from harness.live.reckoner import Judgement, reckoned
from harness.readout import prices_readout, readout

MARKETS = [("binance", "BTC/USDT"), ("kraken", "BTC/USDT")]
FEES = {name: exchanges.load(name).taker_fee for name in ("binance", "kraken")}
JUDGEMENT = Judgement(Allowance(Decimal(1000)), FEES)


def document_of(reading):
    prices = prices_readout(reading.seen, FEES, JUDGEMENT.allowance)
    routes = reckoned(reading, JUDGEMENT).routes
    return market_document(reading, Setting(False, "invented", 3.0), prices, routes, None, {"told": []}, None, 7)


def test_it_is_plain_values_with_exact_decimals_and_whole_microseconds():
    reading = InventedSource(MARKETS).turn(100.0, datetime(2026, 11, 30, 22, 30, 1, 250_000, UTC))
    document = json.loads(json.dumps(document_of(reading), allow_nan=False))
    assert (document["schema"], document["version"], document["at"]) == (1, 7, "2026-11-30T22:30:01.250Z")
    assert document["now_us"] == 100_000_000
    assert document["markets"][0] == {
        "exchange": "binance", "pair": "BTC/USDT", "freshness": "fresh", "bid": "100.07", "ask": "100.10",
        "last": "100.08", "age_us": 20_000, "error": None, "mids": ["100.01", "100.08"],
    }  # fmt: skip
    assert document["reading"]["sentence"] == "2 of 2 exchanges answered"
    assert [one["name"] for one in document["engine"]["exchanges"]] == ["binance", "kraken"]


def test_its_readout_is_that_of_a_run_and_says_at_which_moment_its_routes_were_worked_out():
    reading = InventedSource(MARKETS).turn(100.0)
    whole = readout(reading.seen, FEES, JUDGEMENT.allowance)
    assert document_of(reading)["readout"] == {**whole, "now_us": 100_000_000}


def test_a_time_is_utc_to_the_millisecond():
    somewhere = datetime(2026, 11, 30, 23, 30, 1, 999_999, timezone(timedelta(hours=1)))
    assert moment_text(somewhere) == "2026-11-30T22:30:01.999Z"
