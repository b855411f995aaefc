"""What measuring costs by itself, with a clock made by hand and with the real one."""

import itertools

import pytest

from harness import stopwatch


@pytest.fixture
def alone(monkeypatch):
    """Without what comes before a batch, which takes its time."""
    monkeypatch.setattr(stopwatch, "counters", dict)
    monkeypatch.setattr(stopwatch, "CpuMeter", object)


@pytest.mark.usefixtures("alone")
def test_the_cost_is_the_median_of_eleven_spans_from_one_reading_to_the_next():
    # Each span is as long as its number: 0, 1, 2 ... 10.
    readings = itertools.chain.from_iterable((1000.0 * span, 1000.0 * span + span) for span in itertools.count())
    assert stopwatch.cost_s(lambda: next(readings)) == pytest.approx(5.0)


def test_a_real_span_costs_something_and_less_than_a_millisecond():
    assert 0 < stopwatch.cost_s() < 0.001


@pytest.mark.usefixtures("alone")
def test_what_a_guest_does_to_the_clock_is_its_own_affair(monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    assert stopwatch.cost_s() > 0
