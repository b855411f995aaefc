"""The tracker with strategies that a test scripts: real threads, no server. The real ones: test_tracker_at_the_mock."""

import random
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

import exchanges
from exchanges.facts import Facts
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.exits import EnvironmentGap, UsageError
from harness.place import Place
from harness.tracker import pollers
from harness.tracker.beat import Beat
from harness.tracker.tracker import Tracker
from strategies.strategy import Failed, Fetched

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
MARKETS = (("kraken", BTC), ("kraken", ETH), ("gemini", BTC), ("bitstamp", BTC))
NAMES = ("kraken", "gemini", "bitstamp")
PLACE = Place(dict.fromkeys(NAMES, "http://127.0.0.1:1"), False, "nowhere")


class Script:
    """A strategy that a test directs: ``gates`` hold up an exchange until they are set, ``acts`` answer for one."""

    def __init__(self):
        self.gates, self.acts = {}, {}
        self.calls, self.open, self.opened = [], 0, 0
        self.notes = []
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, limits, decode):
        with self._lock:
            self.open += 1
            self.opened += 1
        fetch = lambda requests: self._fetch(requests)  # noqa: E731
        try:
            yield fetch
        finally:
            with self._lock:
                self.open -= 1

    def _fetch(self, requests):
        name = requests[0].exchange
        with self._lock:
            self.calls.append((name, [request.about for request in requests], requests[0].origin))
        started = self.now()
        if name in self.gates:
            assert self.gates[name].wait(30)
        if name in self.acts:
            return self.acts[name](requests)
        return [self.answer(request, started) for request in requests]

    now = staticmethod(time.monotonic)

    def answer(self, request, started):
        if request.about != "quotes":
            return Failed("server", "no facts", started, self.now())
        quotes = tuple(Quote(request.exchange, pair, Decimal(100), Decimal(102)) for pair in request.pairs)
        return Fetched(quotes, started, self.now(), 200, 1)

    def asked(self, name):
        """How often an exchange was asked for prices."""
        return sum(1 for one, abouts, _ in self.calls if one == name and "quotes" in abouts)


@pytest.fixture
def script(monkeypatch):
    """Whatever strategy a tracker opens, it is this one; ``broken`` does not open."""
    script = Script()

    @contextmanager
    def broken(limits, decode):
        raise OSError("no descriptors")
        yield

    monkeypatch.setattr(pollers, "_loaded", lambda called, in_flight: broken if called == "broken" else script)
    return script


def tracker_of(every_s=0.05, strategy="mine", markets=MARKETS, in_flight=8, **more):
    own = {name: more.pop(name) for name in ("ttl_s", "patience_s", "enough", "deadline_s") if name in more}
    return Tracker(Beat(markets, every_s, **own), PLACE, strategy, in_flight, random.Random(1), **more)


def after(tracker, condition):
    """Wait until the tracker has come to a reading that the condition holds for."""
    version, reading = -1, tracker.reading()
    while not condition(reading):
        newer = tracker.wait(version, 30)
        assert newer > version, "nothing changed for 30 s"
        version, reading = newer, tracker.reading()
    return reading


def test_all_exchanges_are_asked_and_what_they_say_is_known(script):
    with tracker_of(60.0) as tracker:
        reading = tracker.next_reading(30)
        assert (reading.asked, reading.answered, reading.late) == (3, 3, ())
        assert reading.sentence == "3 of 3 exchanges answered"
        assert [one.freshness for one in reading.known.values()] == ["fresh"] * 4
        assert [(one.quote.exchange, one.quote.pair) for one in reading.seen.sightings] == list(MARKETS)
        assert (reading.strategy, reading.beat_s, reading.failures) == ("mine", 60.0, ())
        assert reading.refreshes_per_s > 0
        assert set(reading.exchanges) == set(NAMES)
    assert {origin for *_, origin in script.calls} == {"http://127.0.0.1:1"}
    assert [script.asked(name) for name in NAMES] == [1, 1, 1]


def test_a_stalled_exchange_never_delays_the_others_and_is_told_as_late(script):
    script.gates["kraken"] = threading.Event()
    with tracker_of(ttl_s=60) as tracker:
        while script.asked("gemini") < 4 or script.asked("bitstamp") < 4:
            reading = tracker.next_reading(30)
        assert script.asked("kraken") == 1
        assert (reading.late, reading.answered) == (("kraken",), reading.asked - 1)
        assert "late: kraken (asked " in reading.sentence
        assert [one.freshness for one in reading.known.values()] == ["waiting", "waiting", "fresh", "fresh"]
        script.gates["kraken"].set()
        after(tracker, lambda found: found.known["kraken", BTC].freshness == "fresh")


def test_enough_exchanges_are_enough(script):
    script.gates["kraken"] = threading.Event()
    with tracker_of(60.0, enough=2) as tracker:
        reading = tracker.next_reading(30)
        assert (reading.answered, reading.late) == (2, ("kraken",))
        script.gates["kraken"].set()


