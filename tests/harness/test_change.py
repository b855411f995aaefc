"""The change of a ratio between two runs: its arithmetic against scipy, its promise against simulated runs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.change import IMPROVED, UNTOLD, WORSE, change

ratios = st.lists(st.floats(0.01, 100), min_size=2, max_size=20)


def blocks(values):
    return dict(enumerate(values))


@given(ratios, ratios)
def test_unpaired_it_is_scipys_welch_test_on_the_logarithms(before, after):
    one, other = np.log(after), np.log(before)
    if np.ptp(one) < 1e-6 or np.ptp(other) < 1e-6:
        return  # without spread there is no t statistic; that case has a test of its own
    test = stats.ttest_ind(one, other, equal_var=False)
    low, high = test.confidence_interval(0.95)
    found = change(blocks(before), blocks(after), paired=False)
    assert math.log(found.ratio) == pytest.approx(one.mean() - other.mean(), abs=1e-9)
    assert found.p == pytest.approx(test.pvalue, rel=1e-6, abs=1e-12)
    if high < 700:
        assert (found.low, found.high) == pytest.approx((math.exp(low), math.exp(high)), rel=1e-7)


def test_paired_blocks_of_the_same_number_are_compared():
    before, after = {0: 1.0, 1: 10.0, 2: 100.0}, {0: 1.1, 1: 11.1, 2: 109.0, 3: 5.0}
    paired, unpaired = (change(before, after, paired) for paired in (True, False))
    test = stats.ttest_rel(np.log([1.1, 11.1, 109.0]), np.log([1, 10, 100]))
    assert paired.p == pytest.approx(test.pvalue)
    assert (paired.paired, unpaired.paired) == (True, False)
    assert paired.high / paired.low < 1.1 < unpaired.high / unpaired.low


def test_one_block_on_a_side_says_nothing():
    for paired in (True, False):
        found = change({0: 1.0}, {0: 2.0}, paired)
        assert (found.ratio, found.low, found.high, found.p) == (2.0, 0.0, math.inf, 1.0)
        assert found.finding(found.p) == UNTOLD
        assert found.to_json()["high"] is None


@pytest.mark.parametrize(("before", "after"), [({}, {0: 1.0}), ({0: 1.0}, {})])
@pytest.mark.parametrize("paired", [True, False])
def test_no_block_at_all_is_no_change(before, after, paired):
    assert change(before, after, paired) is None


def test_blocks_without_any_spread_are_told_apart_exactly():
    same = change(blocks([2.0] * 3), blocks([2.0] * 4), paired=False)
    other = change(blocks([2.0] * 3), blocks([3.0] * 4), paired=False)
    assert (same.ratio, same.p, same.finding(same.p)) == (1.0, 1.0, UNTOLD)
    assert (other.low, other.high, other.p) == (pytest.approx(1.5), pytest.approx(1.5), 0.0)


def test_a_spread_in_one_of_the_runs_alone_is_enough():
    found = change(blocks([2.0] * 3), blocks([2.9, 3.0, 3.1]), paired=False)
    assert found.low < 1.5 < found.high
    assert found.finding(found.p) == IMPROVED


def test_a_larger_ratio_is_an_improvement_and_a_smaller_one_is_worse():
    before, after = blocks([2.0, 2.02, 2.01, 1.99]), blocks([3.0, 3.01, 2.99, 3.02])
    assert change(before, after, False).finding(0.01) == IMPROVED
    assert change(after, before, False).finding(0.01) == WORSE
    assert change(before, after, False).finding(0.051) == UNTOLD


def test_more_comparisons_need_a_larger_difference_to_be_seen():
    before, after = blocks([2.0, 2.1, 1.9]), blocks([2.0, 2.2, 1.8])
    alone, many = change(before, after, False), change(before, after, False, family=20)
    assert 0 < alone.smallest_detectable < many.smallest_detectable
    assert (alone.low, alone.p) == (many.low, many.p)


@pytest.mark.slow
def test_the_interval_covers_the_true_change_as_often_as_it_says():
    dice = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        before = np.exp(dice.normal(1.0, 0.02, 5))
        after = np.exp(dice.normal(1.1, 0.05, 8))
        found = change(blocks(before.tolist()), blocks(after.tolist()), paired=False)
        covered += found.low <= math.exp(0.1) <= found.high
    assert 0.93 <= covered / 300 <= 0.97
