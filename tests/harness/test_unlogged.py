"""What is known of a race without a server's log, and what an arm is held to all the same."""

import copy
import dataclasses

import pytest

from harness.unlogged import breaches, peak, unlogged_measurement


@pytest.fixture
def elsewhere(scenario):
    origins = tuple((name, f"https://{name}.example") for name in scenario.exchanges)
    return dataclasses.replace(scenario, origins=origins, latency="0ms", real=True)


@pytest.fixture
def lone(side):
    """The side file of a worker that asked others' servers."""
    side = copy.deepcopy(side)
    for record in side["batches"]:
        record["server"] = None
    return side


@pytest.fixture
def record(lone):
    return lone["batches"][1]


def test_what_only_a_log_can_tell_is_not_known(lone, elsewhere):
    found = unlogged_measurement(lone, elsewhere, "a", 0, 1)
    assert found.breaches == ()
    assert [batch.time_s for batch in found.batches] == [0.35, 0.31, 0.33]
    for batch in found.batches:
        told = batch.to_json()
        unknown = {
            "bound_s", "held_bound_s", "overshoot_s", "accepted", "connections", "server_cpu", "parts", "skew_s",
            "age_s", "age_p95_s", "signalled", "phantom", "present", "missed", "gap_bps", "turned_away", "voluntary",
            "involuntary",
        }  # fmt: skip
        assert {name for name, value in told.items() if value is None} == unknown
    assert found.parts is None


def test_what_the_client_knows_is_told(lone, elsewhere):
    found = unlogged_measurement(lone, elsewhere, "a", 0, 1)
    assert (found.time_s, found.declared_in_flight, found.open_s) == (0.32, 2, 0.01)
    batch = found.warm[0]
    assert (batch.requests, batch.failures, batch.reached, len(batch.latencies)) == (6, {}, 4, 6)
    assert batch.way_out_s == pytest.approx(0.102)


def test_an_honest_batch_breaks_nothing(record, elsewhere):
    assert breaches(record, elsewhere, 2) == []


def test_a_request_without_an_outcome_is_missed(record, elsewhere):
    record["outcomes"].pop()
    assert breaches(record, elsewhere, 2) == ["returned 5 outcomes for 6 requests"]


@pytest.mark.parametrize(
    "quotes",
    [
        None, 7, [], [["kraken", "BTC/USD", "1", "2"]], [["binance", "ETH/USDT", "1", "2"]],
        [["binance", "BTC/USDT", "x", "2"]], [["binance", "BTC/USDT", "NaN", "2"]],
        [["binance", "BTC/USDT", "-1", "2"]], [["binance", "BTC/USDT", "1"]] * 2,
    ],
)  # fmt: skip
def test_what_is_no_quote_of_the_pair_that_was_asked_for_is_found(record, elsewhere, quotes):
    record["outcomes"][3]["quotes"] = quotes
    (found,) = breaches(record, elsewhere, 2)
    assert found == "has no quotes of what was asked for in 1 of 6 answers; the first: binance BTC/USDT"


def failed(record, *indices):
    for index in indices:
        outcome = record["outcomes"][index]
        del outcome["quotes"]
        outcome |= {"kind": "deadline", "detail": "kraken BTC/USD: nothing came"}


def test_one_failure_in_twenty_is_counted_and_more_put_the_arm_out(record, elsewhere):
    failed(record, 5)
    (found,) = breaches(record, elsewhere, 2)
    assert found == (
        "1 of 6 requests failed (1 deadline), more than the 5 % of a batch that may; the first: kraken BTC/USD: "
        "nothing came"
    )
    many = dataclasses.replace(elsewhere, requests=20)
    record["outcomes"] = [copy.deepcopy(record["outcomes"][index % 3]) for index in range(20)]
    failed(record, 4)
    assert breaches(record, many, 20) == []


def test_a_request_outside_of_its_batch_is_found(record, elsewhere):
    record["outcomes"][0]["ended"] = 0.5
    found = breaches(record, elsewhere, 2)
    assert found[0] == "reports a request from 1.00 ms to 500 ms in a batch of 310 ms"


def test_more_in_flight_than_declared_is_found_by_the_arms_own_account(record, elsewhere):
    (found,) = breaches(record, elsewhere, 1)
    assert found == "has 1.97 requests in flight on average by its own account, 1 allowed"


def test_an_arm_may_have_as_many_in_flight_as_the_scenario_allows_and_no_more(lone, elsewhere):
    lone["declared_in_flight"] = 50
    alone = dataclasses.replace(elsewhere, concurrency=1)
    assert "1 allowed" in unlogged_measurement(lone, alone, "a", 0, 1).breaches[0]


def test_the_most_in_flight_is_that_of_spans_that_overlap():
    def spans(*ends):
        return [{"started": started, "ended": ended} for started, ended in ends]

    assert peak([]) == 0
    assert peak(spans((0, 1), (1, 2), (2, 3))) == 1
    assert peak(spans((0, 3), (1, 2), (2, 4))) == 2
    assert peak(spans((0, 3), (1, 2.5), (2, 4))) == 3


def test_a_batch_without_time_is_nothing_that_a_worker_leaves(lone, elsewhere):
    lone["batches"][0]["time_s"] = 0.0
    with pytest.raises(ValueError, match=r"a batch of 0\.0 s"):
        unlogged_measurement(lone, elsewhere, "a", 0, 1)
