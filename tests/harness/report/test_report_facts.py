"""What the report tells beside the times: facts where all is well, doubts where it is not."""

import pytest

from harness.report.doubts import run_doubts, scenario_doubts
from harness.report.entries import ArmEntry, RunEntry, ScenarioEntry
from harness.report.facts import run_facts, scenario_facts
from harness.report.story import mood_of
from harness.report.warm_values import reach_of, warm_values


def scenario_of(runs, **changes):
    return ScenarioEntry(runs.scenario(runs.four_arms(), **changes))


def run_of(runs, **changes):
    return RunEntry(runs.run([runs.scenario(runs.four_arms())], **changes))


def test_what_was_watched_is_told_in_sentences_with_numbers(runs):
    assert dict(scenario_facts(scenario_of(runs))) == {
        "surroundings": "In the blocks that count, other programs kept at most 0.02 of a core busy and a hypervisor "
        "took at most 0.0 % of the machine's time.",
        "drift": "From the first block to the last, all arms together moved by +4.0 % (95 % CI +3.0 % to +5.0 %): no "
        "more than chance explains (p = 0.200).",
        "stopwatch": "The stopwatch itself costs 0.41 µs a batch, 0.00085 % of the shortest time.",
        "workers": "Workers of one arm differ by 1.1 % (asyncio-aiohttp) (standard deviation, what moved the whole "
        "block taken out), each with a hash seed, an amount of environment and a folder of its own.",
    }  # fmt: skip


def test_an_older_run_tells_no_facts_and_raises_no_doubts(runs):
    nothing = dict.fromkeys(("spoilt", "surroundings", "drift", "stopwatch"))
    arms = [{**row, "spread": None} for row in runs.four_arms()]
    scenario = ScenarioEntry({**runs.scenario(arms), **nothing})
    assert scenario_facts(scenario) == []
    assert scenario_doubts(scenario) == []
    assert run_facts(run_of(runs)) == []


def test_blocks_that_were_played_again_are_counted_with_their_reasons(runs):
    spoilt = [
        {"block": 1, "reasons": ["other programs kept 0.90 of a core busy", "a hypervisor took 6 %"]},
        {"block": 3, "reasons": []},
    ]
    (said,) = scenario_doubts(scenario_of(runs, spoilt=spoilt))
    assert said == (
        "2 blocks were spoilt and played again: block 2, since other programs kept 0.90 of a core busy and a "
        "hypervisor took 6 %; block 4. What was measured then is kept, not counted."
    )


@pytest.mark.parametrize(("whole", "p", "told"), [(0.1, 0.001, True), (0.1, 0.3, False), (0.01, 0.001, False)])
def test_a_drift_is_a_doubt_only_where_it_is_large_and_more_than_chance(runs, whole, p, told):
    drift = {"over_session": whole, "low": None, "high": None, "p": p, "blocks": 5}
    said = (
        "From the first block to the last, all arms together moved by +10.0 %: more than chance explains (p = 0.001). "
        "The shuffled order spreads it nearly evenly over the arms."
    )
    assert scenario_doubts(scenario_of(runs, drift=drift)) == ([said] if told else [])


def test_the_gravest_reason_says_why_there_is_no_ranking_and_the_others_stand_beside_it_uncut(runs):
    arms = [{**row, "status": "unranked", "rank": None} for row in runs.four_arms()]
    grave = f"connections were lost ({'x' * 500}); try sysctl -w net.core.somaxconn=1024"
    verdict = {"state": "NETWORK-INVALID", "reasons": [grave, "5 of 5 blocks ran beside other work"]}
    assert scenario_doubts(ScenarioEntry(runs.scenario(arms, verdict=verdict))) == [
        f"There is no ranking: {grave}.", "5 of 5 blocks ran beside other work.",
    ]  # fmt: skip


def test_a_verdict_of_drifted_is_not_told_twice(runs):
    drift = {"over_session": 0.2, "p": 0.001}
    arms = [{**row, "status": "unranked", "rank": None} for row in runs.four_arms()]
    verdict = {"state": "DRIFTED", "reasons": ["the times grew by 20 % over the session"]}
    found = scenario_doubts(ScenarioEntry(runs.scenario(arms, drift=drift, verdict=verdict)))
    assert found == ["There is no ranking: the times grew by 20 % over the session."]


@pytest.mark.parametrize("state", ["DRIFTED", "SERVER-BOUND", "NETWORK-INVALID", "something new"])
def test_a_verdict_that_allows_no_ranking_is_dressed_as_bad(state):
    assert mood_of(state, False) == "bad"


def test_a_clock_that_was_set_is_a_doubt_in_the_words_of_the_run_or_in_our_own(runs):
    said = {"stepped_s": -3600.0, "at": [], "said": "the wall clock was put back by 3600 s"}
    assert run_doubts(run_of(runs, clock=said)) == ["The wall clock was put back by 3600 s."]
    assert run_doubts(run_of(runs, clock={"stepped_s": 2.0}))[0].startswith("The wall clock was set forward by 2.00 s")
    assert run_doubts(run_of(runs, clock={"stepped_s": 0.0, "at": [], "said": None})) == []


def test_workers_on_the_same_terms_are_a_fact_and_on_others_a_doubt(runs):
    terms = {"withheld": "http_proxy is set here and withheld", "variables": [], "libraries": {"aiohttp": "3.14.5"}}
    assert dict(run_facts(run_of(runs, terms={**terms, "differences": []})))["terms"] == (
        "All workers went the same way: no variable of the environment that chooses a road, the same certificates, the "
        "same libraries (aiohttp 3.14.5); http_proxy is set here and withheld."
    )
    other = run_of(runs, terms={**terms, "differences": ["threads: its workers had http_proxy set"]})
    assert run_facts(other) == []
    assert run_doubts(other) == ["Workers did not all go the same way: threads: its workers had http_proxy set."]


def test_the_places_that_workers_were_given_are_told_as_ranges(runs):
    places = [{"hash_seed": seed, "padding": seed * 100, "folder": 10 + seed} for seed in (1, 2, 30)]
    arm = runs.arm("threads", 1, 0.05, measurements=[{"block": 0, "place": place} for place in places])
    assert dict(run_facts(RunEntry(runs.run([runs.scenario([arm])]))))["places"] == (
        "3 workers were given 3 hash seeds, 100 to 3,000 bytes of padding in the environment and folder names of 11 to "
        "40 letters, drawn at random; run.json has each."
    )


def test_every_warm_value_is_kept_and_an_outlier_marked(runs):
    times = [[9.0, 0.050, 0.051, 0.049], [9.0, 0.050, 0.500, 0.050]]
    measurements = [
        {"block": block, "batches": [{"time_s": time_s} for time_s in row]} for block, row in enumerate(times)
    ]
    found = warm_values(ArmEntry({"name": "a", "measurements": measurements}))
    assert [(value.block, round(value.moved, 3), value.is_outlier) for value in found] == [
        (0, 0.0, False), (0, 0.02, False), (0, -0.02, False), (1, 0.0, False), (1, 9.0, True), (1, 0.0, False),
    ]  # fmt: skip
    assert reach_of(found) == 1.0
    assert reach_of([]) == 0.02
