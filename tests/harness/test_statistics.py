"""The comparison of two arms: its arithmetic against scipy and numpy, its promises against simulated races."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.schedule import blocks
from harness.statistics import (
    centre_over_blocks,
    holm,
    median,
    outliers,
    quantile,
    ratio_over_blocks,
)

seconds = st.floats(1e-4, 100)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=7)


def race(rng, arms, count, sd):
    """Block medians of equal arms: a shared slowness per block of 10 %, and each arm's own noise of ``sd``."""
    return 0.05 * np.exp(rng.normal(0, 0.1, (1, count)) + rng.normal(0, sd, (arms, count)))


# Arithmetic, against oracles


@given(st.lists(st.tuples(seconds, seconds), min_size=2, max_size=30), st.sampled_from([0.8, 0.95, 0.99]))
def test_a_comparison_is_scipys_paired_t_test_on_the_logarithms(pairs, confidence):
    a, b = np.array(pairs).T
    logs = np.log(a) - np.log(b)
    if np.ptp(logs) < 1e-6:
        return  # without spread there is no t statistic; that case has tests of its own
    test = stats.ttest_rel(np.log(a), np.log(b))
    low, high = test.confidence_interval(confidence)
    found = ratio_over_blocks(a.tolist(), b.tolist(), confidence)
    assert math.log(found.ratio) == pytest.approx(logs.mean(), abs=1e-9)
    assert found.high == pytest.approx(math.exp(high) if high < 709 else math.inf, rel=1e-8)
    assert found.low == pytest.approx(math.exp(low), rel=1e-8)
    assert found.p == pytest.approx(test.pvalue, rel=1e-6, abs=1e-12)
    assert found.median_ratio == pytest.approx(math.exp(np.median(logs)))
    assert found.blocks == len(pairs)


@given(st.lists(seconds, min_size=2, max_size=30))
def test_the_centre_is_the_geometric_mean_with_its_t_interval(values):
    logs = np.log(values)
    if np.ptp(logs) < 1e-6:
        return
    low, high = stats.t.interval(0.95, len(values) - 1, logs.mean(), stats.sem(logs))
    found = centre_over_blocks(values)
    assert found.estimate == pytest.approx(stats.gmean(values))
    assert found.low == pytest.approx(math.exp(low), rel=1e-8)
    assert found.high == pytest.approx(math.exp(high) if high < 709 else math.inf, rel=1e-8)


@given(p_values)
def test_holm_is_the_closed_test_of_every_subset_by_bonferroni(ps):
    # The definition: a hypothesis falls when every set of hypotheses that contains it falls.
    for i, found in enumerate(holm(ps)):
        others = [p for j, p in enumerate(ps) if j != i]
        closed = max(
            min(1.0, (size + 1) * min((ps[i], *subset)))
            for size in range(len(ps))
            for subset in itertools.combinations(others, size)
        )
        assert found == pytest.approx(closed, rel=1e-12)


def test_holm_keeps_the_order_in_which_it_was_asked():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_a_quantile_is_numpys(values, q):
    assert quantile(values, q) == pytest.approx(np.quantile(values, q), rel=1e-9, abs=1e-9)
    assert median(values) == pytest.approx(np.median(values), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("n", [2, 5, 10, 20, 50])
def test_the_smallest_detectable_difference_is_found_four_times_in_five(n):
    logs = np.random.default_rng(n).normal(0, 0.025, n)
    found = ratio_over_blocks(np.exp(logs).tolist(), [1.0] * n)
    shift = math.log1p(found.smallest_detectable) / (logs.std(ddof=1) / math.sqrt(n))
    critical = stats.t.ppf(0.975, n - 1)
    power = stats.nct.sf(critical, n - 1, shift) + stats.nct.cdf(-critical, n - 1, shift)
    # The formula stands in for the non-central t distribution, a little too hopefully with very few blocks.
    assert (0.79 if n >= 5 else 0.73) <= power <= 0.81


# Laws


@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=20))
def test_swapping_the_arms_inverts_the_ratio_and_keeps_the_p_value(pairs):
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    there, back = ratio_over_blocks(a, b), ratio_over_blocks(b, a)
    assert there.p == back.p
    assert there.smallest_detectable == back.smallest_detectable
    assert there.ratio * back.ratio == pytest.approx(1)


@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=20), st.randoms())
def test_the_order_of_the_blocks_says_nothing(pairs, dice):
    shuffled = list(pairs)
    dice.shuffle(shuffled)
    straight = ratio_over_blocks([p[0] for p in pairs], [p[1] for p in pairs])
    assert repr(ratio_over_blocks([p[0] for p in shuffled], [p[1] for p in shuffled])) == repr(straight)


