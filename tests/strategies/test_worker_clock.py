"""The clock of a worker elsewhere: the truth lies within what is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.worker_clock import Reading, WorkerClock, clock_from, machine_id

SECONDS = st.integers(0, 10**6).map(lambda us: us / 1e6)
WAYS = st.lists(st.tuples(SECONDS, SECONDS, SECONDS), min_size=1, max_size=8)


@given(st.integers(-(10**9), 10**9), WAYS)
def test_the_true_offset_is_within_the_error_however_long_the_ways_take(offset_us, ways):
    offset, now, readings = offset_us / 1e6, 1000.0, []
    for out, stay, back in ways:
        readings.append(Reading(now, now + out + stay + back, now + out + offset, now + out + stay + offset))
        now += out + stay + back
    clock = clock_from(readings)
    assert abs(clock.offset_s - offset) <= clock.error_s + 1e-6
    last = readings[-1]
    assert last.asked - 1e-6 <= clock.ours(last.first) <= clock.ours(last.last) <= last.received + 1e-6


def test_a_clock_that_drifted_is_known_by_its_last_reading():
    clock = clock_from([Reading(0.0, 0.1, 50.0, 50.0)])
    later = clock.narrowed(Reading(1000.0, 1000.2, 1051.1, 1051.1))
    assert (later.low, later.high) == pytest.approx((50.9, 51.1))


def test_a_reading_narrows_what_is_known():
    assert WorkerClock(-1.0, 1.0).narrowed(Reading(0.0, 0.5, 0.2, 0.2)) == WorkerClock(0.2 - 0.5, 0.2)


def test_without_a_reading_there_is_no_clock():
    with pytest.raises(ValueError, match="at least one reading"):
        clock_from([])


def test_a_machine_is_the_same_one_each_time_it_is_asked():
    assert machine_id() == machine_id()
