"""Why this is not a trade: every verdict, and every line."""

from decimal import Decimal
from typing import get_args

import pytest

from harness.allowance import Allowance
from harness.arbitrage import opportunities
from harness.opportunity import Verdict

FEES = {name: Decimal(fee) for name, fee in [("kraken", "0.001"), ("coinbase", "0.0026"), ("bitstamp", "0.002")]}
SELL_IN_TETHERS = {"pair": "BTC/USDT"}
S = 1_000_000

# What is changed of buying at 100 on kraken and selling at 101 on coinbase, with 2 and 3 coins on offer; the verdict,
# and every line of why.
UNBELIEVABLE = (
    "unbelievable: 1001.00 bps between prices of one thing; perhaps the two list different things as BTC, or one of "
    "them does not trade it"
)
CASES = {
    "trade": ({}, {}, {}, []),
    "no overlap": (
        {}, {"bid": "100"}, {},
        [
            "no overlap: the bid 100.00 on coinbase is not above the ask 100.00 on kraken (0.00 bps)",
            "besides, taker fees: kraken 10.00, coinbase 26.00",
        ],
    ),
    "unbelievable": (
        {}, {"bid": "110.01"}, {},
        [UNBELIEVABLE],
    ),
    "depth eats it": (
        # 1 at 100 and 450 / 110 at 110, of which kraken takes thousandths: 5.09 coins for 549.9, worth 514.09.
        {"bids": "90 x 1", "asks": "100 x 1, 110 x 10"}, {"bid_size": 20}, {"notional": Decimal(550)},
        ["depth eats it: 100.00 bps at the best prices are -651.21 at this size"],
    ),
    "fees eat it": (
        {}, {"bid": "100.1"}, {},
        ["fees eat it: 10.00 bps before fees are -26.00 bps after them; taker fees: kraken 10.00, coinbase 26.00"],
    ),
    "drift eats it": (
        {"age": (9 * S, 10 * S)}, {"age": (10 * S, 10 * S)}, {"drift_bps_per_s": Decimal(10)},
        ["drift eats it: 63.68 bps after fees are -36.32 after 10 bps for each second of age"],
    ),
    "apart": (
        {"age": (0, 5_000)}, {"age": (1_500_000, 2 * S)}, {},
        ["apart: the prices may be 2.00 s from each other, at most 1.00 s are allowed"],
    ),
    "size unknown": (
        {}, {"bid_size": None}, {},
        ["size unknown: 63.68 bps after fees, but coinbase gave no usable size"],
    ),
    "no size": (
        {}, {"bid_size": 0}, {},
        ["no size: 63.68 bps after fees, but nothing is on offer at these prices"],
    ),
}  # fmt: skip


def routes(usable, buy, sell, allowed, *others, fees=FEES):
    buy = {"ask": "100", "ask_size": 2, "bid": "90", **buy}
    sell = {"bid": "101", "bid_size": 3, "ask": "200", **sell}
    legs = [usable("kraken", **buy), usable("coinbase", **sell), *others]
    found, _ = opportunities(legs, fees, Allowance(most_skew_us=S, **allowed))
    return next(one for one in found if one.buy.quote.exchange == "kraken" and one.buy.quote.pair.base == "BTC")


@pytest.mark.parametrize("verdict", CASES)
def test_the_verdict_says_why_not_with_a_line_for_it(usable, verdict):
    *conditions, lines = CASES[verdict]
    found = routes(usable, *conditions)
    assert found.verdict == verdict
    assert list(found.why) == lines
    assert found.reason == (lines[0] if lines else "trade: 63.68 bps after fees for up to 2.00 BTC")
    assert found.pays == (verdict in ("trade", "unbelievable", "apart", "size unknown", "no size"))


@pytest.fixture
def between(usable):
    return lambda **more: usable("bitstamp", pair="USDT/USD", **more)


def test_a_conversion_that_cannot_take_it_all_is_too_thin(usable, between):
    found = routes(usable, {}, SELL_IN_TETHERS, {}, between(bids="1 x 100", asks="1.1 x 100"))
    assert found.verdict == "too thin"
    assert found.why == ("too thin: the known levels of USDT/USD on bitstamp do not take all of the USDT",)
    assert not found.whole


def test_a_conversion_of_unknown_depth_is_a_size_unknown(usable, between):
    found = routes(usable, {}, SELL_IN_TETHERS, {}, between(bid="1", ask="1.1"))
    assert found.verdict == "size unknown"
    assert found.why == ("size unknown: nobody says how much USDT USDT/USD on bitstamp would take",)


def test_every_verdict_has_a_test_here():
    assert {*CASES, "too thin"} == set(get_args(Verdict))


def test_a_trade_through_other_money_says_so(usable, between):
    # 202 USDT less 0.26 % are 201.4748 USD, less 0.2 % 201.0718504; for 200 USD and 0.1 %, 200.2.
    found = routes(usable, {}, SELL_IN_TETHERS, {}, between(bids="1 x 1000", asks="1.1 x 100"))
    assert found.reason == "trade: 43.55 bps after fees through USDT/USD on bitstamp for up to 2.00 BTC"


