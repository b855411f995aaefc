"""What numbers are worth: valid, noisy, or bound by the server."""

import math

import pytest

from harness.statistics import Comparison
from harness.verdict import Twin, Verdict, worst
from harness.verdict import judge as judge_all


def judge(measured, fastest, comparison, fast, problem=None, order_mode="shuffled"):
    return judge_all(measured, fastest, Twin(comparison, problem), fast, order_mode)


def twin(half_width, ratio=1.0, blocks=5):
    return Comparison(ratio, ratio - half_width, ratio + half_width, 0.5, blocks, 0.02, ratio)


def test_a_calm_race_is_valid_without_reasons(measured):
    assert judge({"a": [measured("a", 0, 0.1, 0.1)]}, "a", twin(0.01), fast=False) == Verdict("VALID")


@pytest.mark.parametrize(
    ("half_width", "fast", "state"),
    [
        (0.049, False, "VALID"),
        (0.051, False, "NOISY"),
        (0.051, True, "VALID"),
        (0.099, True, "VALID"),
        (0.101, True, "NOISY"),
    ],
)
def test_the_twins_interval_may_be_5_percent_wide_to_each_side_and_10_when_fast(measured, half_width, fast, state):
    found = judge({"a": [measured("a", 0, 0.1)]}, "a", twin(half_width), fast)
    assert found.state == state
    assert bool(found.reasons) == (state != "VALID")


def test_the_reason_for_noise_gives_the_twins_ratio_and_interval(measured):
    (reason,) = judge({"a": [measured("a", 0, 0.1)]}, "a", twin(0.2, 1.013), fast=False).reasons
    assert "1.013 (95 % CI 0.813 to 1.213)" in reason
    assert "±5%" in reason


@pytest.mark.parametrize("comparison", [None, twin(0.0, blocks=1), twin(0.0, blocks=0)])
def test_without_two_blocks_of_the_twin_noise_is_assumed(measured, comparison):
    found = judge({"a": [measured("a", 0, 0.1)]}, "a", comparison, fast=False)
    assert found.state == "NOISY"
    assert "fewer than two blocks" in found.reasons[0]


@pytest.mark.parametrize(("ratio", "state"), [(1.301, "NOISY"), (0.94, "NOISY"), (1.049, "VALID"), (0.951, "VALID")])
def test_a_twin_that_is_surely_different_from_itself_is_noise_however_narrow_its_interval(measured, ratio, state):
    found = judge({"a": [measured("a", 0, 0.1)]}, "a", twin(0.009, ratio), fast=False)
    assert found.state == state
    assert all("further from 1 than 5%" in reason for reason in found.reasons)


def test_a_twin_that_broke_down_is_the_reason_for_noise(measured):
    found = judge({"a": [measured("a", 0, 0.1)]}, "a", twin(0.0), fast=False, problem="broke down: why")
    assert found == Verdict("NOISY", ("the twin, which shows the noise, broke down: why",))


def test_one_fixed_order_of_the_arms_is_never_valid(measured):
    found = judge({"a": [measured("a", 0, 0.1)]}, "a", twin(0.0), fast=False, order_mode="sequential")
    assert found.state == "NOISY"
    assert "confounded with time" in found.reasons[0]


def test_an_endless_interval_is_noise(measured):
    endless = Comparison(1.0, 0.0, math.inf, 1.0, 2, math.inf, 1.0)
    assert judge({"a": [measured("a", 0, 0.1)]}, "a", endless, fast=False).state == "NOISY"


def test_without_an_arm_that_can_be_ranked_nothing_is_valid():
    found = judge({}, None, twin(0.0), fast=False)
    assert found == Verdict("NOISY", ("no arm finished a block that can be ranked",))


def test_overshoot_above_a_third_of_the_fastest_arms_time_is_the_servers_fault(measured):
    over = judge({"a": [measured("a", 0, 0.3, overshoot_s=0.102)]}, "a", twin(0.0), fast=False)
    assert over.state == "SERVER-BOUND"
    assert "34% of the time of a, the fastest arm (at most 33% may be)" in over.reasons[0]
    under = judge({"a": [measured("a", 0, 0.3, overshoot_s=0.098)]}, "a", twin(0.0), fast=False)
    assert under.state == "VALID"


def test_a_server_busy_above_nine_tenths_of_a_core_is_the_bottleneck(measured):
    over = judge({"a": [measured("a", 0, 0.3, server_cpu=0.91)]}, "a", twin(0.0), fast=False)
    assert over.state == "SERVER-BOUND"
    assert "91% of a core while a ran" in over.reasons[0]
    assert judge({"a": [measured("a", 0, 0.3, server_cpu=0.89)]}, "a", twin(0.0), fast=False).state == "VALID"


def test_only_the_fastest_arm_tells_whether_the_server_kept_up(measured):
    slow = [measured("slow", 0, 3.0, server_cpu=1.0, overshoot_s=2.9)]
    assert judge({"a": [measured("a", 0, 0.3)], "slow": slow}, "a", twin(0.0), fast=False).state == "VALID"


def test_one_bad_batch_among_many_does_not_convict_the_server(measured):
    calm = [measured("a", block, 0.3, 0.3) for block in range(3)]
    assert judge({"a": [*calm, measured("a", 3, 0.3, server_cpu=1.0)]}, "a", twin(0.0), fast=False).state == "VALID"


def test_the_cold_batch_does_not_convict_the_server(measured):
    block = measured("a", 0, 0.3, cold=0.0001, overshoot_s=0.05)
    assert judge({"a": [block]}, "a", twin(0.0), fast=False).state == "VALID"


def test_a_bound_server_outweighs_noise(measured):
    found = judge({"a": [measured("a", 0, 0.3, server_cpu=1.0)]}, "a", twin(0.5), fast=False)
    assert found.state == "SERVER-BOUND"


def test_the_runs_verdict_is_its_worst_scenarios_with_every_reason_once():
    found = worst([Verdict("NOISY", ("x", "y")), Verdict("VALID"), Verdict("SERVER-BOUND", ("z", "x"))])
    assert found == Verdict("SERVER-BOUND", ("x", "y", "z"))
    assert worst([Verdict("VALID"), Verdict("VALID")]) == Verdict("VALID")


def test_a_run_without_scenarios_is_not_valid():
    assert worst([]).state != "VALID"


def test_a_verdict_is_plain_json():
    assert Verdict("NOISY", ("why",)).to_json() == {"state": "NOISY", "reasons": ["why"]}


CARD = "the calibration card: with 100 in flight the server held replies 2.00 ms longer than asked"


def test_a_ruler_that_is_not_true_makes_a_calm_race_noisy(measured):
    found = judge_all({"a": [measured("a", 0, 0.1)]}, "a", Twin(twin(0.01)), False, "shuffled", (CARD,))
    assert found == Verdict("NOISY", (CARD,))


def test_a_bound_server_is_told_with_what_its_card_says(measured):
    found = judge_all({"a": [measured("a", 0, 0.3, server_cpu=1.0)]}, "a", Twin(twin(0.0)), False, "shuffled", (CARD,))
    assert found.state == "SERVER-BOUND"
    assert found.reasons[-1] == CARD
