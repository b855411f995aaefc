"""How long a race rests between two batches of others' servers, and what it spends of their limits."""

import dataclasses

import pytest

import exchanges
from exchanges.limit import Charge, RateLimit
from harness import pace
from harness.exits import UsageError
from harness.heat import block_estimate_s

REAL = {"real": True, "origins": (("kraken", "https://api.kraken.com"),), "latency": "0ms"}


@pytest.fixture
def elsewhere(scenario):
    """A scenario of so many requests to Kraken, which grants 15 at once and one more each second."""
    return lambda requests=6, **more: dataclasses.replace(
        scenario, markets=(("kraken", "BTC/USD"),), requests=requests, **{**REAL, **more}
    )


def test_a_batch_is_paid_off_at_half_of_what_the_exchange_grants(elsewhere):
    (one,) = pace.spendings(elsewhere(6))
    assert (one.exchange, one.weight, one.requests, one.limit.capacity, one.limit.per_s) == ("kraken", 6, 6, 15, 15.0)
    assert pace.pause_s([elsewhere(6)]) == 12.0
    assert pace.pause_s([elsewhere(3), elsewhere(7), elsewhere(1)]) == 14.0


def test_servers_of_ones_own_are_not_spared(elsewhere):
    assert pace.spendings(elsewhere(500, real=False)) == []
    assert pace.pause_s([elsewhere(500, real=False)]) == 0.0
    assert pace.said([elsewhere(500, real=False)], [9]) == ""
    pace.check([elsewhere(500, real=False)])


def test_weights_are_those_of_the_requests_and_each_budget_counts_for_itself(scenario):
    both = dataclasses.replace(scenario, real=True, origins=(("binance", "https://x"),), requests=7)
    found = {one.exchange: (one.requests, one.weight) for one in pace.spendings(both)}
    assert found == {"binance": (3, 6), "coinbase": (2, 2), "kraken": (2, 2)}
    assert pace.pause_s([both]) == pytest.approx(4.0)  # Kraken's two of fifteen in 15 s, at half


def test_a_batch_that_takes_more_than_three_quarters_at_once_is_refused_with_what_would_do(elsewhere):
    pace.check([elsewhere(11)])
    with pytest.raises(UsageError) as refused:
        pace.check([elsewhere(11), elsewhere(12)])
    assert str(refused.value) == (
        "one batch of 12 requests would take 12 of the 15 that kraken grants in 15 s, expected at most 75 % of it: try "
        "--requests 11 or fewer, or leave kraken out (--exchange); nothing was asked"
    )


def test_what_a_race_spends_is_told_beforehand(elsewhere):
    assert pace.said([elsewhere(6), elsewhere(3)], [10, 4]) == (
        "at most 50 % of what an exchange grants, so that there is a rest of 12 s between two batches, for the sake of "
        "kraken; in all kraken 72 (15 in 15 s granted)"
    )


def test_the_rests_are_in_the_estimate(elsewhere):
    resting = block_estimate_s(elsewhere(6), {"a": 2})
    assert resting == pytest.approx(block_estimate_s(elsewhere(6, real=False), {"a": 2}) + 3 * 12.0)


def most_in_a_span(limit, weight, took_s, batches=40):
    """The oracle: batches of ``weight`` single units spread over ``took_s``, rests between them, and the most of them
    that any span of ``per_s`` meets, whether it begins with a unit or ends with one."""
    rest_s = pace.Spending("x", "y", weight, weight, limit).pause_s
    units, at = [], 0.0
    for _ in range(batches):
        units += [at + took_s * unit / max(1, weight - 1) for unit in range(weight)]
        at = units[-1] + rest_s
    within = [sum(begin <= unit < begin + limit.per_s * (1 - 1e-9) for unit in units) for begin in units]
    return max(within), weight * batches * limit.per_s / at


@pytest.mark.parametrize("weight", [1, 3, 5, 6, 7])
@pytest.mark.parametrize("took_s", [0.0, 0.4, 3.0])
def test_no_span_meets_more_than_is_granted_and_half_is_left_over_time(weight, took_s):
    limit = RateLimit(10, 1.0)
    most, over_time = most_in_a_span(limit, weight, took_s)
    assert most <= limit.capacity
    assert over_time <= pace.SHARE * limit.capacity * (1 + 1e-9)


def test_a_bucket_never_runs_dry_at_this_pace():
    limit = RateLimit(15, 15.0)
    left = float(limit.capacity)
    rest_s = pace.Spending("kraken", "public", 11, 11, limit).pause_s
    for _ in range(50):
        left -= 11
        assert left >= 0
        left = min(limit.capacity, left + rest_s * limit.capacity / limit.per_s)


def test_the_example_of_the_help_fits_every_exchange_that_is_raced_by_default(scenario):
    names = ("binance", "coinbase", "kraken")
    markets = tuple((name, str(exchanges.load(name).instruments[0].pair)) for name in names)
    pace.check([dataclasses.replace(scenario, markets=markets, requests=20, real=True, origins=(("kraken", "x"),))])


def test_what_an_exchange_does_not_count_is_no_spending(elsewhere, monkeypatch):
    kraken = exchanges.load("kraken")
    monkeypatch.setattr(type(kraken), "charge_for", lambda self, request: None)
    assert pace.spendings(elsewhere(6)) == []
    heavy = Charge("b", 200, RateLimit(100, 1.0))
    monkeypatch.setattr(type(kraken), "charge_for", lambda self, request: heavy)
    with pytest.raises(UsageError, match="nothing less will do"):
        pace.check([elsewhere(1)])
