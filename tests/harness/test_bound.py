"""The bound against optimal schedules found by trying them all."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.bound import bound

# Whole milliseconds: sums are exact, so a comparison needs no tolerance.
small_batches = st.lists(st.integers(0, 40), min_size=1, max_size=7)
batches = st.lists(st.integers(0, 1000), min_size=1, max_size=60)
places = st.integers(1, 12)


def best_schedule(delays, n):
    """The shortest makespan over every assignment of requests to n places in flight."""
    return min(
        max(sum(d for d, place in zip(delays, places, strict=True) if place == here) for here in range(n))
        for places in itertools.product(range(n), repeat=len(delays))
    )


def sums_of_the_definition(delays, n):
    """The three bounds as they are written down, without prefix sums."""
    longest = sorted(delays, reverse=True)
    shared = [sum(sorted(longest[: k * n + 1])[: k + 1]) for k in range(len(delays)) if k * n + 1 <= len(delays)]
    return max(max(delays), sum(delays) / n, *shared)


@settings(max_examples=settings.default.max_examples * 3 // 2)
@given(small_batches, st.integers(1, 3))
def test_no_schedule_beats_the_bound_and_the_best_is_within_twice_it(delays, n):
    best = best_schedule(delays, n)
    # Twice: Graham's list scheduling always reaches sum / n + max.
    assert bound(delays, n) <= best <= 2 * bound(delays, n)


@given(batches, places)
def test_the_bound_is_the_largest_of_the_three_sums_of_its_definition(delays, n):
    assert bound(delays, n) == sums_of_the_definition(delays, n)


@given(st.integers(1, 200), places, st.integers(1, 1000))
def test_equal_delays_take_as_many_rounds_as_there_must_be(count, n, delay):
    assert bound([delay] * count, n) == math.ceil(count / n) * delay


@given(batches, places, st.integers(0, 500))
def test_one_more_request_never_lowers_the_bound(delays, n, more):
    assert bound([*delays, more], n) >= bound(delays, n)


@given(batches, places, st.data())
def test_a_longer_delay_never_lowers_the_bound(delays, n, data):
    slower = list(delays)
    slower[data.draw(st.integers(0, len(delays) - 1))] += data.draw(st.integers(0, 500))
    assert bound(slower, n) >= bound(delays, n)


@given(batches, places)
def test_one_more_place_in_flight_never_raises_the_bound(delays, n):
    assert bound(delays, n + 1) <= bound(delays, n)


@given(batches, places, st.randoms())
def test_the_bound_does_not_depend_on_the_order(delays, n, dice):
    shuffled = list(delays)
    dice.shuffle(shuffled)
    assert bound(shuffled, n) == bound(delays, n)


@given(batches)
def test_one_in_flight_takes_the_sum_and_one_place_each_takes_the_longest(delays):
    assert bound(delays, 1) == sum(delays)
    assert bound(delays, len(delays)) == max(delays)


def test_each_of_the_three_sums_can_be_the_one_that_counts():
    assert bound([9, 1, 1], 2) == 9
    assert bound([4, 4, 4, 4, 1, 1], 2) == 9
    assert bound([5, 5, 5], 2) == 10
    assert bound([5, 5, 4, 3, 3], 2) == 10


def test_seconds_as_floats_keep_twelve_digits():
    assert bound([0.02] * 40, 20) == pytest.approx(0.04, rel=1e-12)
    assert bound([0.001 + 1e-7 * i for i in range(5000)], 7) == pytest.approx(
        sums_of_the_definition([0.001 + 1e-7 * i for i in range(5000)], 7), rel=1e-12
    )


def test_a_batch_of_nothing_takes_no_time():
    assert bound([], 5) == 0


@pytest.mark.parametrize(("delays", "n", "said"), [
    ([1.0], 0, "at least one request in flight, found 0"),
    ([1.0, -0.1], 2, "zero or more seconds, found -0.1"),
    ([math.nan], 2, "found nan"),
    ([math.inf], 2, "found inf"),
])  # fmt: skip
def test_what_is_no_batch_is_refused(delays, n, said):
    with pytest.raises(ValueError, match=said):
        bound(delays, n)
