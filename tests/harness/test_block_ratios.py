"""Ratios by block, from the rows of run.json."""

import pytest

from harness.block_ratios import efficiencies, efficiency_interval, medians, speedups


def rows(run):
    return {row["name"]: row for row in run["scenarios"][0]["strategies"]}


def test_a_speedup_is_taken_inside_each_block_that_both_arms_have():
    base = {"block_medians_s": {"0": 1.0, "1": 2.0, "2": 3.0}}
    assert speedups({"block_medians_s": {"1": 0.5, "2": 1.0, "7": 1.0}}, base) == {1: 4.0, 2: 3.0}


def test_blocks_are_the_same_whether_their_numbers_are_numbers_or_texts():
    assert speedups({"block_medians_s": {0: 0.5}}, {"block_medians_s": {"0": 1.0}}) == {0: 2.0}


def test_an_efficiency_is_the_limit_over_the_time_of_its_block(run_of):
    row = rows(run_of())["fast"]
    assert efficiencies(row) == pytest.approx({0: 0.3 / 0.5, 1: 0.3 / 0.52, 2: 0.3 / 0.51})
    found = efficiency_interval(row)
    assert found.estimate == pytest.approx(row["efficiency"])
    assert 0 < found.low < found.estimate < found.high


def test_one_block_has_no_interval(run_of):
    assert efficiency_interval(rows(run_of(arms={"fast": (0.5,), "sequential": (1.0,)}))["fast"]) is None


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"block_medians_s": None},
        {"block_medians_s": [1, 2]},
        {"block_medians_s": {"x": 1, "-1": 1, "1": "1", "2": 0, "3": -1, "4": True, "9" * 5000: 1}},
        {"block_medians_s": {"5": 1.0}, "measurements": [None, {"block": 5, "batches": [{}, {"bound_s": 0}]}]},
    ],
)
def test_what_is_no_time_is_no_block(row):
    assert speedups(row, {"block_medians_s": {str(block): 1.0 for block in range(5)}}) == {}
    assert efficiencies(row) == {}


def test_a_time_that_nobody_measured_makes_no_ratio():
    row = {"block_medians_s": {"0": 5e-324, "1": 0.5, "2": 1e308}}
    assert set(medians(row)) == {1}
