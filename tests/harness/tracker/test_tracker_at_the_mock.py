"""The tracker against the mock server's own process, with every strategy that is installed."""

import multiprocessing.util
import random
import time
from contextlib import contextmanager
from itertools import pairwise

import pytest

import exchanges
import strategies
from harness.place import Place
from harness.tracker.beat import Beat
from harness.tracker.tracker import Tracker
from mock_server.process import Control, running
from strategies.leftovers import Leftovers

pytestmark = pytest.mark.slow

NAMES = ("binance", "kraken", "gate")
GATE = exchanges.load("gate").instruments[0].pair


@contextmanager
def mock_of(names=NAMES, *arguments, latency="2ms"):
    """A mock server, and the place it is."""
    with running(names, latency, 7, arguments) as mock, Control(mock) as control:
        yield Place(mock.origins, False, "the mock server", mock.ca_file, control)


def tracker_at(place, every_s=0.2, strategy="asyncio-aiohttp", count=4, in_flight=12, levels=0, **more):
    markets = tuple((name, one.pair) for name in place.origins for one in exchanges.load(name).instruments[:count])
    own = {name: more.pop(name) for name in ("ttl_s", "patience_s", "enough", "deadline_s") if name in more}
    beat = Beat(markets, every_s, levels=levels, **own)
    return Tracker(beat, place, strategy, in_flight, random.Random(1), **more)


def until(tracker, condition):
    """Read beat after beat until the condition holds; the reading."""
    for _ in range(300):
        reading = tracker.next_reading(30)
        if condition(reading):
            return reading
    raise AssertionError(f"it never came to that: {reading.sentence}; {reading.failures}")


def is_fresh(reading):
    return all(one.freshness == "fresh" for one in reading.known.values())


@pytest.mark.parametrize("strategy", strategies.names())
def test_every_strategy_serves_several_exchanges_side_by_side_and_leaves_nothing_behind(strategy):
    # Its folder for sockets is there for good once it was asked for, and must not lie among what is swept.
    multiprocessing.util.get_temp_dir()
    with mock_of() as place:
        leftovers = Leftovers()
        for _ in range(2):
            with leftovers.watched(), tracker_at(place, strategy=strategy) as tracker:
                reading = until(tracker, lambda found: is_fresh(found) and len(found.seen.clocks) == 3)
                assert len(reading.seen.sightings) == 12
                assert reading.failures == ()
            assert tracker.left_behind == ()
        assert leftovers.found() == ""


@pytest.mark.parametrize("strategy", ["asyncio-aiohttp", "threads", "processes-asyncio"])
def test_a_stalled_exchange_never_delays_the_others(strategy):
    with mock_of(NAMES, "--faults=kraken:stall-body") as place:
        with tracker_at(place, strategy=strategy, deadline_s=5.0) as tracker:
            reading = until(tracker, lambda found: found.known["gate", GATE].freshness == "fresh")
            place.control.begin(7)
            for _ in range(12):
                reading = tracker.next_reading(30)
            log = place.control.end()
            assert "kraken" in reading.late
            assert reading.answered == reading.asked - 1 == 2
            assert "late: kraken" in reading.sentence or "failed: kraken (deadline" in reading.sentence
            asked_at = [
                row[5] for row in log["rows"] if row[2] == "gate" and row[3]
            ]  # fmt: skip
        # No beat of the others was skipped for it: the machine may be busy, but five seconds would show.
        assert max(later - one for one, later in pairwise(asked_at)) < 2.0
        assert len(asked_at) >= 8


def test_a_stalled_exchange_goes_stale_then_dead_and_is_back_when_it_answers():
    with mock_of() as place, tracker_at(place, deadline_s=0.3, ttl_s=1.0) as tracker:
        until(tracker, is_fresh)
        place.control.begin(7, faults="kraken:stall-before")
        reading = until(tracker, lambda found: {one.freshness for one in found.known.values()} == {"fresh", "dead"})
        assert {one.quote.exchange for one in reading.seen.sightings} == {"binance", "gate"}
        assert any(line.startswith("kraken (all 4 markets): deadline: ") for line in reading.failures)
        place.control.begin(7, faults="")
        until(tracker, is_fresh)


@pytest.mark.parametrize("name", ["kraken", "bitfinex", "binance"])
def test_an_exchange_that_counts_is_never_overrun_within_our_share(name):
    with mock_of((name,), "--limits") as place, tracker_at(place, 0.05, count=20, levels=10) as tracker:
        for _ in range(60):
            reading = tracker.next_reading(30)
        state = reading.exchanges[name]
        assert (state.errors, state.last_error) == (0, None)
        assert 0 < state.budget_used <= 0.5
        assert state.refreshes > 1


