"""Numbers of how it went."""

from harness.tracker.tally import Tally
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
    assert tally.refreshes_per_s(19.5, 0.0) == 1.0
    assert tally.refreshes == 20
    assert tally.refreshes_per_s(100.0, 0.0) == 0.0


def test_at_the_very_beginning_there_is_no_rate():
    assert Tally().refreshes_per_s(5.0, 5.0) == 0.0
