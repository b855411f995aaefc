"""What numbers are worth: six states, and what stands against the numbers in each."""

import dataclasses
import math

import pytest

from harness.arm import Arm
from harness.drift import drift_of
from harness.heat import Heat
from harness.measurement import medians_of
from harness.reason import CAUSES, Reason
from harness.statistics import Comparison
from harness.surroundings import Surroundings
from harness.verdict import RANKED, STATES, Evidence, Twin, Verdict, worst
from harness.verdict import judge as judge_evidence

CARD = "the calibration card: with 100 in flight the server held replies 2.00 ms longer than asked"
LOST = {"way_out_s": 1.2, "network": {"ListenOverflows": 3, "ListenDrops": 3}}
QUIET = Surroundings(4.0, 0.1, 0.0)
BUSY = Surroundings(4.0, 1.3, 0.0)
BUSIER = Surroundings(4.0, 1.7, 0.0)
CALM = Verdict(scenario="quick")


def twin(half_width, ratio=1.0, blocks=5, p=0.5):
    return Comparison(ratio, ratio - half_width, ratio + half_width, p, blocks, 0.02, ratio)


@pytest.fixture
def judge(scenario):
    """The verdict on the given arms."""

    def make(
        measured, comparison=None, blocks=5, problem=None, order_mode="shuffled", ruler=(), surroundings=(), out=None,
        twins=(), dropped=(),
    ):  # fmt: skip
        arms = [Arm(name, name) for name in dict.fromkeys([*measured, *(out or {}), *dropped])]
        arms += [Arm("a (twin)", "a", "a")] if twins else []
        heat = Heat(
            dataclasses.replace(scenario, blocks=blocks), tuple(arms), [], order_mode=order_mode,
            surroundings=dict(enumerate(surroundings)), dropped=dict.fromkeys(dropped, "broke down"),
        )  # fmt: skip
        everyone = {**measured, **(out or {}), **({"a (twin)": list(twins)} if twins else {})}
        found = Twin(comparison or (None if problem else twin(0.0)), problem)
        fastest = min(measured, key=lambda name: measured[name][0].time_s, default=None)
        drift = drift_of({name: medians_of(blocks) for name, blocks in measured.items()})
        return judge_evidence(Evidence(heat, measured, everyone, fastest, found, False, ruler, drift))

    return make


def said(verdict):
    return [reason.said for reason in verdict.reasons]


def causes(verdict):
    return [reason.cause for reason in verdict.reasons]


def test_a_calm_race_is_valid_without_reasons(judge, measured):
    assert judge({"a": [measured("a", 0, 0.1, 0.1)]}, twin(0.01)) == CALM
    assert Verdict().to_json() == {"state": "VALID", "reasons": [], "causes": []}


# The twin


@pytest.mark.parametrize(
    ("half_width", "blocks", "state"),
    [(0.049, 5, "VALID"), (0.051, 5, "NOISY"), (0.051, 4, "VALID"), (0.099, 1, "VALID"), (0.101, 4, "NOISY")],
)
def test_the_twins_interval_may_be_5_percent_wide_to_each_side_and_10_where_fewer_than_5_blocks_are_planned(
    judge, measured, half_width, blocks, state
):
    found = judge({"a": [measured("a", 0, 0.1)]}, twin(half_width), blocks)
    assert found.state == state
    assert bool(found.reasons) == (state != "VALID")


def test_the_reason_for_noise_gives_the_twins_ratio_and_interval(judge, measured):
    (reason,) = judge({"a": [measured("a", 0, 0.1)]}, twin(0.2, 1.013)).reasons
    assert "1.013 (95 % CI 0.813 to 1.213), wider than ±5 %" in reason.said


@pytest.mark.parametrize("blocks", [0, 1])
def test_without_two_blocks_of_the_twin_noise_is_assumed(judge, measured, blocks):
    found = judge({"a": [measured("a", 0, 0.1)]}, twin(0.0, blocks=blocks))
    assert (found.state, causes(found)) == ("NOISY", ["blocks"])
    assert "fewer than two blocks" in said(found)[0]


