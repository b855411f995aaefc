"""What is fetched: markets in turn, requests with their index, and the way through JSON and back."""

import json
from dataclasses import replace

import pytest

import exchanges
from exchanges.pair import Pair
from harness.scenario import Scenario, markets_for, requests_for

ORIGINS = {name: f"http://127.0.0.1:{port}" for port, name in enumerate(("binance", "coinbase", "kraken"), 43101)}


def test_a_scenario_survives_json(scenario):
    assert Scenario.from_json(json.loads(json.dumps(scenario.to_json()))) == scenario


def test_a_scenario_elsewhere_survives_json_and_has_no_log(scenario):
    elsewhere = replace(scenario, origins=(("kraken", "https://api.kraken.com"),), real=True)
    assert Scenario.from_json(json.loads(json.dumps(elsewhere.to_json()))) == elsewhere
    assert (scenario.is_logged, elsewhere.is_logged) == (True, False)


def test_requests_to_others_carry_nothing_of_ours(scenario):
    elsewhere = replace(scenario, origins=tuple(ORIGINS.items()))
    ours, theirs = requests_for(scenario, ORIGINS), requests_for(elsewhere, ORIGINS)
    assert all("X-Fetchrace-Request" in dict(request.headers) for request in ours)
    assert not any("X-Fetchrace-Request" in dict(request.headers) for request in theirs)
    assert [request.url for request in theirs] == [request.url for request in ours]


def test_a_scenario_names_each_exchange_once_in_order(scenario):
    assert scenario.exchanges == ("binance", "coinbase", "kraken")


def test_exchanges_take_turns_so_that_neighbours_go_to_different_hosts():
    found = markets_for(["binance", "kraken"], 2)
    first, second = (exchanges.load(name).instruments for name in ("binance", "kraken"))
    assert found == (
        ("binance", str(first[0].pair)), ("kraken", str(second[0].pair)),
        ("binance", str(first[1].pair)), ("kraken", str(second[1].pair)),
    )  # fmt: skip


def test_a_pair_is_fetched_wherever_it_is_listed_and_nowhere_else():
    found = markets_for(["binance", "coinbase", "kraken"], [Pair("BTC", "USD")])
    assert found == (("coinbase", "BTC/USD"), ("kraken", "BTC/USD"))


def test_more_pairs_than_an_exchange_lists_are_all_that_it_lists():
    every = sum(len(exchanges.load(name).instruments) for name in ("binance", "kraken"))
    found = markets_for(["binance", "kraken"], 10_000)
    assert len(found) == len(set(found)) == every


def test_no_exchanges_or_no_listed_pairs_give_no_markets():
    assert markets_for([], 5) == ()
    assert markets_for(["binance"], [Pair("NO", "SUCH")]) == ()
    assert markets_for(["binance"], []) == ()


def test_markets_repeat_when_there_are_fewer_than_requests(scenario):
    requests = requests_for(scenario, ORIGINS)
    assert [request.exchange for request in requests] == ["binance", "coinbase", "kraken"] * 2
    assert [request.pairs for request in requests[:3]] == [request.pairs for request in requests[3:]]


def test_requests_stop_in_the_middle_of_a_round(scenario):
    four = Scenario.from_json({**scenario.to_json(), "requests": 4})
    assert [request.exchange for request in requests_for(four, ORIGINS)] == ["binance", "coinbase", "kraken", "binance"]


def test_each_request_goes_to_the_mock_and_carries_its_index(scenario):
    for index, request in enumerate(requests_for(scenario, ORIGINS)):
        assert request.origin == ORIGINS[request.exchange]
        assert request.url.startswith("http://127.0.0.1:431")
        assert request.headers[-1] == ("X-Fetchrace-Request", str(index))
        assert request.pairs == (Pair.parse(scenario.markets[index % 3][1]),)


def test_the_requests_of_a_scenario_are_the_same_every_time(scenario):
    assert requests_for(scenario, ORIGINS) == requests_for(scenario, ORIGINS)


def test_an_exchange_without_an_origin_is_an_error_and_not_the_real_host(scenario):
    with pytest.raises(KeyError, match="kraken"):
        requests_for(scenario, {name: origin for name, origin in ORIGINS.items() if name != "kraken"})


def test_a_scenario_of_an_older_run_moves_in_waves(scenario):
    older = {name: value for name, value in scenario.to_json().items() if name != "motion"}
    assert Scenario.from_json(older).motion == "waves"
