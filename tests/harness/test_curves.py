"""Curves from the scenarios of a run, as run.json has them."""

import json

import pytest

from harness.curves import curves_of
from harness.sweep import AXES, name_of

ARMS = {"fast": (0.5, 0.52, 0.51), "slow": (0.8, 0.83, 0.81), "sequential": (1.0, 1.05, 1.02)}


@pytest.fixture
def sweep_of(run_of):
    """The scenarios of a sweep: each a dictionary of its conditions, with ``arms`` and what else ``run_of`` takes."""

    def make(*scenarios):
        found = [run_of(**one)["scenarios"][0] for one in scenarios]
        swept = [axis for axis in AXES if len({str(scenario[axis]) for scenario in found}) > 1]
        return [{**scenario, "name": name_of(scenario, swept)} for scenario in found]

    return make


def arm_of(curve, name):
    return next(arm for arm in curve["arms"] if arm["name"] == name)


def scaled(**factors):
    return {name: tuple(time_s * factors.get(name, 1) for time_s in times) for name, times in ARMS.items()}


def test_without_a_sweep_there_are_no_curves(sweep_of):
    assert curves_of(sweep_of({})) == curves_of([]) == []


def test_a_curve_holds_the_other_axes_fixed_and_names_those_that_are_swept_elsewhere(sweep_of):
    found = curves_of(sweep_of(*({"concurrency": c, "latency": d} for c in (2, 3) for d in ("100ms", "200ms"))))
    assert [(curve["axis"], curve["held"]) for curve in found] == [
        ("concurrency", ["latency=100ms"]), ("concurrency", ["latency=200ms"]),
        ("latency", ["concurrency=2"]), ("latency", ["concurrency=3"]),
    ]  # fmt: skip
    assert found[0]["fixed"] == {"latency": "100ms", "requests": 6, "workload": "tickers"}
    assert [point["scenario"] for point in found[3]["arms"][0]["points"]] == [
        "concurrency=3 latency=100ms", "concurrency=3 latency=200ms",
    ]  # fmt: skip


def test_a_point_has_what_the_scenario_says_of_the_arm_with_its_intervals(sweep_of):
    scenarios = sweep_of({"concurrency": 2}, {"concurrency": 3})
    row = next(row for row in scenarios[1]["strategies"] if row["name"] == "fast")
    point = arm_of(curves_of(scenarios)[0], "fast")["points"][1]
    assert (point["x"], point["label"], point["provisional"], point["bound_s"]) == (3, "3", False, pytest.approx(0.3))
    for key in ("time_s", "low_s", "high_s", "speedup", "speedup_low", "speedup_high", "efficiency"):
        assert point[key] == row[key]
    assert point["efficiency_low"] < point["efficiency"] < point["efficiency_high"]


def test_points_lie_in_the_order_of_their_numbers_whatever_the_order_of_the_run(sweep_of):
    (curve,) = curves_of(sweep_of({"concurrency": 3}, {"concurrency": 1}, {"concurrency": 2}))
    assert [point["x"] for point in arm_of(curve, "fast")["points"]] == [1, 2, 3]


def test_a_latency_lies_at_its_median_in_seconds_or_at_the_mean_of_its_exchanges(sweep_of):
    scenarios = sweep_of({"latency": "lognormal:200ms,2s"}, {"latency": "100ms;kraken=250ms"}, {"latency": "50ms"})
    (curve,) = curves_of(scenarios)
    assert [point["x"] for point in arm_of(curve, "fast")["points"]] == pytest.approx([0.05, 0.15, 0.2])
    assert curve["unit"] == "s"


def test_latencies_of_one_median_and_workloads_have_places_in_words_in_the_order_of_the_run(sweep_of):
    (curve,) = curves_of(sweep_of({"latency": "lognormal:100ms,1s"}, {"latency": "100ms"}))
    assert [point["x"] for point in arm_of(curve, "fast")["points"]] == ["lognormal:100ms,1s", "100ms"]
    (curve,) = curves_of(sweep_of({"workload": "tickers"}, {"workload": "books", "levels": 5}))
    assert [point["x"] for point in arm_of(curve, "fast")["points"]] == ["tickers", "books"]