def test_a_reading_comes_when_its_patience_is_over_and_when_the_time_is_out(script):
    script.gates |= {name: threading.Event() for name in NAMES}
    with tracker_of(60.0, patience_s=0.01) as tracker:
        reading = tracker.next_reading()
        assert (reading.answered, reading.asked) == (0, 3)
        assert tracker.next_reading(0.01).answered == 0, "the next beat is in a minute"
        for gate in script.gates.values():
            gate.set()


@pytest.mark.slow
def test_each_beat_is_told_of_once(script):
    with tracker_of(0.05) as tracker:
        versions = [tracker.next_reading(30).version for _ in range(4)]
    assert versions == sorted(set(versions))


@pytest.mark.slow
def test_a_strategy_that_raises_is_told_and_opened_again_and_stops_nobody(script):
    def broken(requests):
        if script.asked("kraken") < 3:
            raise ZeroDivisionError("division by\x1b zero")
        return [script.answer(request, script.now()) for request in requests]

    script.acts["kraken"] = broken
    with tracker_of() as tracker:
        reading = after(tracker, lambda found: found.known["kraken", BTC].error is not None)
        said = "the strategy mine broke: ZeroDivisionError: division by\\x1b zero"
        assert reading.known["kraken", BTC].error == said
        assert f"kraken (all 2 markets): {said}" in reading.failures
        after(tracker, lambda found: found.known["kraken", BTC].freshness == "fresh")
        assert script.opened >= 5


@pytest.mark.parametrize("answer", [lambda requests: None, lambda requests: [], lambda requests: [1] * len(requests)])
def test_a_strategy_that_returns_nonsense_is_told(script, answer):
    script.acts["kraken"] = answer
    with tracker_of() as tracker:
        reading = after(tracker, lambda found: found.known["kraken", BTC].error is not None)
        assert reading.known["kraken", BTC].error.startswith("the strategy mine broke: it returned ")


def test_a_strategy_that_swallows_what_it_raised_is_told_all_the_same(script, monkeypatch):
    @contextmanager
    def mute(limits, decode):
        with suppress(ZeroDivisionError):
            yield lambda requests: 1 / 0

    monkeypatch.setattr(pollers, "_loaded", lambda called, in_flight: mute)
    with tracker_of() as tracker:
        reading = after(tracker, lambda found: found.known["kraken", BTC].error is not None)
        assert "the strategy mine broke: " in reading.known["kraken", BTC].error


def test_a_strategy_that_ends_the_program_ends_nothing(script):
    def leave(requests):
        raise SystemExit(3)

    script.acts["kraken"] = leave
    with tracker_of() as tracker:
        reading = after(tracker, lambda found: found.known["kraken", BTC].error is not None)
        assert "SystemExit: 3" in reading.known["kraken", BTC].error


def test_leaving_ends_all_threads_and_closes_all_fetchers(script):
    before = threading.active_count()
    with tracker_of() as tracker:
        tracker.next_reading(30)
        assert threading.active_count() == before + 4
    assert (threading.active_count(), script.open, tracker.left_behind) == (before, 0, ())


def test_a_strategy_that_does_not_come_back_is_left_behind_and_named(script):
    script.gates["kraken"] = threading.Event()
    with tracker_of(leave_s=0.05) as tracker:
        while not script.asked("kraken"):
            tracker.wait(10**9, 0.001)
    assert "kraken" in tracker.left_behind
    script.gates["kraken"].set()


def test_a_refresh_joins_what_is_in_flight(script):
    script.gates |= {name: threading.Event() for name in NAMES}
    with tracker_of(60.0) as tracker:
        while len(script.calls) < 3:
            tracker.wait(10**9, 0.001)
        for _ in range(20):
            tracker.refresh()
        for gate in script.gates.values():
            gate.set()
        assert tracker.next_reading(30).answered == 3
        tracker.refresh()
    assert [script.asked(name) for name in NAMES] == [1, 1, 1]


def test_a_refresh_asks_before_the_next_beat_what_is_not_new(script):
    moment = [0.0]
    with tracker_of(60.0, clock=lambda: script.now() + moment[0]) as tracker:
        tracker.next_reading(30)
        moment[0] = 20.0
        tracker.refresh()
        after(tracker, lambda found: all(one.refreshes == 2 for one in found.exchanges.values()))


def test_switching_goes_on_with_the_other_strategy_and_closes_the_first(script):
    with tracker_of() as tracker:
        tracker.next_reading(30)
        tracker.switch("other", in_flight=2)
        assert (tracker.strategy, tracker.in_flight) == ("other", 2)
        assert tracker.reading().strategy == "other"
        asked = script.asked("kraken")
        after(tracker, lambda found: script.asked("kraken") > asked)
        assert script.opened == 6
    assert script.open == 0


