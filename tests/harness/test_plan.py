"""The batch plan: the same quotes in fewer requests, as a law; and what each plan spends, by hand."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exchanges
from exchanges.pair import Pair
from harness.exits import UsageError
from harness.plan import for_plan, spent_by
from harness.scenario import Scenario, markets_for, requests_for

LISTED = {name: [str(one.pair) for one in exchanges.load(name).instruments] for name in exchanges.names()}
PLAIN = Scenario("x", (("kraken", "BTC/USD"),), 1, 5, "1ms", 1, 1, 7, 10.0, 1 << 20, "a")


@st.composite
def scenarios(draw):
    names = draw(st.lists(st.sampled_from(sorted(LISTED)), min_size=1, max_size=4, unique=True))
    markets = markets_for(names, draw(st.integers(1, 8)))
    return replace(PLAIN, markets=markets, requests=draw(st.integers(1, 3 * len(markets))))


def asked_for(scenario):
    turns = scenario.turns
    return Counter(
        (turns[index % len(turns)][0], pair)
        for index in range(scenario.requests)
        for pair in turns[index % len(turns)][1]
    )


@given(scenarios())
def test_the_batch_plan_brings_every_quote_as_often_as_single_requests_do(scenario):
    batched = for_plan(scenario, "batch")
    assert asked_for(batched) == asked_for(scenario)
    assert batched.requests <= scenario.requests
    assert spent_by(batched)["quotes"] == spent_by(scenario)["quotes"] == scenario.requests


@given(scenarios())
def test_no_body_has_a_market_twice_and_each_request_is_the_one_the_exchange_has_for_its_pairs(scenario):
    batched = for_plan(scenario, "batch")
    origins = dict.fromkeys(batched.exchanges, "http://127.0.0.1:1")
    requests = requests_for(batched, origins)
    assert len(requests) == batched.requests == len(batched.turns)
    for index, request in enumerate(requests):
        assert len(set(request.pairs)) == len(request.pairs)
        assert (request.exchange, tuple(map(str, request.pairs))) == batched.turns[index]
        assert dict(request.headers)["X-Fetchrace-Request"] == str(index)


def test_where_no_exchange_has_batches_the_plan_is_as_it_was():
    single = replace(PLAIN, markets=markets_for(["coinbase", "gemini"], 3), requests=9)
    assert for_plan(single, "batch").requests == 9


def test_the_single_plan_is_the_scenario_itself_and_a_batched_one_survives_json():
    single = replace(PLAIN, markets=markets_for(["kraken"], 3), requests=9)
    batched = for_plan(single, "batch")
    assert for_plan(single, "single") is single
    assert (batched.name, batched.latency, batched.plan) == (single.name, single.latency, "batch")
    assert Scenario.from_json(json.loads(json.dumps(batched.to_json()))).turns == batched.turns


@pytest.mark.parametrize("workload", ["books", "markets"])
def test_what_has_no_batches_has_no_batch_plan(workload):
    with pytest.raises(UsageError, match=f"expected --workload tickers, found {workload}"):
        for_plan(replace(PLAIN, workload=workload, levels=5), "batch")


def test_an_adapter_whose_batches_lose_a_pair_is_found_before_the_race(monkeypatch):
    kraken = type(exchanges.load("kraken"))
    real = kraken.requests_for
    monkeypatch.setattr(kraken, "requests_for", lambda self, pairs: real(self, pairs[:-1] or pairs))
    # In an order of its own: what was worked out once for the same markets is remembered.
    backwards = markets_for(["kraken"], 4)[::-1]
    with pytest.raises(UsageError, match="does not bring what was asked for"):
        for_plan(replace(PLAIN, markets=backwards, requests=4), "batch")


def test_what_is_spent_is_counted_in_the_exchanges_own_units_and_by_its_own_limit():
    single = replace(PLAIN, markets=markets_for(["binance", "kucoin", "coinbase", "gate"], 5), requests=20)
    before, after = (spent_by(for_plan(single, plan))["by_exchange"] for plan in ("single", "batch"))
    # Binance: 2 a ticker, 2 up to 20 of them; 6,000 a minute. KuCoin: 2 a ticker, 15 for all; 2,000 in 30 s.
    assert {name: (one["requests"], one["weight"]) for name, one in before.items()} == {
        "binance": (5, 10), "kucoin": (5, 10), "coinbase": (5, 5), "gate": (5, 5),
    }  # fmt: skip
    assert {name: (one["requests"], one["weight"]) for name, one in after.items()} == {
        "binance": (1, 2), "kucoin": (1, 15), "coinbase": (5, 5), "gate": (1, 1),
    }  # fmt: skip
    assert before["binance"]["refill_s"] == pytest.approx(10 * 60 / 6000)
    assert after["kucoin"]["refill_s"] == pytest.approx(15 * 30 / 2000)
    assert after["gate"]["untold"] == ["bid_size", "ask_size"]
    assert before["gate"]["untold"] == []


def test_an_exchange_that_counts_nothing_says_its_own_weight_and_no_limit(monkeypatch):
    monkeypatch.setattr(type(exchanges.load("kraken")), "charge_for", lambda self, request: None)
    spent = spent_by(replace(PLAIN, markets=markets_for(["kraken"], 2), requests=2, seed=98))["by_exchange"]["kraken"]
    weight = exchanges.load("kraken").request_for(Pair("BTC", "USD")).weight
    assert (spent["requests"], spent["weight"], spent["refill_s"]) == (2, 2 * weight, None)