def test_an_arm_that_is_out_has_no_point_and_that_is_said(sweep_of):
    broken = {"breaches": {"slow": ["it cheated"]}}
    (curve,) = curves_of(sweep_of({"concurrency": 2}, {"concurrency": 3, **broken}))
    assert [point["x"] for point in arm_of(curve, "slow")["points"]] == [2]
    assert curve["left_out"] == ["slow has no point at concurrency=3: it is disqualified"]
    (curve,) = curves_of(sweep_of({"concurrency": 2, **broken}, {"concurrency": 3, **broken}))
    assert [arm["name"] for arm in curve["arms"]] == ["fast", "sequential"]
    assert curve["left_out"] == ["slow has no point: it is disqualified"]


def test_an_arm_that_is_out_at_several_places_is_told_once(sweep_of):
    broken = {"breaches": {"slow": ["it cheated"]}}
    (curve,) = curves_of(sweep_of({"concurrency": 1}, *({"concurrency": n, **broken} for n in (2, 3))))
    assert curve["left_out"] == ["slow has no point at concurrency=2 and 3: it is disqualified"]


def test_a_point_has_the_rank_and_those_who_could_not_be_told_from_the_arm(sweep_of):
    alike = {**ARMS, "slow": (0.51, 0.51, 0.52)}
    (curve,) = curves_of(sweep_of({"concurrency": 2}, {"concurrency": 3, "arms": alike}))
    points = arm_of(curve, "slow")["points"]
    assert [(point["rank"], point["tied_with"]) for point in points] == [(2, []), (1, ["fast"])]


def test_only_what_puts_the_ranking_in_doubt_makes_a_point_provisional(sweep_of):
    scenarios = sweep_of({"concurrency": 2}, {"concurrency": 3})
    scenarios[0]["verdict"] = {"state": "NOISY", "reasons": ["a", "b"], "causes": ["network", "noise"]}
    scenarios[1]["verdict"] = {"state": "NOISY", "reasons": ["a"], "causes": ["network"]}
    (curve,) = curves_of(scenarios)
    assert [point["provisional"] for point in arm_of(curve, "fast")["points"]] == [True, False]


def test_a_scenario_without_ranking_or_without_a_block_has_no_point_and_that_is_said_once(sweep_of):
    scenarios = sweep_of({"concurrency": 2}, {"concurrency": 3}, {"concurrency": 4})
    scenarios[1]["verdict"]["state"] = "SERVER-BOUND"
    for row in scenarios[1]["strategies"]:
        row["status"] = "unranked"
    scenarios[2]["finished_blocks"] = 0
    for row in scenarios[2]["strategies"]:
        row.update(status="failed", time_s=None)
    (curve,) = curves_of(scenarios)
    assert [point["x"] for arm in curve["arms"] for point in arm["points"]] == [2, 2, 2]
    assert (curve["left_out"], curve["nobody"]) == ([], [
        "nobody has a point at concurrency=3: the verdict there is SERVER-BOUND, which allows no ranking",
        "nobody has a point at concurrency=4: no block was finished there",
    ])  # fmt: skip


def test_a_strategy_that_was_skipped_is_in_no_curve_and_no_sentence(sweep_of):
    scenarios = sweep_of({"concurrency": 2}, {"concurrency": 3})
    for scenario in scenarios:
        scenario["strategies"].append({"name": "trio-httpx", "status": "skipped", "reason": "why", "rank": None})
    (curve,) = curves_of(scenarios)
    assert ([arm["name"] for arm in curve["arms"]], curve["left_out"]) == (["fast", "slow", "sequential"], [])


def widths(sweep_of, **times):
    """The curve over the numbers in flight 1, 2, 4, ... of an arm ``fast`` that takes so many times its time there."""
    factors = times["fast"]
    return curves_of(sweep_of(*({"concurrency": 2**k, "arms": scaled(fast=f)} for k, f in enumerate(factors))))[0]


