"""What slowness costs, where all is known: batches made by hand, the market's own formula, and fractions for money."""

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from statistics import fmean

import pytest

import exchanges
from exchanges.pair import Pair
from harness.decision import Decision, decision_of, numbers_of_decisions, used_at
from harness.quote_rows import row_from_quote
from harness.scenario import Scenario, markets_for
from harness.signal import Signal
from harness.true_market import true_market

NAMES = ("binance", "coinbase", "kraken")
PAIRS = [Pair.parse(f"{coin}/{money}") for money in ("USD", "USDT") for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE")]
MARKETS = markets_for(NAMES, PAIRS)
BEGAN = 50.0
ONE_BY_ONE = tuple(0.02 + 0.09 * place for place in range(len(MARKETS)))
AT_ONCE = tuple(0.02 + 0.001 * place for place in range(len(MARKETS)))


def scenario(motion="waves", markets=MARKETS, **more):
    plain = {
        "name": "quick", "markets": markets, "requests": len(markets), "concurrency": 2, "latency": "20ms", "blocks": 1,
        "warm": 1, "seed": 7, "deadline_s": 10.0, "max_body": 4096, "baseline": "sequential", "motion": motion,
    }  # fmt: skip
    return Scenario(**{**plain, **more})


def batch(raced, replied, used=None, failed=(), block=0, number=1):
    """(record, log) of a batch whose answers left at ``replied``, seconds on the market's clock, which had run for
    0.3 s when the batch began."""
    market, outcomes, log = true_market(raced, block, number), [], []
    for index, at_s in enumerate(replied):
        name, pair = raced.markets[index % len(raced.markets)]
        priced_at = market.tick(at_s) * market.tick_s
        quote = market.quote(exchanges.load(name), Pair.parse(pair), priced_at)
        answer = {"kind": "deadline"} if index in failed else {"quotes": [row_from_quote(quote)]}
        outcomes.append({"started": 0.0, "ended": at_s, **answer})
        log.append({"index": index, "priced_at": priced_at})
    used = max(replied) + 0.005 if used is None else used
    record = {"began": BEGAN + 0.3, "time_s": used - 0.3, "outcomes": outcomes, "server": {"batch": {"began": BEGAN}}}
    return record, log


def decided(raced, *how, block=0, number=1, **more):
    return decision_of(
        *batch(raced, *how, block=block, number=number, **more), raced, true_market(raced, block, number)
    )


def gain(buy, sell):
    fees = [Fraction(exchanges.load(quote.exchange).taker_fee) for quote in (buy, sell)]
    return Fraction(sell.bid) * (1 - fees[1]) - Fraction(buy.ask) * (1 + fees[0])


def found_in(quotes):
    return {
        Signal(buy.pair, buy.exchange, sell.exchange)
        for buy, sell in permutations(quotes, 2)
        if buy.pair == sell.pair and gain(buy, sell) > 0
    }


@pytest.mark.parametrize("replied", [ONE_BY_ONE, AT_ONCE], ids=["one by one", "at once"])
@pytest.mark.parametrize("seed", range(5))
def test_in_a_market_that_stands_still_nothing_is_phantom_or_missed_and_the_gap_is_exactly_nothing(replied, seed):
    found = decided(scenario("still", seed=seed), replied)
    assert (found.phantom, found.missed, found.gap_bps) == (0, 0, 0.0)
    assert found.skew_s > 0.015


@pytest.mark.parametrize("slope", [10, -4, 250])
@pytest.mark.parametrize("replied", [ONE_BY_ONE, AT_ONCE], ids=["one by one", "at once"])
def test_along_a_line_the_gap_is_the_slope_times_the_skew_of_the_pair_that_is_furthest_apart(replied, slope):
    raced = scenario(f"linear:{slope}bp/s")
    found = decided(raced, replied)
    ticks = {market: int(at_s * 100 + 1e-9) / 100 for market, at_s in zip(MARKETS, replied, strict=True)}
    skews = [
        max(times) - min(times)
        for pair in PAIRS
        for times in [[at_s for (_, its), at_s in ticks.items() if its == str(pair)]]
        if len(times) > 1
    ]
    # A step of the grid is up to 1 basis point of these pairs; a ratio of exchanges is 1 but for 3 basis points.
    assert found.gap_bps == pytest.approx(abs(slope) * max(skews), rel=abs(slope) * 3e-4, abs=1.2)


@pytest.mark.parametrize("motion", ["waves", "waves:5"])
def test_signals_are_counted_as_fractions_count_them(motion):
    raced, counted = scenario(motion), 0
    for number in range(1, 9):
        found = decided(raced, ONE_BY_ONE, number=number)
        market, used = true_market(raced, 0, number), max(ONE_BY_ONE) + 0.005
        seen, true = (
            found_in([
                market.quote(exchanges.load(name), Pair.parse(pair), at_s)
                for (name, pair), at_s in zip(MARKETS, times, strict=True)
            ])
            for times in (ONE_BY_ONE, [used] * len(MARKETS))
        )  # fmt: skip
        assert (found.signalled, found.present) == (len(seen), len(true))
        assert (found.phantom, found.missed) == (len(seen - true), len(true - seen))
        counted += len(seen) + len(true)
    assert counted > 10


def test_a_batch_that_is_there_at_once_and_used_at_once_has_all_signals_and_no_other_ones():
    raced = scenario("waves:5")
    for number in range(1, 30):
        found = decided(raced, [0.501] * len(MARKETS), 0.508, number=number)
        assert (found.phantom, found.missed, found.gap_bps, found.skew_s) == (0, 0, 0.0, 0.0)


def test_times_are_those_of_the_market_s_clock():
    found = decided(scenario(), AT_ONCE, 0.25)
    ages = [0.25 - int(at_s * 100 + 1e-9) / 100 for at_s in AT_ONCE]
    assert found.age_s == pytest.approx(fmean(ages))
    assert found.age_p95_s == pytest.approx(0.23)
    assert found.skew_s == pytest.approx(max(ages) - min(ages))
    assert used_at(batch(scenario(), AT_ONCE, 0.25)[0]) == pytest.approx(0.25)


def test_where_markets_repeat_the_newest_quote_of_each_is_used():
    markets = (("coinbase", "BTC/USD"), ("kraken", "BTC/USD"))
    raced = scenario("linear:100bp/s", markets, requests=4)
    # The second round's answers overtake nothing: 0.9 and 0.5 are newer than 0.1 and 0.2.
    found = decided(raced, (0.1, 0.2, 0.9, 0.5), 1.0)
    assert found.skew_s == pytest.approx(0.4)
    assert found.gap_bps == pytest.approx(40, rel=0.02)
    assert decided(raced, (0.9, 0.5, 0.1, 0.2), 1.0) == found


def test_what_failed_is_missed_and_no_part_of_the_snapshot():
    raced = scenario("waves")
    for number in range(1, 40):
        found = decided(raced, AT_ONCE, number=number, failed=range(len(MARKETS)))
        assert (found.signalled, found.phantom, found.gap_bps, found.skew_s, found.age_s) == (0, 0, None, None, None)
        assert found.missed == found.present
        if found.present:
            break
    assert found.present


def test_pairs_of_one_exchange_alone_are_nothing_to_decide_upon_and_still_have_an_age():
    alone = scenario(markets=(("binance", "BTC/USDT"), ("kraken", "BTC/USD")))
    found = decided(alone, (0.1, 0.2), 0.3)
    assert (found.skew_s, found.age_s) == pytest.approx((0.1, 0.15))
    assert found.signalled is found.phantom is found.present is found.missed is found.gap_bps is None


def test_markets_beyond_the_requests_of_a_batch_are_not_missed():
    few = scenario(requests=2, markets=(("coinbase", "BTC/USD"), ("binance", "BTC/USDT"), ("kraken", "BTC/USD")))
    assert decided(few, (0.1, 0.2), 0.3).present is None


@pytest.mark.parametrize("row", [
    None, [], ["kraken"], ["kraken", "BTC/USD", "nan", "1"], ["kraken", "BTC/USD", "-1", "1"],
    ["kraken", "BTC/USD", "0", "1"], ["kraken", "BTC/USD", None, "1"], ["kraken", "BTC/USD", "1_0", []],
    ["binance", "BTC/USD", "1", "2"], ["kraken", "ETH/USD", "1", "2"], ["kraken", "BTC/USD", "Infinity", "Infinity"],
], ids=str)  # fmt: skip
def test_what_is_no_quote_of_what_was_asked_for_is_not_in_hand(row):
    markets = (("coinbase", "BTC/USD"), ("kraken", "BTC/USD"))
    raced = scenario("still", markets)
    record, log = batch(raced, (0.1, 0.2))
    record["outcomes"][1]["quotes"] = [row]
    found = decision_of(record, log, raced, true_market(raced, 0, 1))
    assert (found.skew_s, found.signalled, found.gap_bps) == (0.0, 0, None)


def test_a_price_of_a_hundred_thousand_digits_is_decided_upon_without_an_error():
    markets = (("coinbase", "BTC/USD"), ("kraken", "BTC/USD"))
    raced = scenario("still", markets)
    record, log = batch(raced, (0.1, 0.2))
    record["outcomes"][1]["quotes"] = [["kraken", "BTC/USD", "9" * 100_000, "9" * 100_000]]
    assert decision_of(record, log, raced, true_market(raced, 0, 1)).phantom == 1


def test_an_arm_s_numbers_are_medians_over_blocks_and_sums_of_counts():
    one = Decision(0.1, 0.2, 0.3, 4, 1, 5, 2, 7.0)
    blocks = [
        [one, replace(one, skew_s=0.3, gap_bps=9.0)], [replace(one, skew_s=0.5, phantom=0)],
        [replace(one, skew_s=0.9, missed=5, age_p95_s=0.1)],
    ]  # fmt: skip
    found = numbers_of_decisions(blocks)
    assert (found["skew_s"], found["age_s"], found["age_p95_s"], found["gap_bps"]) == pytest.approx(
        (0.5, 0.2, 0.3, 7.0)
    )
    assert [found[name] for name in ("signalled", "phantom", "present", "missed")] == [16, 3, 20, 11]
    assert found["phantom_share"]["estimate"] == pytest.approx(3 / 16)
    assert found["missed_share"]["low"] < 11 / 20 < found["missed_share"]["high"]


def test_an_arm_without_comparable_pairs_has_times_and_no_counts():
    found = numbers_of_decisions([[Decision(0.1, 0.2, 0.3)]])
    assert (found["skew_s"], found["age_s"], found["age_p95_s"]) == (0.1, 0.2, 0.3)
    assert {found[name] for name in set(found) - {"skew_s", "age_s", "age_p95_s"}} == {None}


def test_batches_that_brought_nothing_have_no_say_in_times_and_the_gap():
    nothing, one = Decision(signalled=0, phantom=0, present=3, missed=3), Decision(0.1, 0.2, 0.3, 0, 0, 3, 3, 7.0)
    found = numbers_of_decisions([[nothing, one], [nothing]])
    assert [found[name] for name in ("skew_s", "age_s", "age_p95_s", "gap_bps")] == [0.1, 0.2, 0.3, 7.0]
    assert (found["present"], found["missed"]) == (9, 9)
    found = numbers_of_decisions([[nothing], [nothing]])
    assert [found[name] for name in ("skew_s", "age_s", "age_p95_s", "gap_bps")] == [None] * 4
    assert found["missed_share"]["estimate"] == 1.0


def test_the_blocks_are_what_a_share_s_interval_counts_by():
    one, other = Decision(0.1, 0.2, 0.3, 8, 8, 8, 0, 7.0), Decision(0.1, 0.2, 0.3, 8, 0, 8, 0, 7.0)
    by_block = numbers_of_decisions([[one] * 3, [other] * 3, [one] * 3, [other] * 3])["phantom_share"]
    assert by_block == numbers_of_decisions([[one], [other], [one], [other]])["phantom_share"]


def test_a_share_of_nothing_is_null():
    found = numbers_of_decisions([[Decision(0.1, 0.2, 0.3, 0, 0, 3, 3, 0.0)]])
    assert (found["phantom_share"], found["missed_share"]["estimate"]) == (None, 1.0)


def test_the_books_of_the_market_are_decided_upon_by_their_best_levels():
    markets = (("coinbase", "BTC/USD"), ("kraken", "BTC/USD"))
    raced = scenario("still", markets, workload="books", levels=5)
    record, log = batch(raced, (0.1, 0.2))
    assert decision_of(record, log, raced, true_market(raced, 0, 1)).gap_bps == 0.0


def test_a_body_of_all_markets_brings_the_quotes_that_were_wanted_of_it():
    markets = (("binance", "BTC/USDT"), ("kraken", "BTC/USDT"), ("binance", "ETH/USDT"), ("kraken", "ETH/USDT"))
    raced = scenario("linear:100bp/s", markets, workload="markets", requests=2)
    market, record, log = true_market(raced, 0, 1), {"began": BEGAN, "time_s": 0.6, "outcomes": []}, []
    for index, (name, at_s) in enumerate([("binance", 0.0), ("kraken", 0.5)]):
        quotes = [market.quote(exchanges.load(name), Pair.parse(pair), at_s) for pair in ("BTC/USDT", "ETH/USDT")]
        record["outcomes"].append({"quotes": [row_from_quote(quote) for quote in quotes]})
        log.append({"index": index, "priced_at": at_s})
    record["server"] = {"batch": {"began": BEGAN}}
    found = decision_of(record, log, raced, market)
    assert found.gap_bps == pytest.approx(50, rel=0.02)
    assert found.age_s == pytest.approx(0.35)
    assert found.signalled == 0
