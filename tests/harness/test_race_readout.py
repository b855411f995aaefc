"""What the prices of a race say: whose batch, at which moment."""

from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.heat import Heat
from harness.quote_rows import row_from_quote
from harness.race_readout import race_readout
from mock_server.market import EPOCH_US, Market

NOW_US = EPOCH_US + 200_000
MARKETS = (("binance", "BTC/USDT"), ("okx", "BTC/USDT"), ("kraken", "BTC/USD"), ("coinbase", "BTC/USD"))


def rows(at_s=0.15, **changed):
    market = Market(7)
    found = {name: market.quote(exchanges.load(name), Pair.parse(pair), at_s) for name, pair in MARKETS}
    return [row_from_quote(changed.get(name, quote)) for name, quote in found.items()]


def raced(scenario, snapshots, **statuses):
    heat = Heat(scenario, (), [], snapshots=snapshots, clocks=dict.fromkeys(snapshots, NOW_US))
    told = [{"name": name, "status": status} for name, status in statuses.items()]
    fastest = next((row["name"] for row in told if row["status"] == "ranked"), None)
    return race_readout(heat, {"strategies": told, "fastest": fastest})


def test_the_readout_is_that_of_the_fastest_arm(scenario):
    found = raced(scenario, {"slow": rows(), "fast": rows()}, slow="tied", fast="ranked")
    assert found["arm"] == "fast"
    assert len(found["quotes"]) == 4
    assert found["routes"]["all"] == 4


def test_where_nothing_is_ranked_it_is_that_of_any_arm_that_may_be_trusted(scenario):
    found = raced(scenario, {"bad": rows(), "fair": rows()}, bad="disqualified", fair="unranked")
    assert found["arm"] == "fair"


@pytest.mark.parametrize("status", ["disqualified", "failed", "skipped"])
def test_there_is_none_of_arms_that_may_not_be_trusted(scenario, status):
    assert raced(scenario, {"bad": rows()}, bad=status) is None


def test_there_is_none_where_no_batch_of_quotes_was_kept(scenario):
    assert raced(scenario, {}, fast="ranked") is None


def test_of_others_clocks_no_more_is_believed_than_their_quotes_tell(scenario):
    elsewhere = replace(scenario, origins=tuple((name, "https://x") for name, _ in MARKETS))
    found = raced(elsewhere, {"fast": rows()}, fast="ranked")
    assert found["clocks"] == {}
    assert {row["age_by"] for row in found["quotes"]} == {"our own clock"}
    assert set(raced(scenario, {"fast": rows()}, fast="ranked")["clocks"]) == {name for name, _ in MARKETS}


def test_ages_are_those_at_the_moment_when_the_batch_was_in_hand(scenario):
    ages = {row["exchange"]: row for row in raced(scenario, {"fast": rows()}, fast="ranked")["quotes"]}
    # Priced 50 ms before; told in whole milliseconds.
    assert ages["binance"]["age_us"] == [49_001, 50_000]
    assert ages["binance"]["age_by"] == "the exchange's time"
    # Kraken tells no time: some moment since the batch began.
    assert ages["kraken"]["age_us"] == [0, 200_000]


def test_where_the_moments_of_a_price_are_kept_its_age_is_told_by_them(scenario):
    # In hand 30 and 0 ms before the last one was, asked for 10 ms earlier.
    moments = [(0.170, 0.160), (0.200, 0.190), (0.170, 0.160), (0.200, 0.190)]
    kept = [[*row, *moment] for row, moment in zip(rows(), moments, strict=True)]
    ages = {row["exchange"]: row for row in raced(scenario, {"fast": kept}, fast="ranked")["quotes"]}
    assert ages["kraken"]["age_us"] == [30_000, 40_000]
    assert ages["binance"]["age_us"] == [49_001, 50_000]


@pytest.mark.parametrize(("off_us", "said"), [(-3_600_000_000, "stale, at least 3600 s old"), (10_000, "ahead of")])
def test_a_lying_clock_is_left_out_with_the_reason(scenario, off_us, said):
    lie = Quote("okx", Pair("BTC", "USDT"), Decimal(1), Decimal(2), time_us=NOW_US + off_us)
    found = raced(scenario, {"fast": rows(okx=lie)}, fast="ranked")
    (left_out,) = found["left_out"]
    assert (left_out["exchange"], left_out["kind"]) == ("okx", "stale")
    assert said in left_out["reason"]
    assert found["routes"]["all"] == 2


def test_fees_are_those_of_the_base_tier_and_the_best_prices_are_what_there_is(scenario):
    found = raced(scenario, {"fast": rows()}, fast="ranked")
    assert found["taker_fees"] == {name: str(exchanges.load(name).taker_fee) for name, _ in sorted(MARKETS)}
    assert found["allowance"]["notional"] is None