def test_more_in_flight_helps_up_to_the_least_number_that_is_not_told_from_the_best_of_the_greater(sweep_of):
    noisy = {**ARMS, "fast": (0.505, 0.515, 0.513)}
    scenarios = sweep_of(
        {"concurrency": 1, "arms": scaled(fast=2)}, {"concurrency": 2, "arms": noisy}, {"concurrency": 4, "arms": ARMS}
    )
    found = arm_of(curves_of(scenarios)[0], "fast")
    assert found["enough"] == 2
    assert 0 < found["enough_within"] < 0.05


def test_where_all_greater_numbers_take_longer_nothing_is_left_open(sweep_of):
    found = arm_of(widths(sweep_of, fast=(4, 1, 1.5, 2)), "fast")
    assert (found["enough"], found["enough_within"]) == (2, 0)


def test_where_the_greatest_number_is_told_from_all_others_nobody_knows_what_is_enough(sweep_of):
    assert arm_of(widths(sweep_of, fast=(4, 2, 1)), "fast")["enough"] is None


def test_blocks_that_leave_more_than_half_open_do_not_tell_what_is_enough(sweep_of):
    wild = {**ARMS, "fast": (0.3, 1.2, 0.52)}
    (curve,) = curves_of(sweep_of({"concurrency": 1, "arms": wild}, {"concurrency": 2, "arms": ARMS}))
    assert (arm_of(curve, "fast")["enough"], arm_of(curve, "fast")["enough_within"]) == (None, None)
    one_block = {"arms": {name: times[:1] for name, times in ARMS.items()}}
    (curve,) = curves_of(sweep_of({"concurrency": 1, **one_block}, {"concurrency": 2, **one_block}))
    assert [arm["enough"] for arm in curve["arms"]] == [None] * 3


def test_what_is_enough_is_asked_of_numbers_in_flight_alone(sweep_of):
    (curve,) = curves_of(sweep_of({"requests": 6}, {"requests": 12}))
    assert arm_of(curve, "fast")["enough"] is None


def test_cost_grows_along_the_numbers_of_requests_alone(sweep_of):
    at = {n: scaled(fast=n / 6, sequential=1) for n in (6, 12, 24)}
    (curve,) = curves_of(sweep_of(*({"requests": n, "arms": arms} for n, arms in at.items())))
    found = arm_of(curve, "fast")["growth"]
    assert (found["points"], found["blocks"], found["note"]) == (3, 3, None)
    assert found["exponent"]["estimate"] == pytest.approx(1)
    assert found["per_request_s"]["estimate"] == pytest.approx(0.51 / 6)
    # Batches made by hand all take 10 ms of CPU.
    assert found["cpu_exponent"]["estimate"] == pytest.approx(0, abs=1e-9)
    assert found["cpu_fixed_s"]["estimate"] == pytest.approx(0.01)
    assert arm_of(curve, "sequential")["growth"]["exponent"]["estimate"] == pytest.approx(0, abs=1e-9)
    assert arm_of(widths(sweep_of, fast=(2, 1)), "fast")["growth"] is None


def test_curves_are_the_same_in_memory_and_from_the_file_and_hold_no_infinity(sweep_of):
    scenarios = sweep_of({"concurrency": 2}, {"concurrency": 3, "arms": {n: t[:1] for n, t in ARMS.items()}})
    found = curves_of(scenarios)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    for scenario in scenarios:
        for row in scenario["strategies"]:
            row["block_medians_s"] = {int(block): time_s for block, time_s in row["block_medians_s"].items()}
    assert curves_of(scenarios) == found
    ends = ("low_s", "high_s", "speedup_low", "speedup_high", "efficiency_low", "efficiency_high")
    assert [arm_of(found[0], "fast")["points"][1][end] for end in ends] == [None] * 6


def test_an_arm_of_another_plan_is_on_no_curve_and_keeps_nobody_from_one(sweep_of):
    arms = {**ARMS, "fast+batch": (0.1, 0.1, 0.1)}
    (curve,) = curves_of(sweep_of(*({"concurrency": c, "arms": arms} for c in (1, 2))))
    assert {arm["name"] for arm in curve["arms"]} == set(ARMS)
    assert curve["left_out"] == curve["nobody"] == []
