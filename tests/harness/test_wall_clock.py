"""A wall clock that is set is told, with its size; one that is being corrected is not."""

import json

import pytest

from harness.wall_clock import WallClock


class Clocks:
    """Two clocks that go only when told to."""

    def __init__(self):
        self.wall_s, self.steady_s = 1_700_000_000.0, 50.0
        self.watch = WallClock(lambda: self.wall_s, lambda: self.steady_s)

    def go(self, seconds, step_s=0.0):
        self.steady_s += seconds
        self.wall_s += seconds + step_s
        self.watch.look()


@pytest.fixture
def clocks():
    return Clocks()


def test_clocks_that_go_together_say_nothing(clocks):
    for _ in range(100):
        clocks.go(7.0)
    assert clocks.watch.to_json() == {"stepped_s": 0, "at": [], "said": None}


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 1.1, -1.1])
def test_a_step_is_kept_with_its_size_and_when_it_was_seen(clocks, step_s):
    clocks.go(10.0)
    clocks.go(5.0, step_s)
    clocks.go(5.0)
    found = clocks.watch.to_json()
    assert found["stepped_s"] == pytest.approx(step_s)
    (at,) = found["at"]
    assert (at["step_s"], at["after_s"]) == pytest.approx((step_s, 15.0))


def test_a_clock_that_is_corrected_by_500_ppm_has_no_step_however_rarely_it_is_looked_at(clocks):
    for span_s in (0.1, 1.0, 60.0, 3600.0, 86_400.0):
        clocks.go(span_s, 0.0005 * span_s)
        clocks.go(span_s, -0.0005 * span_s)
    assert clocks.watch.steps == []


def test_less_than_a_second_is_no_step(clocks):
    clocks.go(1.0, 0.9)
    assert clocks.watch.steps == []


def test_a_step_forward_and_one_back_are_two_steps_though_they_cancel(clocks):
    clocks.go(1.0, 3600.0)
    clocks.go(1.0, -3600.0)
    found = clocks.watch.to_json()
    assert found["stepped_s"] == pytest.approx(0.0)
    assert [step["step_s"] for step in found["at"]] == pytest.approx([3600.0, -3600.0])
    assert "and once more" in found["said"]


def test_the_sentence_says_what_is_doubtful_and_what_is_not(clocks):
    clocks.go(12.0, -3600.0)
    said = clocks.watch.said
    assert "put back by 3600 s within the first 12.0 s of the run" in said
    assert "started and finished are doubtful" in said
    assert "slept" not in said
    clocks.go(1.0, 5.0)
    clocks.go(1.0, 5.0)
    assert "and 2 times more" in clocks.watch.said
    json.dumps(clocks.watch.to_json(), allow_nan=False)


def test_a_machine_that_slept_looks_like_a_step_forward(clocks):
    clocks.go(1.0, 3600.0)
    assert "put forward by 3600 s within the first 1.00 s of the run (or the machine slept): " in clocks.watch.said


def test_the_clocks_of_this_machine_are_watched_where_none_are_given():
    watch = WallClock()
    watch.look()
    assert watch.steps == []
