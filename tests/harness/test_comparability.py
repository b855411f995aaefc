"""What may be compared with what."""

import pytest

from harness.comparability import differences, draws, same_races, shortcomings, unfit, warnings
from harness.report.entries import RunEntry, ScenarioEntry

LABELS = ("A", "B")


@pytest.fixture
def entry(run_of):
    """A scenario's entry in run.json."""
    return lambda **conditions: run_of(**conditions)["scenarios"][0]


def test_the_same_race_has_no_differences(entry):
    assert differences(entry(), entry(), LABELS) == []


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"requests": 12}, "requests 6 in A and 12 in B"),
        ({"concurrency": 3}, "concurrency 2 in A and 3 in B"),
        ({"latency": "50ms"}, "latency 100ms in A and 50ms in B"),
        ({"workload": "books", "levels": 10}, "workload tickers in A and books in B"),
        ({"levels": 5}, "levels 0 in A and 5 in B"),
        ({"listed": 3000}, "listed 0 in A and 3000 in B"),
        ({"faults": "kraken:429@0.1"}, "faults none in A and kraken:429@0.1 in B"),
        ({"tls": True}, "tls off in A and on in B"),
        ({"markets": [["binance", "BTC/USDT"]]}, "exchanges binance,coinbase,kraken in A and binance in B"),
        (
            {"markets": [["binance", "ETH/USDT"], ["coinbase", "BTC/USD"], ["kraken", "BTC/USD"]]},
            "pairs BTC/USDT,BTC/USD in A and ETH/USDT,BTC/USD in B",
        ),
        ({"affinity": "split"}, "affinity free in A and split in B"),
        ({"baseline": "slow"}, "baseline sequential in A and slow in B"),
    ],
)
def test_another_condition_is_another_race_and_is_named(entry, conditions, said):
    found = differences(entry(), {**entry(), **conditions}, LABELS)
    assert said in found


@pytest.mark.parametrize("same", [{"name": "other"}, {"blocks": 9}, {"warm": 1}, {"deadline_s": 1.0}, {"max_body": 9}])
def test_how_long_is_measured_and_what_ends_no_request_are_no_conditions(entry, same):
    assert differences(entry(), {**entry(), **same}, LABELS) == []


def test_with_faults_the_deadline_is_a_condition(entry):
    one = {**entry(), "faults": "kraken:drip-body"}
    assert differences(one, {**one, "deadline_s": 1.0}, LABELS) == ["deadline_s 10.0 in A and 1.0 in B"]


def test_what_an_older_file_does_not_name_takes_its_default(entry):
    older = {
        key: value
        for key, value in entry().items()
        if key not in ("workload", "levels", "listed", "faults", "tls", "affinity")
    }
    assert differences(older, entry(), LABELS) == []
    assert unfit(ScenarioEntry(older)) is None


def test_another_seed_matters_only_where_it_draws_delays_or_faults(entry):
    assert differences(entry(), entry(seed=8), LABELS) == []
    (said,) = differences(entry(latency="uniform:10ms,20ms"), entry(latency="uniform:10ms,20ms", seed=8), LABELS)
    assert said == "seed 7 in A and 8 in B, which draws other delays (uniform:10ms,20ms)"
    faulty = {**entry(), "faults": "kraken:429@0.1"}
    (said,) = differences(faulty, {**faulty, "seed": 8}, LABELS)
    assert said == "seed 7 in A and 8 in B, which draws other faults"


@pytest.mark.parametrize(
    ("latency", "drawn"),
    [
        ("20ms", False),
        ("20ms;kraken=50ms", False),
        ("20ms;kraken=uniform:1ms,2ms", True),
        ("quantiles:0=1ms,100=2ms", True),
    ],
)
def test_a_constant_delay_is_the_same_under_every_seed(latency, drawn):
    assert draws({"latency": latency}) is drawn


