"""Runs laid over each other: what is told, what is not, and of what nothing is said."""

import json
import math

import pytest

from harness.change import IMPROVED, UNTOLD, WORSE
from harness.exits import UsageError
from harness.overlay import ABSENT, overlay
from harness.report.entries import RunEntry

BEFORE = {"fast": (0.50, 0.52, 0.51), "slow": (0.80, 0.83, 0.81), "sequential": (1.00, 1.05, 1.02)}


@pytest.fixture
def lay(run_of):
    """Lay runs over each other, each given as ``arms`` or as a dict of what ``run_of`` takes."""

    def make(*given):
        runs = [
            RunEntry(run_of(f"20260101T00000{place}Z-aaaa", **(one if "arms" in one else {"arms": one})))
            for place, one in enumerate(given)
        ]
        return overlay(runs)

    return make


def slower(name, by):
    return {**BEFORE, name: tuple(time_s * by for time_s in BEFORE[name])}


def test_a_change_is_that_of_the_ratio_and_not_of_the_time(lay):
    # Another machine, half as fast in everything: no ratio changes.
    found = lay(BEFORE, {name: tuple(2 * time_s for time_s in times) for name, times in BEFORE.items()})
    (before, after) = found.compared[0].arms["fast"]
    assert before.change is None
    assert after.change.ratio == pytest.approx(1.0)
    assert after.finding == UNTOLD
    assert after.efficiency.estimate == pytest.approx(before.efficiency.estimate / 2)


@pytest.mark.parametrize(("by", "finding"), [(2.0, WORSE), (0.5, IMPROVED), (1.001, UNTOLD)])
def test_an_arm_that_really_changed_is_told_with_its_interval(lay, by, finding):
    seen = lay(BEFORE, slower("slow", by)).compared[0].arms["slow"][1]
    assert seen.finding == finding
    assert seen.change.low < 1 / by < seen.change.high
    assert seen.change.ratio == pytest.approx(1 / by)


def test_the_other_arms_do_not_change_with_it(lay):
    arms = lay(BEFORE, slower("slow", 2.0)).compared[0].arms
    assert arms["fast"][1].finding == UNTOLD
    assert (arms["sequential"][1].change, arms["sequential"][1].finding) == (None, None)


def test_all_that_is_compared_is_judged_together(lay):
    found = lay(BEFORE, slower("slow", 2.0), slower("fast", 2.0))
    assert found.claims == 4
    seen = [one for arm in found.compared[0].arms.values() for one in arm if one.change]
    assert sorted(one.p_adjusted >= one.change.p for one in seen) == [True] * 4
    least = min(seen, key=lambda one: one.change.p)
    assert least.p_adjusted == pytest.approx(4 * least.change.p)


def test_each_later_run_is_set_against_the_first(lay):
    arms = lay(BEFORE, slower("slow", 2.0), slower("slow", 4.0)).compared[0].arms
    assert [one.change and round(one.change.ratio, 6) for one in arms["slow"]] == [None, 0.5, 0.25]


def test_with_random_delays_blocks_of_one_number_are_pairs(lay):
    random = {"latency": "uniform:90ms,110ms"}
    swinging = {name: tuple(t * f for t, f in zip(times, (1, 3, 9), strict=True)) for name, times in BEFORE.items()}
    found = lay({"arms": swinging, **random}, {"arms": swinging, **random})
    assert found.compared[0].arms["fast"][1].change.paired
    assert not lay(BEFORE, BEFORE).compared[0].arms["fast"][1].change.paired


def test_where_all_arms_move_alike_the_baseline_is_suspected(lay):
    (note,) = lay(BEFORE, slower("sequential", 3.0)).compared[0].notes
    assert note == "in B every arm is improved: what changed may be the baseline, sequential, alone"
    assert lay(BEFORE, slower("fast", 3.0)).compared[0].notes == ()


def test_an_arm_that_is_out_has_no_change_but_its_reason(lay):
    found = lay(BEFORE, {"arms": BEFORE, "breaches": {"fast": ["it fetched half"]}})
    seen = found.compared[0].arms["fast"][1]
    assert (seen.status, seen.change, seen.speedup) == ("disqualified", None, None)
    assert seen.reason.startswith("it fetched half")


