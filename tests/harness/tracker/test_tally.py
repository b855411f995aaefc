"""Numbers of how it went."""

from hypothesis import given
from hypothesis import strategies as st

from harness.tracker.tally import Latencies, Tally
from strategies.strategy import Failed, Fetched


def test_requests_that_failed_are_counted_and_the_last_is_told_harmlessly():
    tally = Tally()
    tally.add([Failed("server", "first", 0.0, 1.0), Fetched(1, 0.0, 0.25, 200, 1), Failed("reset", "a\x07", 0.0, 1.0)])
    assert (tally.errors, tally.last_kind, tally.last_error) == (2, "reset", "reset: a\\x07")
    assert tally.latencies.percentiles(1) == (0.25,)


def test_refreshes_a_second_are_those_of_the_last_ten_seconds():
    tally = Tally()
    for moment in range(20):
        tally.add_refresh(float(moment))
    assert tally.refreshes_per_s(19.5, 10.0) == 1.0
    assert tally.refreshes == 20
    assert tally.refreshes_per_s(100.0, 10.0) == 0.0


def test_at_the_very_beginning_there_is_no_rate():
    assert Tally().refreshes_per_s(5.0, 1.0) == 0.0


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
