"""An arm of the batch plan beside the others: never among them, and measured by the same strategy alone."""

import pytest

from harness.analysis import scenario_result
from harness.arm import Arm
from harness.heat import Heat
from harness.scenario import Scenario, markets_for

NAMES = ("fast", "fast+batch", "slow", "slow+batch")
TIMES = {"fast": (0.40, 0.42, 0.44), "fast+batch": (0.10, 0.21, 0.11), "slow": (0.8, 0.84, 0.86),
         "slow+batch": (0.2, 0.21, 0.22)}  # fmt: skip


@pytest.fixture
def result_of(scenario, measured):
    def make(names=NAMES, pairs=("binance", "coinbase", "kraken"), breaches=None, dropped=None, **changes):
        found = [
            measured(name, block, time_s, breaches=(breaches or {}).get(name, ()),
                     **{"bound_s": 0.1, "requests": 4, **changes} if "+" in name else {"bound_s": 0.3})
            for name in names
            for block, time_s in enumerate(TIMES[name])
        ]  # fmt: skip
        found += [measured("fast (twin)", block, time_s) for block, time_s in enumerate(TIMES["fast"])]
        arms = (*(Arm(name, name.removesuffix("+batch")) for name in names), Arm("fast (twin)", "fast", "fast"))
        markets = markets_for(pairs, 2)
        raced = Scenario.from_json({**scenario.to_json(), "markets": markets, "requests": 6})
        heat = Heat(raced, arms, [], found, dropped or {}, finished_blocks=3)
        result, verdict = scenario_result(heat, {}, fast=False)
        return result, verdict, {row["name"]: row for row in result["strategies"]}

    return make


def test_an_arm_of_another_plan_is_unranked_with_the_reason_and_in_no_comparison(result_of):
    result, verdict, rows = result_of()
    assert verdict.state == "VALID"
    for name in ("fast+batch", "slow+batch"):
        row = rows[name]
        assert (row["status"], row["rank"], row["reason"]) == ("unranked", None, "another plan: fewer requests")
        assert (row["speedup"], row["p_adjusted"], row["plan"]) == (None, None, "batch")
    assert {rows[name]["rank"] for name in ("fast", "slow")} == {1, 2}
    assert {name for one in result["pairings"] for name in (one["first"], one["second"])} == {"fast", "slow"}
    assert result["fastest"] == "fast"


def test_where_no_exchange_has_batches_the_reason_is_no_lie(result_of):
    _, _, rows = result_of(pairs=("coinbase", "gemini"))
    assert rows["fast+batch"]["reason"] == "another plan: as many requests"


def test_its_speedup_is_over_the_same_strategy_block_by_block(result_of):
    _, _, rows = result_of()
    assert rows["slow+batch"]["over_single"] == pytest.approx((0.8 / 0.2 * 0.84 / 0.21 * 0.86 / 0.22) ** (1 / 3))
    assert rows["slow+batch"]["over_single_low"] < rows["slow+batch"]["over_single"]
    assert "over_single" not in rows["slow"]


def test_its_efficiency_is_by_its_own_bound_and_the_scenarios_bound_by_single_requests_alone(result_of):
    result, _, rows = result_of()
    assert result["bound_s"] == pytest.approx(0.3)
    assert rows["slow+batch"]["efficiency"] == pytest.approx(0.1 / rows["slow+batch"]["time_s"])
    assert rows["slow"]["efficiency"] == pytest.approx(0.3 / rows["slow"]["time_s"])


def test_one_that_breaks_a_promise_is_out_like_any_other_and_compared_with_nobody(result_of):
    _, _, rows = result_of(breaches={"slow+batch": ["the server saw 3 of 4 requests"]})
    assert rows["slow+batch"]["status"] == "disqualified"
    assert "over_single" not in rows["slow+batch"]


def test_where_the_same_strategy_is_out_there_is_nothing_to_be_compared_with(result_of):
    _, _, rows = result_of(breaches={"slow": ["had 3 requests in flight, 2 allowed"]})
    assert rows["slow+batch"]["status"] == "unranked"
    assert rows["slow+batch"]["over_single"] is None


def test_a_verdict_that_allows_no_ranking_allows_no_comparison_of_plans(result_of):
    _, verdict, rows = result_of(overshoot_s=0.0)
    assert verdict.state == "VALID"
    _, verdict, rows = result_of(names=("fast", "fast+batch"), breaches={"fast": ["x"]})
    assert verdict.state == "NOISY"
    assert rows["fast+batch"]["over_single"] is None


def test_what_each_plan_spends_is_told_only_where_there_are_two(result_of):
    result, _, _ = result_of()
    assert result["plans"]["single"]["requests"] == 6
    assert result["plans"]["batch"]["quotes"] == result["plans"]["single"]["quotes"] == 6
    assert result_of(names=("fast", "slow"))[0]["plans"] is None