def test_a_strategy_that_cannot_be_opened_is_refused_and_the_old_one_goes_on(script):
    with tracker_of() as tracker:
        with pytest.raises(EnvironmentGap, match=r"broken could not be opened for kraken: OSError: no descriptors"):
            tracker.switch("broken")
        assert tracker.strategy == "mine"
        asked = script.asked("kraken")
        after(tracker, lambda found: script.asked("kraken") > asked)
    with pytest.raises(EnvironmentGap, match="no descriptors"), tracker_of(strategy="broken"):
        raise AssertionError("it was not opened")
    assert script.open == 0


@pytest.mark.slow
def test_a_switch_waits_for_what_is_in_flight_so_that_nothing_is_asked_twice(script):
    script.gates["kraken"] = threading.Event()
    with tracker_of() as tracker:
        after(tracker, lambda found: script.asked("kraken") == 1)
        tracker.switch("other")
        asked = script.asked("gemini")
        after(tracker, lambda found: script.asked("gemini") > asked + 2)
        assert script.asked("kraken") == 1
        script.gates.pop("kraken").set()
        after(tracker, lambda found: found.known["kraken", BTC].freshness == "fresh")


def test_after_leaving_nobody_takes_over(script):
    with tracker_of() as tracker:
        tracker.next_reading(30)
    tracker.switch("other")
    assert tracker.strategy == "mine"


def test_what_came_in_is_handed_on_with_the_wall_clocks_time(script):
    told, at = [], datetime(2026, 11, 30, tzinfo=UTC)
    with tracker_of(60.0, wall=lambda: at) as tracker:
        tracker.on_sightings = lambda sightings, when: told.extend((one.quote.exchange, when) for one in sightings)
        assert tracker.on_sightings is not None
        tracker.next_reading(30)
        assert tracker.reading().at == at
    # It was set after the first beat had begun: some may have come before.
    assert set(told) <= {(name, at) for name in NAMES}


def test_a_history_that_fails_is_told_in_the_notes(script):
    def keep(sightings, at):
        raise OSError("disk full")

    with tracker_of() as tracker:
        tracker.on_sightings = keep
        after(tracker, lambda found: "the history did not keep what came: OSError: disk full" in found.notes)


@pytest.mark.slow
def test_a_step_of_the_wall_clock_changes_no_age_and_no_beat(script):
    walls = iter(datetime(2026, 11, 30, tzinfo=UTC) + timedelta(hours=step) for step in (0, 1, -1, 24, *[0] * 10**4))
    with tracker_of(wall=lambda: next(walls)) as tracker:
        for _ in range(5):
            reading = tracker.next_reading(30)
            assert {one.freshness for one in reading.known.values()} == {"fresh"}
            assert all(0 <= one.age_us < 3_000_000 for one in reading.known.values())


def test_nothing_old_is_seen_after_the_machine_slept(script):
    slept = [0]
    with tracker_of(60.0, ttl_s=60, asleep=lambda: slept[0]) as tracker:
        assert len(tracker.next_reading(30).seen.sightings) == 4
        slept[0] = 3_600_000_000
        reading = tracker.reading()
        assert reading.seen.sightings == []
        assert {one.freshness for one in reading.known.values()} == {"dead"}


@pytest.mark.parametrize(("more", "said"), [
    ({"markets": (("kraken", Pair("NO", "USD")),)}, "kraken does not list NO/USD"),
    ({"markets": (("okx", Pair("BTC", "USDT")),)}, "there is no place to ask okx at"),
])  # fmt: skip
def test_a_market_that_cannot_be_asked_for_is_a_usage_error(more, said):
    with pytest.raises(UsageError, match=said):
        tracker_of(**more)


@pytest.mark.parametrize(("strategy", "in_flight", "said"), [
    ("thread", 8, "unknown strategy 'thread'"),
    ("dask+threads", 8, "dask\\+threads would start a cluster for each exchange; name one that is there by "),
    ("threads", 0, "expected at least one request in flight, found 0"),
])  # fmt: skip
def test_what_is_no_strategy_is_a_usage_error(monkeypatch, strategy, in_flight, said):
    monkeypatch.delenv("FETCHRACE_SCHEDULER", raising=False)
    with pytest.raises(UsageError, match=said), tracker_of(strategy=strategy, in_flight=in_flight):
        raise AssertionError("it was not opened")


def test_halted_markets_are_those_that_the_list_does_not_have(script):
    listed = tuple(replace(one, trading=one.pair != ETH) for one in exchanges.load("kraken").instruments)

    def with_facts(requests):
        now = script.now()
        return [
            Fetched(Facts(instruments=listed), now, now, 200, 1)
            if request.about == "instruments"
            else script.answer(request, now)
            for request in requests
        ]

    script.acts["kraken"] = with_facts
    with tracker_of(60.0) as tracker:
        reading = after(tracker, lambda found: found.seen.halted)
        assert reading.seen.halted == {("kraken", ETH)}
        assert any(note.startswith("kraken: its clock is not known") for note in reading.notes)
