"""Percentiles of the last requests."""

from hypothesis import given
from hypothesis import strategies as st

from harness.tracker.latencies import Latencies


def test_before_the_first_there_are_none():
    assert Latencies().percentiles(0.5, 0.99) == (None, None)


def test_each_is_one_that_was_measured():
    latencies = Latencies()
    for number in range(100, 0, -1):
        latencies.add(number)
    assert latencies.percentiles(0, 0.01, 0.5, 0.95, 0.99, 1) == (1, 1, 50, 95, 99, 100)


def test_old_ones_are_forgotten():
    latencies = Latencies(kept=3)
    for number in (9, 1, 2, 3):
        latencies.add(number)
    assert latencies.percentiles(1) == (3,)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_share_that_is_named_did_not_take_longer(numbers, share):
    latencies = Latencies()
    for number in numbers:
        latencies.add(number)
    (found,) = latencies.percentiles(share)
    assert sum(number <= found for number in numbers) >= share * len(numbers)
    assert sum(number < found for number in numbers) < share * len(numbers)