def test_doubling_every_time_leaves_the_comparison_as_it_is():
    a, b = race(np.random.default_rng(3), 2, 20, 0.025).tolist()
    once, twice = ratio_over_blocks(a, b), ratio_over_blocks([2 * v for v in a], [2 * v for v in b])
    assert twice.ratio == pytest.approx(once.ratio, rel=1e-12)
    assert twice.p == pytest.approx(once.p, rel=1e-9)
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high), rel=1e-12)


# Few blocks, missing blocks, no spread


def test_one_block_proves_nothing():
    found = ratio_over_blocks([0.2], [0.1])
    assert found.ratio == pytest.approx(2)
    assert (found.low, found.high, found.p, found.smallest_detectable) == (0, math.inf, 1, math.inf)
    assert centre_over_blocks([0.25]).low == 0
    assert centre_over_blocks([0.25]).high == math.inf


def test_arms_that_share_no_block_cannot_be_compared():
    found = ratio_over_blocks({0: 0.1, 1: 0.1}, {2: 0.2, 3: 0.2})
    assert found.blocks == 0
    assert found.p == 1
    assert math.isnan(found.ratio)
    assert (found.low, found.high) == (0, math.inf)


def test_identical_values_are_no_difference_and_a_constant_factor_is_a_certain_one():
    same = ratio_over_blocks([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    assert (same.ratio, same.low, same.high, same.p, same.smallest_detectable) == (1, 1, 1, 1, 0)
    scaled = ratio_over_blocks([0.11, 0.22, 0.33], [0.1, 0.2, 0.3])
    assert scaled.ratio == scaled.low == scaled.high == pytest.approx(1.1)
    assert scaled.p == 0


def test_what_differs_by_rounding_alone_is_no_difference():
    values = [0.1, 0.2, 0.3, 0.7]
    rounded = [math.nextafter(value, math.inf) for value in values]
    assert rounded != values
    assert ratio_over_blocks(rounded, values).p == 1
    assert ratio_over_blocks(values[:1] * 4, rounded[:1] * 4).p == 1


def test_only_blocks_that_both_arms_have_are_paired():
    a = {0: 0.10, 1: 0.21, 2: 0.33, 4: 0.9}
    b = {1: 0.20, 2: 0.30, 3: 5.0, 4: 0.8}
    assert ratio_over_blocks(a, b) == ratio_over_blocks([0.21, 0.33, 0.9], [0.20, 0.30, 0.8])


def test_sequences_of_unequal_length_are_refused_and_never_cut_to_fit():
    with pytest.raises(ValueError, match="found 20 and 21: which are missing"):
        ratio_over_blocks([0.1] * 20, [0.1] * 21)


def test_deleting_one_block_of_one_arm_makes_no_twin_significant():
    rng = np.random.default_rng(20)
    turned = asked = 0
    for _ in range(100):
        a, b = (dict(enumerate(arm.tolist())) for arm in race(rng, 2, 20, 0.025))
        if ratio_over_blocks(a, b).p < 0.1:
            continue
        for block in a:
            asked += 1
            turned += ratio_over_blocks({k: v for k, v in a.items() if k != block}, b).p <= 0.05
    assert asked > 1500
    assert turned / asked <= 0.01


def test_deleting_one_value_inside_a_block_leaves_the_verdict():
    rng = np.random.default_rng(21)
    values = race(rng, 2, 20, 0.025)[:, :, None] * np.exp(rng.normal(0, 0.025, (2, 20, 3)))
    values[0] *= 1.10
    a, b = np.median(values, axis=2).tolist()
    assert ratio_over_blocks(a, b).p < 1e-4
    for block, place in itertools.product(range(20), range(3)):
        shorter = list(a)
        shorter[block] = median(np.delete(values[0, block], place).tolist())
        assert ratio_over_blocks(shorter, b).p < 1e-4


@pytest.mark.parametrize("count", [5, 20])
def test_one_value_times_ten_moves_the_ratio_by_less_than_one_per_cent(count):
    rng = np.random.default_rng(count)
    values = race(rng, 2, count, 0.0)[:, :, None] * np.exp(rng.normal(0, 0.025, (2, count, 3)))
    before = ratio_over_blocks(*np.median(values, axis=2).tolist()).ratio
    for block, place in itertools.product(range(count), range(3)):
        disturbed = values.copy()
        disturbed[0, block, place] *= 10
        after = ratio_over_blocks(*np.median(disturbed, axis=2).tolist()).ratio
        assert after == pytest.approx(before, rel=0.01)
        assert block * 3 + place in outliers(disturbed[0].ravel().tolist())


def test_a_whole_disturbed_block_shows_as_a_gap_between_ratio_and_median_ratio():
    a, b = race(np.random.default_rng(9), 2, 20, 0.01).tolist()
    calm = ratio_over_blocks(a, b)
    a[7] *= 10
    found = ratio_over_blocks(a, b)
    assert found.median_ratio == pytest.approx(calm.median_ratio, rel=0.01)
    assert found.ratio > 1.1 * calm.ratio


# Outliers


def test_calm_values_hold_no_outliers_and_too_few_never_do():
    assert outliers([0.050, 0.051, 0.049, 0.052, 0.050, 0.048]) == ()
    assert outliers([0.05, 0.05, 0.05, 5.0]) == ()


def test_strays_on_both_sides_are_marked_by_their_places():
    assert outliers([0.5, 0.050, 0.051, 0.049, 0.052, 0.001, 0.050, 0.048]) == (0, 5)


def test_two_in_a_thousand_calm_values_are_marked():
    values = np.random.default_rng(5).normal(1, 0.02, (2000, 20))
    assert sum(len(outliers(row.tolist())) for row in values) / values.size <= 0.002


# What is refused


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_time_is_a_positive_number_of_seconds(bad):
    with pytest.raises(ValueError, match="positive number of seconds in block 1"):
        ratio_over_blocks([0.1, bad], [0.1, 0.1])
    with pytest.raises(ValueError, match="positive number of seconds in block 1"):
        centre_over_blocks({0: 0.1, 1: bad})


def test_nonsense_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="confidence between 0 and 1, found 95"):
        ratio_over_blocks([0.1], [0.1], confidence=95)
    with pytest.raises(ValueError, match="at least one block"):
        centre_over_blocks([])
    with pytest.raises(ValueError, match="p-values between 0 and 1, found 2"):
        holm([0.5, 2])
    with pytest.raises(ValueError, match="at least one sample"):
        quantile([], 0.5)
    with pytest.raises(ValueError, match="quantile between 0 and 1, found 50"):
        quantile([1.0], 50)
    with pytest.raises(ValueError, match="finite samples"):
        median([1.0, math.nan])


# Promises, against simulated races (seeded: the same races every time)


@pytest.mark.parametrize("count", [5, 20])
def test_the_interval_covers_the_true_ratio_95_times_in_100(count):
    rng = np.random.default_rng(100 + count)
    covered = 0
    for _ in range(2000):
        a, b = race(rng, 2, count, 0.025)
        found = ratio_over_blocks((1.25 * a).tolist(), b.tolist())
        covered += found.low <= 1.25 <= found.high
    assert 0.93 <= covered / 2000 <= 0.97


def test_the_interval_covers_the_true_ratio_when_one_value_in_ten_is_far_too_slow():
    rng = np.random.default_rng(18)
    covered = 0
    for _ in range(1000):
        values = race(rng, 2, 20, 0.0)[:, :, None] * np.exp(rng.normal(0, 0.025, (2, 20, 3)))
        values *= np.where(rng.random(values.shape) < 0.1, 1 + rng.exponential(0.5, values.shape), 1)
        a, b = np.median(values, axis=2)
        found = ratio_over_blocks((1.25 * a).tolist(), b.tolist())
        covered += found.low <= 1.25 <= found.high
    assert 0.93 <= covered / 1000 <= 0.98


@pytest.mark.parametrize("count", [5, 20])
def test_twins_differ_significantly_one_time_in_twenty(count):
    rng = np.random.default_rng(200 + count)
    claims = sum(ratio_over_blocks(*race(rng, 2, count, 0.025).tolist()).p <= 0.05 for _ in range(2000))
    assert 0.02 <= claims / 2000 <= 0.085


def drifted_twins(rng, order, sd):
    """Two twins of eight arms, as the schedule ``order`` plays them while the machine slows down by 10 %."""
    turns = [(arm, block) for block, arms in enumerate(order) for arm in arms]
    found = {"a": {}, "b": {}}
    for turn, (arm, block) in enumerate(turns):
        if arm in found:
            found[arm][block] = 0.05 * (1 + 0.1 * turn / len(turns)) * math.exp(rng.normal(0, sd))
    return ratio_over_blocks(found["a"], found["b"])


@pytest.mark.slow
def test_a_drift_of_ten_per_cent_makes_no_false_claims_in_shuffled_blocks():
    rng = np.random.default_rng(7)
    found = [drifted_twins(rng, blocks(list("acdefghb"), 20, seed), 0.025) for seed in range(1000)]
    assert sum(c.p <= 0.05 for c in found) / 1000 <= 0.07
    assert abs(np.mean([c.ratio for c in found]) - 1) <= 0.005


@pytest.mark.parametrize("count", [5, 8, 20])
def test_a_drift_of_ten_per_cent_moves_no_ratio_by_half_a_per_cent_in_shuffled_blocks(count):
    rng = np.random.default_rng(8)
    for seed in range(200):
        assert abs(drifted_twins(rng, blocks(list("acdefghb"), count, seed), 0.0).ratio - 1) <= 0.005


def test_the_same_drift_in_sequential_order_is_taken_for_a_difference():
    order = blocks(list("acdefghb"), 20, 1, "sequential")
    assert drifted_twins(np.random.default_rng(9), order, 0.0001).p < 1e-6
