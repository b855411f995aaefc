"""Drift: found where there is one, hardly ever where there is none, and nothing but what all arms have in common."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.drift import drift_of


def session(rng, arms, blocks, drift, sd):
    """Block medians of ``arms`` of different speed while the machine slows down by ``drift`` over the session."""
    return {
        f"arm {arm}": {
            block: 0.05 * (arm + 1) * (1 + drift) ** (block / (blocks - 1)) * math.exp(rng.normal(0, sd))
            for block in range(blocks)
        }
        for arm in range(arms)
    }


def test_a_steady_growth_is_told_exactly():
    medians = {name: {block: base * 1.02**block for block in range(5)} for name, base in (("a", 0.1), ("b", 3.0))}
    found = drift_of(medians)
    assert found.per_block == pytest.approx(0.02)
    assert found.over_session == pytest.approx(1.02**4 - 1)
    assert (found.low, found.high) == pytest.approx((found.over_session, found.over_session), rel=1e-6)
    assert found.p < 1e-9
    assert found.blocks == 5


def test_times_that_do_not_change_do_not_drift():
    found = drift_of({"a": dict.fromkeys(range(4), 0.1), "b": dict.fromkeys(range(4), 0.3)})
    assert (found.per_block, found.over_session, found.low, found.high, found.p) == (0, 0, 0, 0, 1)


@pytest.mark.parametrize("blocks", [3, 5, 20])
def test_the_line_and_its_p_value_are_scipys_on_the_mean_of_the_logarithms(blocks):
    medians = session(np.random.default_rng(blocks), 4, blocks, 0.05, 0.03)
    logs = np.log([[by_block[block] for block in range(blocks)] for by_block in medians.values()])
    fit = stats.linregress(np.arange(blocks), (logs - logs.mean(axis=1, keepdims=True)).mean(axis=0))
    reach = stats.t.ppf(0.975, blocks - 2) * fit.stderr
    found = drift_of(medians)
    assert found.per_block == pytest.approx(math.expm1(fit.slope), rel=1e-9)
    assert found.p == pytest.approx(fit.pvalue, rel=1e-6)
    assert found.low == pytest.approx(math.expm1((blocks - 1) * (fit.slope - reach)), rel=1e-6)
    assert found.high == pytest.approx(math.expm1((blocks - 1) * (fit.slope + reach)), rel=1e-6)


def test_what_two_arms_do_against_each_other_is_no_drift():
    rising = {block: 0.1 * 1.05**block for block in range(6)}
    falling = {block: 0.2 / 1.05**block for block in range(6)}
    assert drift_of({"a": rising, "b": falling}).over_session == pytest.approx(0)


def test_which_arms_there_are_does_not_change_with_their_order_or_names():
    medians = session(np.random.default_rng(4), 4, 6, 0.05, 0.03)
    permuted = {f"other {name}": medians[name] for name in reversed(medians)}
    assert drift_of(permuted).over_session == pytest.approx(drift_of(medians).over_session, rel=1e-12)


def test_an_arm_that_lacks_a_block_is_left_out():
    medians = session(np.random.default_rng(5), 3, 5, 0.1, 0.01)
    short = {block: 9.0 * 2**block for block in range(4)}
    assert drift_of({**medians, "short": short}) == drift_of(medians)


def test_where_no_arm_has_all_blocks_nothing_is_told():
    assert drift_of({"a": {0: 0.1, 1: 0.1, 2: 0.1}, "b": {1: 0.1, 2: 0.1, 3: 0.1}}) is None


@pytest.mark.parametrize("medians", [{}, {"a": {}}, {"a": {0: 0.1, 1: 0.2}}])
def test_fewer_than_three_blocks_tell_no_drift(medians):
    assert drift_of(medians) is None


def test_the_blocks_numbers_only_order_them():
    times = (0.1, 0.11, 0.13, 0.12)
    assert drift_of({"a": dict(zip((2, 5, 6, 9), times, strict=True))}) == drift_of({"a": dict(enumerate(times))})


def test_an_interval_without_end_is_null_in_json():
    found = drift_of({"a": {0: 1e-12, 1: 1e12, 2: 1e-12}})
    assert found.high == math.inf
    assert found.to_json()["high"] is None
    assert set(found.to_json()) == {"per_block", "over_session", "low", "high", "p", "blocks"}


def test_a_time_that_is_none_is_refused():
    with pytest.raises(ValueError, match="positive number of seconds in block 1, found 0"):
        drift_of({"a": {0: 0.1, 1: 0.0, 2: 0.1}})


@pytest.mark.parametrize(("arms", "blocks"), [(8, 5), (3, 6), (8, 20)])
def test_a_drift_of_ten_percent_is_told_in_95_of_100_sessions(arms, blocks):
    rng = np.random.default_rng(300 + blocks)
    found = [drift_of(session(rng, arms, blocks, 0.1, 0.025)) for _ in range(400)]
    assert sum(drift.p < 0.05 and abs(drift.over_session) > 0.02 for drift in found) >= 380
    assert np.mean([drift.over_session for drift in found]) == pytest.approx(0.1, abs=0.003)


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [5, 20])
def test_where_there_is_no_drift_one_is_told_in_at_most_6_of_100_sessions(blocks):
    rng = np.random.default_rng(400 + blocks)
    found = [drift_of(session(rng, 8, blocks, 0.0, 0.025)) for _ in range(1000)]
    assert sum(drift.p < 0.05 and abs(drift.over_session) > 0.02 for drift in found) <= 60
    assert 0.93 <= np.mean([drift.low <= 0 <= drift.high for drift in found]) <= 0.97