def test_where_the_baseline_is_out_nothing_is_set_against_it(lay):
    found = lay(BEFORE, {"arms": BEFORE, "breaches": {"sequential": ["it fetched half"]}})
    assert found.claims == 0
    assert [one.change for seen in found.compared[0].arms.values() for one in seen] == [None] * 6


def test_an_arm_that_did_not_race_in_a_run_is_absent(lay):
    arms = lay(BEFORE, {name: BEFORE[name] for name in ("fast", "sequential")}).compared[0].arms
    assert arms["slow"][1].status == ABSENT
    arms = lay({name: BEFORE[name] for name in ("fast", "sequential")}, BEFORE).compared[0].arms
    assert (arms["slow"][0].status, arms["slow"][1].change) == (ABSENT, None)
    assert arms["slow"][1].speedup is not None


def test_a_noisy_run_makes_the_comparison_provisional(lay):
    found = lay(BEFORE, {"arms": BEFORE, "twin_off": 1.5}).compared[0]
    assert found.noisy == ("B",)
    assert found.to_json()["provisional"] is True
    assert lay(BEFORE, BEFORE).compared[0].to_json()["provisional"] is False


def test_medians_of_other_numbers_of_warm_batches_are_told(lay):
    (note,) = lay(BEFORE, {"arms": BEFORE, "warm": 5}).compared[0].notes
    assert note == "a block's number is the median of 2 or 5 warm batches"


def test_one_block_has_ratios_without_intervals_and_no_finding(lay):
    one = {name: times[:1] for name, times in BEFORE.items()}
    seen = lay(one, one).compared[0].arms["fast"][1]
    assert (seen.speedup.low, seen.speedup.high, seen.efficiency.high) == (0.0, math.inf, math.inf)
    assert seen.finding == UNTOLD


def test_a_comparison_is_a_json_document_even_with_one_block(lay):
    one = {name: times[:1] for name, times in BEFORE.items()}
    text = json.dumps([laid.to_json() for laid in lay(BEFORE, one).compared], allow_nan=False)
    (scenario,) = json.loads(text)
    (fast,) = [arm for arm in scenario["strategies"] if arm["name"] == "fast"]
    assert fast["runs"][1]["change"]["finding"] == UNTOLD
    assert fast["runs"][1]["speedup_high"] is None
    assert "time_s" not in text


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"concurrency": 3}, "quick: not the same race: concurrency 2 in A and 3 in B"),
        ({"faults": "kraken:429@0.5"}, "quick: not the same race: faults none in A and kraken:429@0.5 in B"),
    ],
)
def test_other_conditions_are_refused_in_a_sentence(lay, conditions, said):
    with pytest.raises(UsageError, match=r"^these runs cannot be compared: ") as caught:
        lay(BEFORE, {"arms": BEFORE, **conditions})
    assert said in str(caught.value)


def test_another_seed_is_refused_where_it_draws_other_delays_and_only_there(lay):
    assert lay(BEFORE, {"arms": BEFORE, "seed": 8}).claims == 2
    random = {"arms": BEFORE, "latency": "uniform:90ms,110ms"}
    with pytest.raises(UsageError, match="seed 7 in A and 8 in B, which draws other delays"):
        lay(random, {**random, "seed": 8})


def test_the_same_run_twice_and_a_run_alone_are_refused(run_of):
    run = RunEntry(run_of())
    with pytest.raises(UsageError, match="A and B are the same run, 20260101T000000Z-aaaa"):
        overlay([run, run])
    for number in (1, 27):
        with pytest.raises(UsageError, match=f"expected two to 26 runs to compare, found {number}"):
            overlay([run] * number)


def test_a_run_of_a_stranger_is_refused_and_breaks_nothing(run_of):
    for scenarios in ([], None, {}, [None], [{}], [{"strategies": 5, "verdict": []}]):
        with pytest.raises(UsageError, match="these runs cannot be compared"):
            overlay([RunEntry(run_of()), RunEntry({"schema": 1, "scenarios": scenarios})])


def test_rows_of_a_stranger_have_no_numbers_and_break_nothing(run_of):
    other = run_of("x")
    for row in other["scenarios"][0]["strategies"]:
        row.update(speedup="fast", block_medians_s=[1], measurements=None, efficiency=None, speedup_low=[])
    seen = overlay([RunEntry(run_of()), RunEntry(other)]).compared[0].arms["fast"][1]
    assert (seen.speedup, seen.efficiency, seen.change) == (None, None, None)