@pytest.mark.parametrize("state", ["SERVER-BOUND", "NETWORK-INVALID", "DRIFTED", "UNVERIFIED"])
def test_a_verdict_without_ranking_is_nothing_to_compare(entry, state):
    found = unfit(ScenarioEntry({**entry(), "verdict": {"state": state}}))
    assert found == (f"its verdict is {state}, which allows no ranking: its ratios say nothing about the strategies")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"requests": None}, "its run.json does not tell its requests"),
        ({"concurrency": "20"}, "does not tell its concurrency"),
        ({"latency": 20}, "does not tell its latency"),
        ({"faults": 5}, "does not tell its faults"),
        ({"affinity": 5}, "does not tell its affinity"),
        ({"listed": "many"}, "does not tell its listed"),
        ({"finished_blocks": 0}, "it has no finished block"),
        ({"verdict": None}, "its verdict is UNKNOWN"),
    ],
)
def test_a_scenario_that_is_not_whole_is_not_compared(entry, broken, said):
    assert said in unfit(ScenarioEntry({**entry(), **broken}))


def race(run_of, *conditions):
    """A run with one scenario for each of these conditions."""
    scenarios = [{**run_of()["scenarios"][0], **one} for one in conditions]
    return RunEntry({**run_of(), "scenarios": scenarios})


def test_scenarios_are_found_by_their_conditions_and_not_by_name_or_place(run_of):
    one = race(run_of, {"name": "x", "concurrency": 1}, {"name": "y", "concurrency": 2})
    other = race(run_of, {"name": "y", "concurrency": 2}, {"name": "z", "concurrency": 1})
    sets, left_out = same_races([one, other])
    assert [[scenario.name for scenario in them] for them in sets] == [["x", "z"], ["y", "y"]]
    assert left_out == []


def test_what_only_some_runs_have_is_left_out_and_told(run_of):
    one = race(run_of, {"name": "x"}, {"name": "y", "concurrency": 4})
    other = race(run_of, {"name": "x"}, {"name": "z", "concurrency": 5, "requests": 60})
    sets, left_out = same_races([one, other])
    assert len(sets) == 1
    assert left_out == [
        "y: not the same race: requests 6 in A and 60 in B, concurrency 4 in A and 5 in B",
        "z: only in B",
    ]


def test_the_nearest_scenario_says_why_there_is_none(run_of):
    one = race(run_of, {})
    other = race(run_of, {"concurrency": 5, "requests": 60}, {"requests": 12})
    assert same_races([one, other]) == ([], ["quick: not the same race: requests 6 in A and 12 in B"])


def test_a_scenario_is_used_once(run_of):
    sets, left_out = same_races([race(run_of, {}, {}), race(run_of, {})])
    assert (len(sets), left_out) == (1, ["quick: not in B"])


def test_a_run_without_scenarios_is_told(run_of):
    assert same_races([race(run_of), race(run_of, {})])[1] == ["A has no scenario"]
    assert same_races([race(run_of, {}), race(run_of)])[1] == ["quick: not in B", "B has no scenario"]


def test_another_machine_and_other_versions_are_warnings(run_of):
    one = RunEntry(run_of())
    other = RunEntry(run_of(facts={"machine": {"cpu": "Xeon", "cores": 2}, "versions": {"aiohttp": "4", "trio": "1"}}))
    assert list(warnings(one, other, LABELS)) == [
        "another machine or interpreter, to which a change may be due: cpu AMD EPYC in A and Xeon in B",
        "other versions, to which a change may be due: aiohttp 3.14.5 in A and 4 in B; trio none in A and 1 in B",
    ]
    assert list(warnings(one, one, LABELS)) == []


def test_a_run_that_did_not_end_is_told(run_of):
    assert list(shortcomings(RunEntry(run_of()), "A")) == []
    (said,) = shortcomings(RunEntry(run_of(facts={"state": "interrupted"})), "B")
    assert said == "B is interrupted: its finished blocks are compared"


def test_a_race_against_others_servers_is_compared_with_nothing_but_itself(entry):
    elsewhere = {**entry(), "origins": [["kraken", "https://api.kraken.com"]], "verdict": {"state": "UNVERIFIED"}}
    said = unfit(ScenarioEntry(elsewhere))
    assert said.startswith("it was raced against others' servers")
    assert "without blocks that are pairs there is no ratio across runs" in said
    run = RunEntry({"scenarios": [elsewhere]})
    assert same_races([run, run]) == ([], [f"quick: A: {said}"])