def test_a_twin_without_a_block_of_its_own_is_no_comparison(scenario, measured):
    heat, arms = Heat(scenario, (), []), {"a": [measured("a", 0, 0.1)]}
    assert causes(judge_evidence(Evidence(heat, arms, arms, "a", Twin(), fast=False))) == ["blocks"]


@pytest.mark.parametrize(("ratio", "state"), [(1.301, "NOISY"), (0.94, "NOISY"), (1.049, "VALID"), (0.951, "VALID")])
def test_a_twin_that_is_surely_different_from_itself_is_noise_however_narrow_its_interval(
    judge, measured, ratio, state
):
    found = judge({"a": [measured("a", 0, 0.1)]}, twin(0.009, ratio))
    assert found.state == state
    assert all("further from 1 than 5 %" in reason for reason in said(found))


def test_a_twin_that_broke_down_is_the_reason_for_noise(judge, measured):
    found = judge({"a": [measured("a", 0, 0.1)]}, problem="broke down: why")
    assert found.reasons == (Reason("NOISY", "twin", "the twin, which shows the noise, broke down: why"),)


def test_an_endless_interval_is_noise(judge, measured):
    endless = Comparison(1.0, 0.0, math.inf, 1.0, 2, math.inf, 1.0)
    assert judge({"a": [measured("a", 0, 0.1)]}, endless).state == "NOISY"


def test_without_an_arm_that_can_be_ranked_nothing_is_valid(judge):
    found = judge({}, ruler=(CARD,))
    assert (found.state, said(found)) == ("NOISY", ["no block was finished", CARD])


@pytest.mark.parametrize(
    ("disqualified", "failed", "why"),
    [
        ("a", "", "the only arm is disqualified"),
        ("ab", "", "both arms are disqualified"),
        ("abc", "", "all 3 arms are disqualified"),
        ("", "a", "the only arm failed"),
        ("", "abc", "all 3 arms failed"),
        ("a", "bc", "1 arm is disqualified and 2 failed"),
        ("ab", "c", "2 arms are disqualified and 1 failed"),
    ],
)
def test_where_no_arm_can_be_ranked_it_is_told_what_became_of_them(judge, measured, disqualified, failed, why):
    # An arm that failed later on has measurements all the same.
    found = judge({}, out={name: [measured(name, 0, 0.3)] for name in disqualified + failed[:1]}, dropped=failed)
    assert (found.state, causes(found), said(found)) == ("NOISY", ["nothing"], [why])


# The server and its card


def test_overshoot_above_a_third_of_the_fastest_arms_time_is_the_servers_fault(judge, measured):
    over = judge({"a": [measured("a", 0, 0.3, overshoot_s=0.102)]})
    assert over.state == "SERVER-BOUND"
    assert "34 % of the time of a, the fastest arm (at most 33 % may be)" in said(over)[0]
    assert judge({"a": [measured("a", 0, 0.3, overshoot_s=0.098)]}).state == "VALID"


def test_a_server_busy_above_nine_tenths_of_a_core_is_the_bottleneck(judge, measured):
    over = judge({"a": [measured("a", 0, 0.3, server_cpu=0.91)]})
    assert over.state == "SERVER-BOUND"
    assert "91 % of a core while a ran" in said(over)[0]
    assert judge({"a": [measured("a", 0, 0.3, server_cpu=0.89)]}).state == "VALID"


def test_only_the_fastest_arm_tells_whether_the_server_kept_up(judge, measured):
    slow = [measured("slow", 0, 3.0, server_cpu=1.0, overshoot_s=2.9)]
    assert judge({"a": [measured("a", 0, 0.3)], "slow": slow}).state == "VALID"


def test_one_bad_batch_among_many_does_not_convict_the_server(judge, measured):
    calm = [measured("a", block, 0.3, 0.3) for block in range(3)]
    assert judge({"a": [*calm, measured("a", 3, 0.3, server_cpu=1.0)]}).state == "VALID"


def test_the_cold_batch_does_not_convict_the_server(judge, measured):
    assert judge({"a": [measured("a", 0, 0.3, cold=0.0001, overshoot_s=0.05)]}).state == "VALID"