@pytest.mark.parametrize(("name", "levels", "time_scale"), [
    ("kraken", 10, 20), ("bitfinex", 10, 20), ("bybit", 10, 1), ("binance", 101, 6),
])  # fmt: skip
def test_whoever_is_told_to_wait_does_and_is_never_banned(name, levels, time_scale):
    """Our own count is switched off, so that the exchange's is met; its time runs faster, so that it is met often."""
    arguments = ("--limits", f"--time-scale={time_scale}")
    with (
        mock_of((name,), *arguments, latency="1ms") as place,
        tracker_at(place, 0.05, count=20, levels=levels, share=1000.0) as tracker,
    ):
        state = until(tracker, lambda found: found.exchanges[name].last_error).exchanges[name]
        said = {state.last_error.partition(":")[0]}
        refreshes = state.refreshes
        reading = until(tracker, lambda found: found.exchanges[name].refreshes > refreshes + 2)
        said |= {reading.exchanges[name].last_error.partition(":")[0]}
    assert said == {"rate_limited"}


def test_a_retry_after_is_obeyed():
    with mock_of(("binance",), "--faults=binance:429") as place, tracker_at(place, 0.05) as tracker:
        until(tracker, lambda found: found.exchanges["binance"].why)
        place.control.begin(7)
        until(tracker, lambda found: found.exchanges["binance"].requests >= 9)
        log = place.control.end()
    arrivals = [row[5] for row in log["rows"] if row[3]]
    bursts = [later - one for one, later in pairwise(arrivals) if later - one > 0.5]
    assert len(arrivals) >= 2
    # Nobody asked between a refusal and the second after it.
    assert len(bursts) == len(arrivals) - 1
    assert min(bursts) >= 1.0


def test_a_refresh_joins_what_is_in_flight():
    with mock_of(latency="500ms") as place, tracker_at(place, 60.0, deadline_s=5.0) as tracker:
        tracker.next_reading(30)
        place.control.begin(7)
        # A second is new enough; then everybody asks at once.
        until_new = time.monotonic() + 1.2
        while time.monotonic() < until_new:
            tracker.wait(10**9, 0.1)
        refreshes = tracker.reading().exchanges["gate"].refreshes
        for _ in range(50):
            tracker.refresh()
            tracker.wait(10**9, 0.005)
        while tracker.reading().exchanges["gate"].refreshes == refreshes:
            tracker.wait(10**9, 0.05)
        log = place.control.end()
    assert sum(1 for row in log["rows"] if row[2] == "gate" and row[3]) == 1


@pytest.mark.parametrize("strategy", ["threads", "processes", "trio-httpx", "asyncio-protocol"])
def test_switching_while_running_goes_on_from_beat_to_beat(strategy):
    leftovers = Leftovers()
    with mock_of() as place, tracker_at(place) as tracker:
        until(tracker, is_fresh)
        tracker.switch(strategy)
        before = tracker.reading().exchanges["gate"].refreshes
        reading = until(tracker, lambda found: is_fresh(found) and found.exchanges["gate"].refreshes > before + 2)
        assert reading.strategy == strategy
        tracker.switch("asyncio-aiohttp")
        until(tracker, is_fresh)
    assert leftovers.found() == ""


@pytest.mark.parametrize("strategy", ["asyncio-aiohttp", "threads", "processes", "processes-asyncio", "trio-httpx"])
def test_leaving_with_an_answer_in_flight_waits_for_its_deadline_and_no_longer(strategy):
    leftovers = Leftovers()
    with mock_of(NAMES, "--faults=kraken:stall-before") as place:
        with tracker_at(place, strategy=strategy, deadline_s=1.5) as tracker:
            until(tracker, lambda found: found.exchanges["kraken"].in_flight or found.exchanges["kraken"].errors)
            left = time.monotonic()
        took_s = time.monotonic() - left
    assert tracker.left_behind == ()
    assert took_s < 1.5 + 3.0
    assert leftovers.found() == ""


def test_books_are_asked_for_as_deep_as_they_are_wanted():
    with mock_of() as place, tracker_at(place, 1.0, levels=5, ttl_s=30) as tracker:
        reading = until(tracker, is_fresh)
        assert {len(one.book.bids) for one in reading.seen.sightings} == {5}


def test_all_markets_of_all_exchanges_are_known_soon():
    with mock_of(exchanges.names(), "--limits") as place, tracker_at(place, 1.0, count=30, ttl_s=60) as tracker:
        reading = until(tracker, is_fresh)
        assert len(reading.seen.sightings) == sum(len(exchanges.load(name).instruments) for name in exchanges.names())
        assert [state.errors for state in reading.exchanges.values()] == [0] * 11
        assert any("gemini: within 50% of its rate limit" in note for note in reading.notes)


def test_prices_come_over_tls_from_whom_a_private_authority_vouches_for():
    with mock_of(NAMES, "--tls") as place, tracker_at(place) as tracker:
        assert all(origin.startswith("https:") for origin in place.origins.values())
        until(tracker, is_fresh)
