"""A beat's times, and its grid."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from harness.tracker.beat import Beat, Metronome

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
MARKETS = (("kraken", BTC), ("gemini", BTC), ("kraken", ETH))

origins = st.floats(0, 1e7)
lengths = st.floats(0.05, 3600)


def test_a_value_lives_for_three_beats_and_at_least_three_seconds():
    assert Beat(MARKETS, 0.5).ttl_s == 3.0
    assert Beat(MARKETS, 10).ttl_s == 30.0
    assert Beat(MARKETS, 10, ttl_s=4).ttl_s == 4


def test_a_reading_is_patient_for_most_of_a_beat_or_as_long_as_a_deadline():
    assert Beat(MARKETS, 2.0).patience_s == 1.5
    assert Beat(MARKETS, 60.0, deadline_s=5).patience_s == 5
    assert Beat(MARKETS, 2.0, patience_s=0.1).patience_s == 0.1


def test_the_pairs_of_an_exchange_keep_their_order():
    assert Beat(MARKETS).by_exchange == {"kraken": (BTC, ETH), "gemini": (BTC,)}


@pytest.mark.parametrize(("wrong", "said"), [
    ({"markets": ()}, "expected at least one market to be asked for, found none"),
    ({"markets": MARKETS[:1] * 2}, "expected each market once, found one twice"),
    ({"every_s": 0.01}, "expected a beat of 50.0 ms to 3600 s, found 10.0 ms"),
    ({"every_s": math.nan}, "expected a beat of 50.0 ms to 3600 s, found nan"),
    ({"every_s": math.inf}, "expected a beat of 50.0 ms to 3600 s, found inf"),
    ({"ttl_s": -1}, "expected a time for ttl_s, found -1"),
    ({"patience_s": math.inf}, "expected a time for patience_s, found inf"),
    ({"deadline_s": 0}, "expected a deadline above 0s, found 0s"),
    ({"enough": 0}, "expected levels of 0 or more and enough of 1 or more, found 0, 0"),
])  # fmt: skip
def test_what_is_no_beat_is_refused_in_a_sentence(wrong, said):
    with pytest.raises(ValueError, match=said):
        Beat(**{"markets": MARKETS, **wrong})


@given(origins, lengths, st.integers(0, 100_000))
def test_a_beat_is_on_from_its_start_until_the_next_one_begins(origin, every_s, beat):
    metronome = Metronome(origin, every_s)
    start = metronome.start_of(beat)
    assert metronome.at(start) == beat
    assert metronome.at(math.nextafter(start, -math.inf)) == beat - 1


@given(origins, lengths, st.floats(0, 1e6))
def test_whoever_waits_for_the_next_beat_wakes_on_the_grid_however_late_it_is(origin, every_s, late):
    metronome = Metronome(origin, every_s)
    now = origin + late
    wait_s = metronome.wait_for_next(now)
    beat = metronome.at(now) + 1
    assert 0 < wait_s <= every_s * (1 + 1e-9) + 1e-6
    # The same grid for ever: nothing adds up.
    assert metronome.start_of(beat) == origin + beat * every_s
    assert now + wait_s == pytest.approx(metronome.start_of(beat))


def test_beats_that_were_missed_are_skipped():
    metronome = Metronome(100.0, 2.0)
    assert (metronome.at(107.5), metronome.wait_for_next(107.5)) == (3, 0.5)


@pytest.mark.parametrize(("every_s", "now", "over_s"), [
    (1.0, 100.0, 1.0), (1.0, 100.9, 1.0), (1.0, 101.02, 2.0), (1.0, 500.0, 10.0), (60.0, 130.0, 60.0),
    (60.0, 500.0, 60.0), (1.0, 99.0, 1.0),
])  # fmt: skip
def test_what_came_of_late_is_counted_over_the_beats_that_it_was_asked_in(every_s, now, over_s):
    assert Metronome(100.0, every_s).of_late_s(now) == over_s