def test_a_ruler_that_is_not_true_makes_a_calm_race_noisy(judge, measured):
    found = judge({"a": [measured("a", 0, 0.1)]}, ruler=(CARD,))
    assert found.reasons == (Reason("NOISY", "ruler", CARD),)


def test_a_bound_server_outweighs_noise_and_is_told_before_it(judge, measured):
    found = judge({"a": [measured("a", 0, 0.3, server_cpu=1.0)]}, twin(0.5), ruler=(CARD,))
    assert found.state == "SERVER-BOUND"
    assert causes(found) == ["server", "noise", "ruler"]
    assert said(found)[-1] == CARD


# The order


def drifting(measured, names, growth, blocks=5):
    return {name: [measured(name, block, 0.1 * (1 + growth * block)) for block in range(blocks)] for name in names}


def test_one_fixed_order_of_the_arms_is_never_valid(judge, measured):
    found = judge({"a": [measured("a", 0, 0.1)]}, order_mode="sequential")
    assert (found.state, causes(found)) == ("NOISY", ["order"])
    assert "confounded with time" in said(found)[0]


def test_a_session_that_drifts_in_one_fixed_order_has_no_ranking(judge, measured):
    found = judge(drifting(measured, "abc", 0.025), order_mode="sequential")
    assert (found.state, causes(found)) == ("DRIFTED", ["drift", "order"])
    assert "times changed by +10.0% from the first to the last of 5 blocks" in said(found)[0]


def test_the_same_drift_in_shuffled_order_is_no_verdict(judge, measured):
    assert judge(drifting(measured, "abc", 0.025)) == CALM


# Other work


def test_blocks_that_count_though_they_ran_beside_other_work_make_noise(judge, measured):
    found = judge({"a": [measured("a", 0, 0.1)]}, surroundings=(QUIET, BUSY, QUIET, BUSIER, QUIET))
    assert (found.state, causes(found)) == ("NOISY", ["surroundings"])
    assert said(found)[0].startswith(
        "2 of 5 blocks ran beside other work: in the worst of them other programs kept 1.7"
    )
    (alone,) = said(judge({"a": [measured("a", 0, 0.1)]}, surroundings=(BUSY, QUIET)))
    assert alone.startswith("1 of 2 blocks ran beside other work: other programs kept 1.3")


def test_quiet_surroundings_and_such_as_nobody_knows_are_no_reason(judge, measured):
    unknown = Surroundings(4.0, None, None)
    assert judge({"a": [measured("a", 0, 0.1)]}, surroundings=(QUIET, unknown)) == CALM


# The stopwatch


def timed(measurement, stopwatch_s):
    return dataclasses.replace(measurement, stopwatch_s=stopwatch_s)


def test_a_stopwatch_that_costs_more_than_one_percent_of_the_shortest_time_is_noise(judge, measured):
    def arms(cost_s):
        return {
            "long": [timed(measured("long", 0, 5.0), cost_s)],
            "short": [timed(measured("short", 0, 0.001), cost_s)],
        }

    found = judge(arms(0.0000101))
    assert (found.state, causes(found)) == ("NOISY", ["stopwatch"])
    assert "the stopwatch itself costs 1.0 % of the time of short, the shortest there is" in said(found)[0]
    assert judge(arms(0.0000099)) == CALM


# The network


def test_connections_that_an_arm_lost_leave_no_ranking_and_outweigh_all_else(judge, measured):
    found = judge({"a": [measured("a", 0, 0.3, server_cpu=1.0, **LOST)]}, twin(0.5))
    assert found.state == "NETWORK-INVALID"
    assert causes(found) == ["network", "server", "noise"]
    assert "(a 2; the kernel counted ListenOverflows +6, ListenDrops +6)" in said(found)[0]


def test_connections_that_the_twin_lost_count_as_well(judge, measured):
    found = judge({"a": [measured("a", 0, 0.3)]}, twins=[measured("a (twin)", 0, 0.3, **LOST)])
    assert found.state == "NETWORK-INVALID"