def test_no_overlap_through_other_money_says_what_the_bid_is_worth(usable, between):
    found = routes(usable, {}, SELL_IN_TETHERS, {}, between(bids="0.98 x 1000", asks="1.1 x 100"))
    assert found.reason == (
        "no overlap: the bid 101.00 USDT on coinbase (98.98 USD through USDT/USD on bitstamp) is not above the ask "
        "100.00 on kraken (-102.00 bps)"
    )


def test_the_fees_of_all_three_markets_are_told(usable, between):
    found = routes(usable, {}, {**SELL_IN_TETHERS, "bid": "100.5"}, {}, between(bids="1 x 1000", asks="1.1 x 100"))
    # 201 USDT less 0.26 % and 0.2 % are 200.0764452 USD, for 200.2.
    assert found.reason == (
        "fees eat it: 50.00 bps before fees are -6.17 bps after them; taker fees: kraken 10.00, coinbase 26.00, "
        "bitstamp 20.00"
    )


def test_what_depth_takes_of_a_loss_is_told_with_the_fees(usable):
    # 1 at 100 and 1 at 101 are 201 for 202, 49.75 bps; with fees 203.01 for 201.4748.
    found = routes(usable, {"bids": "90 x 1", "asks": "100 x 1, 101 x 10"}, {}, {"notional": Decimal(201)},
                   fees={**FEES, "kraken": Decimal("0.01")})  # fmt: skip
    assert found.reason == (
        "fees eat it: 100.00 bps before fees are -75.62 bps after them (50.25 of them by depth); taker fees: kraken "
        "100.00, coinbase 26.00"
    )


def test_all_obstacles_are_listed_what_costs_money_first(usable, between):
    # The fees take more than there is, the prices are old and apart, coinbase says no size.
    found = routes(
        usable, {"age": (4 * S, 4 * S)}, {"bid": "100.1", "bid_size": None, "age": (0, 0)},
        {"drift_bps_per_s": Decimal(1)},
    )  # fmt: skip
    assert found.why == (
        "fees eat it: 10.00 bps before fees are -26.00 bps after them; taker fees: kraken 10.00, coinbase 26.00",
        "apart: the prices may be 4.00 s from each other, at most 1.00 s are allowed",
        "size unknown: -30.00 bps after fees and drift, but coinbase gave no usable size",
    )
    assert (found.verdict, found.reason) == ("fees eat it", found.why[0])
    doubtful = routes(
        usable, {"age": (4 * S, 4 * S)}, SELL_IN_TETHERS, {}, between(bids="1 x 100", asks="1.1 x 100", age=(0, S))
    )  # fmt: skip
    assert [line.partition(":")[0] for line in doubtful.why] == ["apart", "too thin"]


def test_both_exchanges_are_named_where_neither_says_a_size(usable):
    found = routes(usable, {"ask_size": "NaN"}, {"bid_size": None}, {})
    assert found.reason == "size unknown: 63.68 bps after fees, but coinbase and kraken gave no usable size"
    assert (found.size, found.spent, found.profit, found.whole) == (None, None, None, False)


def test_less_than_exchanges_take_is_no_size_and_not_nothing_on_offer(usable):
    # Kraken sells thousandths of a coin; 0.05 buy five ten-thousandths.
    found = routes(usable, {}, {}, {"notional": Decimal("0.05")})
    assert found.verdict == "no size"
    assert found.reason == (
        "no size: 63.68 bps after fees, but 0.0005 BTC are less than the least that both take (kraken 0.001 and "
        "coinbase 0.00000001)"
    )
    assert (found.size, found.spent, found.profit, found.whole) == (0, 0, 0, False)


def test_a_trade_that_takes_all_that_is_known_says_so(usable):
    found = routes(usable, {}, {}, {"notional": Decimal(1000)})
    assert found.reason == (
        "trade: 63.68 bps after fees for up to 2.00 BTC, which is all that the known levels hold"
    )  # fmt: skip
    assert not found.whole


def test_a_gain_of_exactly_nothing_is_no_trade(usable):
    found = routes(usable, {}, {"bid": "125"}, {}, fees={"kraken": Decimal(0), "coinbase": Decimal("0.2")})
    assert (found.net_bps, found.verdict) == (0, "fees eat it")


def test_skew_is_between_two_prices_and_not_within_one(usable):
    # One may be from 0 to 900 ms old, the other is 300 ms old: at most 600 ms lie between them.
    found = routes(usable, {"age": (0, 900_000)}, {"age": (300_000, 300_000)}, {})
    assert (found.skew_us, found.age_us) == (600_000, 900_000)
    both = routes(usable, {"age": (0, 900_000)}, {"age": (100_000, 700_000)}, {})
    assert both.skew_us == 800_000


def test_the_market_that_converts_counts_among_the_ages(usable, between):
    old = between(bids="1 x 1000", asks="1.1 x 100", age=(2 * S, 3 * S))
    found = routes(usable, {}, SELL_IN_TETHERS, {}, old)
    assert (found.age_us, found.skew_us, found.verdict) == (3 * S, 3 * S, "apart")
