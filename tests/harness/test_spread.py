"""Scatter against numbers worked out by hand, and against what it was drawn with."""

import math
import random
from statistics import stdev

import pytest

from harness.spread import between_workers, spread_of, within_workers


def test_what_slows_a_block_for_all_arms_is_not_between_workers():
    medians = {"a": {0: 1.0, 1: 2.0, 2: 1.5}, "b": {0: 0.1, 1: 0.2, 2: 0.15}}
    assert between_workers("a", medians) == pytest.approx(0.0, abs=1e-12)


def test_between_workers_is_the_scatter_of_log_residuals_on_their_degrees_of_freedom():
    # b never moves, a by 0.02 in logarithms: residuals of a are -0.01, 0.01, 0 about a block effect of half of that.
    medians = {"a": {0: math.exp(-0.02), 1: math.exp(0.02), 2: 1.0}, "b": {0: 1.0, 1: 1.0, 2: 1.0}}
    # Squares 2 * 0.01 ** 2 on (2 - 1) * (3 - 1) / 2 = 1 degree of freedom.
    assert between_workers("a", medians) == pytest.approx(math.sqrt(2e-4))


def test_between_workers_finds_the_scatter_that_was_put_in():
    dice = random.Random(1)
    blocks = {block: dice.gauss(0, 0.3) for block in range(400)}
    medians = {arm: {b: math.exp(effect + dice.gauss(0, 0.02)) for b, effect in blocks.items()} for arm in "abcd"}
    assert between_workers("a", medians) == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize(
    "medians", [{"a": {0: 1.0}, "b": {0: 1.0}}, {"a": {0: 1.0, 1: 1.1}}, {"a": {0: 1.0, 1: 1.1}, "b": {0: 1.0}}, {}]
)
def test_without_a_second_block_and_a_second_arm_nothing_tells_workers_from_blocks(medians):
    assert between_workers("a", medians) is None


def test_an_arm_that_lacks_some_of_the_blocks_is_left_out_of_their_effects():
    whole = {"a": {0: 1.0, 1: 1.1}, "b": {0: 1.0, 1: 1.0}}
    assert between_workers("a", {**whole, "c": {1: 9.0}}) == between_workers("a", whole)


def test_an_arm_that_is_none_of_those_that_tell_is_set_against_their_mean():
    calm = {"a": {0: 1.0, 1: 1.1, 2: 1.0}, "b": {0: 2.0, 1: 2.2, 2: 2.0}}
    wild = {0: 5e-6, 1: 9e-6, 2: 4e-6}
    against = [math.log(wild[block]) - math.log(calm["a"][block]) for block in range(3)]
    found = spread_of("cache", wild, calm, []).between
    # Of three arms: the variance of one against the mean of the others is 1 + 1 / 2 times its own.
    assert found == pytest.approx(stdev(against) / math.sqrt(1.5))
    assert spread_of("a", calm["a"], calm, []).between == pytest.approx(0.0, abs=1e-12)


def test_within_workers_pools_the_scatter_around_each_workers_own_mean():
    one, other = [math.exp(log) for log in (-0.01, 0.01)], [math.exp(log) for log in (1.97, 2.0, 2.03)]
    # Squares 2e-4 and 18e-4 on 1 and 2 degrees of freedom.
    assert within_workers([one, other, [5.0]]) == pytest.approx(math.sqrt(20e-4 / 3))


def test_workers_with_one_value_each_have_no_scatter_within():
    assert spread_of("a", {0: 1.0}, {}, [[1.0], [1.1]]).to_json() == {"between": None, "within": None}