def test_connections_that_an_arm_lost_which_is_out_anyway_are_its_own_affair(judge, measured):
    assert judge({"a": [measured("a", 0, 0.3)]}, out={"b": [measured("b", 0, 0.3, **LOST)]}) == CALM


def test_connections_that_only_cold_batches_lost_put_the_one_shot_in_doubt_and_leave_the_ranking(judge, measured):
    calm = measured("a", 0, 0.3, 0.3)
    cold = dataclasses.replace(calm.cold, time_s=1.2, **LOST)
    found = judge({"a": [dataclasses.replace(calm, batches=(cold, *calm.warm))]})
    assert (found.state, causes(found)) == ("NOISY", ["network"])


def test_where_every_arm_is_out_lost_connections_may_be_why(judge, measured):
    found = judge({}, out={"b": [measured("b", 0, 0.3, **LOST)]})
    assert (found.state, causes(found)) == ("NETWORK-INVALID", ["network", "nothing"])


# Verdicts


def test_a_verdict_is_as_grave_as_its_gravest_reason_in_the_order_of_the_states():
    reasons = [Reason(state, "noise", state) for state in STATES[1:]]
    for most in range(1, len(reasons) + 1):
        assert Verdict.of(reasons[:most]).state == STATES[most]
    assert [reason.state for reason in Verdict.of(reasons).reasons] == list(reversed(STATES[1:]))
    assert set(STATES[:3]) == RANKED


def test_every_cause_is_one_that_the_list_of_causes_has(judge, measured):
    found = judge(
        {"a": [timed(measured("a", 0, 0.001, server_cpu=1.0, **LOST), 0.1)]}, twin(0.5, 1.3, p=0.01),
        order_mode="sequential", ruler=(CARD,), surroundings=(BUSY,),
    )  # fmt: skip
    elsewhere = {"unlogged", "failures"}
    assert set(causes(found)) == set(CAUSES) - {"drift", "nothing", "blocks", "twin"} - elsewhere


def test_the_runs_verdict_is_its_worst_scenarios_with_every_cause_once_and_where_it_is_so():
    x, y = Reason("NOISY", "noise", "x"), Reason("NOISY", "order", "y")
    z = Reason("SERVER-BOUND", "server", "z")
    found = worst([Verdict((x, y), "one"), Verdict((), "two"), Verdict((z, x), "three")])
    assert found.state == "SERVER-BOUND"
    assert found.to_json()["reasons"] == ["in three: z", "in 2 of 3 scenarios (one and three): x", "in one: y"]
    assert found.to_json()["causes"] == ["server", "noise", "order"]
    assert worst([Verdict((), "one"), Verdict((), "two")]).state == "VALID"


def test_of_a_single_scenario_the_run_says_what_the_scenario_says():
    reasons = (Reason("NOISY", "ruler", "x"), Reason("NOISY", "ruler", "y"))
    assert worst([Verdict(reasons, "quick")]) == Verdict(reasons)


def test_the_worst_of_several_scenarios_is_quoted_by_what_it_exceeds(judge, measured):
    arms = {"a": [measured("a", 0, 0.1)]}
    for doubts in (
        [{"comparison": twin(half)} for half in (0.06, 0.3, 0.1)],
        [{"comparison": twin(0.0, ratio)} for ratio in (1.06, 0.7, 1.2)],
        [{"surroundings": (QUIET, one)} for one in (BUSY, BUSIER, BUSY)],
    ):
        found = [
            dataclasses.replace(judge(arms, **doubt), scenario=name) for doubt, name in zip(doubts, "xyz", strict=True)
        ]
        (reason,) = worst(found).reasons
        assert reason.said == f"in all 3 scenarios, worst in y: {found[1].reasons[0].said}"


def test_the_worst_server_is_quoted(judge, measured):
    for batch in ("overshoot_s", "server_cpu"):
        found = [
            dataclasses.replace(judge({"a": [measured("a", 0, 1.0, **{batch: size})]}), scenario=name)
            for name, size in (("x", 0.91), ("y", 0.99), ("z", 0.95))
        ]
        assert said(worst(found))[0].startswith("in all 3 scenarios, worst in y: ")


def test_a_run_without_scenarios_is_not_valid():
    assert worst([]).state != "VALID"


