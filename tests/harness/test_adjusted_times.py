"""Times of blocks of unequal delays, brought to the mean of the delays by hand."""

from dataclasses import replace

import pytest

from harness.adjusted_times import adjusted_times


def test_with_delays_that_never_change_the_medians_stay_as_they_are(measured):
    found = adjusted_times(
        [measured("x", block, *times, asked_s=0.04) for block, times in enumerate([(0.05, 0.07), (0.09,)])]
    )
    assert found == pytest.approx({0: 0.06, 1: 0.09})


def test_without_any_delay_the_medians_stay_as_they_are(measured):
    assert adjusted_times([measured("x", 3, 0.05, 0.06, 0.9)]) == pytest.approx({3: 0.06})


def test_a_cost_that_never_changes_gives_equal_times_whatever_the_delays(measured):
    found = adjusted_times([measured("x", block, d + 0.01, asked_s=d) for block, d in enumerate((0.1, 0.2, 0.6))])
    assert found == pytest.approx({0: 0.31, 1: 0.31, 2: 0.31})


def test_a_cost_that_grows_by_a_tenth_of_the_mean_time_is_a_tenth_of_it_in_any_block(measured):
    found = adjusted_times([measured("x", 0, 0.21, asked_s=0.2), measured("x", 1, 0.641, asked_s=0.6)])
    assert found == pytest.approx({0: 0.41, 1: 0.441})


def test_batches_of_a_block_are_each_set_against_their_own_order(measured):
    batches = [
        measured("x", 0, time_s, asked_s=asked_s) for time_s, asked_s in ((0.30, 0.29), (0.50, 0.48), (0.41, 0.40))
    ]
    block = replace(batches[0], batches=(batches[0].cold, *(m.warm[0] for m in batches)))
    # Beyond the delays: 0.01, 0.02 and 0.01; the delays take 0.40 in the middle.
    assert adjusted_times([block]) == pytest.approx({0: 0.41})


def test_blocks_without_numbers_or_with_impossible_ones_are_left_out(measured):
    assert adjusted_times([]) == adjusted_times([measured("x", 0, 0.1, problem="died")]) == {}
    impossible = [measured("x", block, 1e-6, asked_s=asked_s) for block, asked_s in enumerate((0.1, 0.5))]
    assert list(adjusted_times(impossible)) == [0]