def test_a_verdict_is_plain_json_with_a_cause_for_each_reason():
    reasons = (Reason("NOISY", "ruler", "why"), Reason("NOISY", "ruler", "and why"))
    assert Verdict(reasons).to_json() == {"state": "NOISY", "reasons": ["why", "and why"], "causes": ["ruler"] * 2}


def test_what_the_arms_are_called_and_the_order_they_stand_in_change_no_verdict(judge, measured):
    def verdict(*names):
        facts = {"a": (0.3, 0.95), "b": (0.4, 0.1), "c": (0.5, 0.2)}
        arms = {new: [measured(new, 0, facts[old][0], server_cpu=facts[old][1], **LOST)] for old, new in names}
        return [(reason.state, reason.cause) for reason in judge(arms, twin(0.06)).reasons]

    plain = verdict(("a", "a"), ("b", "b"), ("c", "c"))
    assert len(plain) == 3
    assert verdict(("c", "a"), ("a", "b"), ("b", "c")) == plain


def test_a_block_that_a_limit_on_cpu_time_held_back_is_told_as_that_and_not_as_others_work(judge, measured):
    throttled = Surroundings(4.0, 0.0, 0.0, cores=2, throttled=0.2)
    (alone,) = said(judge({"a": [measured("a", 0, 0.1)]}, surroundings=(throttled, QUIET)))
    assert alone.startswith("1 of 2 blocks ran under a limit on CPU time: a limit on CPU time held the race back for")
    assert alone.endswith("raise the limit (cpu.max of the control group)")


# Others' servers


@pytest.fixture
def elsewhere(scenario):
    """A scenario that others' servers served, and a verdict on arms that raced in it."""
    raced = dataclasses.replace(scenario, blocks=5, origins=(("kraken", "https://api.kraken.com"),), real=True)

    def make(measured, out=None):
        arms = tuple(Arm(name, name) for name in {**measured, **(out or {})})
        fastest = min(measured, key=lambda name: measured[name][0].time_s, default=None)
        everyone = {**measured, **(out or {})}
        return judge_evidence(
            Evidence(Heat(raced, arms, []), measured, everyone, fastest, Twin(twin(0.01)), False, (), None)
        )

    return make


def unheard(measured, **more):
    lone = dict.fromkeys(("bound_s", "held_bound_s", "overshoot_s", "accepted", "connections", "server_cpu", "parts"))
    return {"a": [dataclasses.replace(
        found, batches=tuple(dataclasses.replace(batch, **{**lone, **more}) for batch in found.batches)
    ) for found in [measured("a", 0, 0.1, 0.1)]]}  # fmt: skip


def test_without_a_log_a_calm_race_is_unverified_and_keeps_its_ranking(elsewhere, measured):
    found = elsewhere(unheard(measured))
    assert (found.state, causes(found)) == ("UNVERIFIED", ["unlogged"])
    assert said(found)[0].startswith("there is no log of the servers (api.kraken.com): not verified is that they saw")
    assert found.state in RANKED


def test_failures_on_the_way_to_others_are_counted_and_told(elsewhere, measured):
    found = elsewhere(unheard(measured, failures={"deadline": 1}))
    assert causes(found) == ["unlogged", "failures"]
    assert said(found)[1] == "requests failed and are in the times as they are (a 3)"


def test_a_packet_lost_on_the_way_to_others_is_told_and_forbids_no_ranking(elsewhere, measured):
    lost = {"network": {"TCPSynRetrans": 2, "ListenOverflows": 3}, "way_out_s": 1.2}
    found = elsewhere(unheard(measured, **lost))
    assert (found.state, causes(found)) == ("UNVERIFIED", ["unlogged", "network"])
    assert "TCPSynRetrans +6" in said(found)[1]
    assert "ListenOverflows" not in said(found)[1]
    assert "sysctl" not in said(found)[1]


def test_where_everyone_is_out_that_is_told_as_well(elsewhere, measured):
    found = elsewhere({}, out=unheard(measured))
    assert (found.state, causes(found)) == ("UNVERIFIED", ["unlogged", "nothing"])
