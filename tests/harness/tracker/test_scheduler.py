"""One exchange's affairs, with the time passed in and no thread."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges.facts import Facts
from exchanges.quote import Quote
from harness.exchange_clock import ExchangeClock
from harness.price_answers import Broken
from harness.sighting import microseconds
from harness.tracker.batch import Batch
from harness.tracker.beat import Beat, Metronome
from harness.tracker.cache import Cache
from harness.tracker.scheduler import Scheduler
from strategies.strategy import Failed, Fetched

THEIRS_US = 10**15 + 1
MAIN, OTHER = object(), object()


class Scene:
    """A scheduler whose beat began at second 100, and the cache beside it."""

    def __init__(self, name="kraken", count=3, every_s=1.0, held=False, **more):
        pairs = [one.pair for one in exchanges.load(name).instruments][:count]
        beat = Beat(tuple((name, pair) for pair in pairs), every_s, **more)
        self.slept_us = 0
        self.cache = Cache(beat.markets, microseconds(beat.ttl_s), lambda: self.slept_us)
        self.scheduler = Scheduler(name, pairs, beat, self.cache, random.Random(1), 0.5, held)
        self.scheduler.holder = MAIN
        self.metronome = Metronome(100.0, every_s)
        self.most = 10

    def begin(self, now, holder=MAIN):
        with self.cache.changed:
            return self.scheduler.begin(holder, self.most, self.metronome, now)

    def end(self, batch, outcomes, now):
        with self.cache.changed:
            return self.scheduler.end(batch, outcomes, self.metronome, now)

    def round(self, now, outcome_of=None, took_s=0.1):
        """Ask and answer at once; what was asked about."""
        batch = self.begin(now)
        assert isinstance(batch, Batch), batch
        answer = outcome_of or good
        self.end(batch, [answer(request, now, now + took_s) for request in batch.requests], now + took_s)
        return [request.about for request in batch.requests]


def good(request, started, ended):
    match request.about:
        case "quotes":
            value = tuple(Quote(request.exchange, pair, Decimal(1), Decimal(2)) for pair in request.pairs)
        case "time":
            value = Facts(time_us=microseconds(started) + THEIRS_US)
        case _:
            value = Facts(instruments=exchanges.load(request.exchange).instruments[1:])
    return Fetched(value, started, ended, 200, 9)


def failing(kind="deadline", retry_after=None):
    return lambda request, started, ended: Failed(kind, "no", started, ended, retry_after=retry_after)


def test_nothing_is_asked_before_the_first_beat():
    assert Scene().begin(99.25) == 0.75


def test_prices_are_asked_for_on_every_beat_and_the_facts_at_the_start():
    scene = Scene()
    assert scene.round(100.0) == ["quotes", "time", "time", "time", "instruments"]
    assert scene.begin(100.2) == pytest.approx(0.8)
    assert scene.scheduler.done_beat == 0
    assert scene.scheduler.trading == {one.pair for one in exchanges.load("kraken").instruments[1:]}
    assert scene.cache.clocks()["kraken"].error_us > 0
    assert scene.round(101.0) == ["quotes"]


def test_only_one_batch_is_in_flight():
    scene = Scene()
    batch = scene.begin(100.0)
    assert isinstance(batch, Batch)
    assert not isinstance(scene.begin(101.5), Batch)


def test_whoever_does_not_hold_the_scheduler_fetches_nothing():
    assert Scene().begin(100.0, OTHER) == 1.0


def test_who_takes_over_waits_for_what_is_in_flight_and_that_still_counts():
    scene = Scene()
    batch = scene.begin(100.0)
    scene.scheduler.holder = OTHER
    assert not isinstance(scene.begin(100.2, OTHER), Batch)
    outcomes = [good(request, 100.0, 100.3) for request in batch.requests]
    assert len(scene.end(batch, outcomes, 100.3).sightings) == 3
    assert isinstance(scene.begin(101.0, OTHER), Batch)


def test_who_takes_over_does_not_wait_for_one_that_breaks_its_promises():
    scene = Scene(deadline_s=2.0)
    batch = scene.begin(100.0)
    scene.scheduler.holder = OTHER
    assert not isinstance(scene.begin(103.2, OTHER), Batch)
    assert isinstance(scene.begin(103.3, OTHER), Batch)
    assert scene.end(batch, [good(one, 100.0, 100.1) for one in batch.requests], 103.4) is None
    assert scene.scheduler.batch is not None


def test_a_batch_that_took_longer_than_a_beat_skips_the_one_that_it_came_in():
    scene = Scene()
    scene.round(100.0, took_s=1.4)
    assert scene.begin(101.4) == pytest.approx(0.6)
    assert (scene.scheduler.brought_beat, scene.scheduler.done_beat) == (1, 1)
    assert scene.round(102.0) == ["quotes"]


def test_who_was_told_to_wait_is_left_alone_until_then_and_asked_on_the_beat_after():
    scene = Scene()
    scene.round(100.0, failing("rate_limited", 2.5))
    state = scene.scheduler.state(100.1)
    assert 2.5 <= state.resumes_in_s <= 2.75
    assert state.why == "rate_limited: no"
    assert [scene.begin(moment) for moment in (101.0, 102.0)] == [1.0, 1.0]
    assert scene.scheduler.done_beat == 2
    assert scene.round(103.0)[0] == "quotes"
    assert scene.scheduler.state(103.1).resumes_in_s is None


def test_an_exchange_that_answers_nothing_but_errors_is_silent_until_it_brings_something():
    scene = Scene()
    scene.round(100.0, failing())
    assert scene.scheduler.silent
    scene.round(110.0)
    assert not scene.scheduler.silent


def test_one_market_that_is_refused_for_itself_does_not_make_the_exchange_one_to_leave_alone():
    scene = Scene("coinbase", 5)
    for moment in (100.0, 101.0, 102.0):
        scene.round(moment)
    bad = scene.scheduler.tasks.prices[0].pairs

    def refuse(request, started, ended):
        return (failing("unknown_symbol") if request.pairs == bad else good)(request, started, ended)

    scene.round(103.0, refuse)
    assert scene.begin(103.2) == pytest.approx(0.8)
    assert (scene.scheduler.silent, scene.scheduler.left_alone_until) == (False, float("-inf"))
    known = scene.cache.known(microseconds(103.2))
    assert [one.error for one in known.values()] == ["unknown_symbol: no", None, None, None, None]


def test_a_batch_that_one_market_spoils_is_parted_within_the_same_beat():
    scene = Scene("binance", count=4)
    bad = scene.scheduler.tasks.prices[0].pairs[2]

    def refuse(request, started, ended):
        return (failing("unknown_symbol") if bad in request.pairs else good)(request, started, ended)

    asked = [scene.round(100.0 + later / 10, refuse, 0.01) for later in range(3)]
    assert asked == [["quotes", "time", "time", "time", "instruments"], ["quotes", "quotes"], ["quotes", "quotes"]]
    fresh = [market[1] for market, one in scene.cache.known(microseconds(100.3)).items() if one.freshness == "fresh"]
    assert (len(fresh), bad in fresh) == (3, False)
    assert not scene.scheduler.silent


def test_an_exchange_whose_answers_nobody_can_read_is_left_alone_once_no_market_is_to_blame():
    scene = Scene(count=1)
    scene.round(100.0, failing("schema"))
    assert scene.scheduler.silent
    assert scene.scheduler.state(100.1).why == "schema: no"


def test_what_the_strategy_breaks_is_told_of_every_market_and_backed_off_from():
    scene = Scene()
    batch = scene.begin(100.0)
    with scene.cache.changed:
        wait_s = scene.scheduler.broke("the strategy mine broke: ZeroDivisionError", batch, 100.1)
    assert 0 <= wait_s <= 1.0
    assert scene.scheduler.batch is None
    assert {one.error for one in scene.cache.known(0).values()} == {"the strategy mine broke: ZeroDivisionError"}
    assert (scene.scheduler.state(100.1).errors, scene.scheduler.silent) == (1, True)


def test_a_wrong_number_of_outcomes_is_the_strategys_fault():
    scene = Scene()
    batch = scene.begin(100.0)
    with pytest.raises(Broken):
        scene.end(batch, [], 100.1)
    assert scene.scheduler.batch is None


def test_a_refresh_joins_what_is_in_flight_and_asks_again_otherwise():
    scene = Scene(every_s=60.0)
    batch = scene.begin(100.0)
    assert scene.scheduler.refresh(102.0, 1.0) is False
    scene.end(batch, [good(request, 100.0, 100.6) for request in batch.requests], 100.6)
    assert scene.scheduler.refresh(100.7, 1.0) is False, "it is new enough"
    assert scene.scheduler.refresh(110.0, 1.0) is True
    assert scene.round(110.0) == ["quotes"]


def test_a_refresh_does_not_disturb_who_is_left_alone():
    scene = Scene()
    scene.round(100.0, failing("banned", 900.0))
    assert scene.scheduler.refresh(105.0, 0.0) is False
    assert scene.begin(105.0) == 1.0


def test_a_budget_that_is_spent_spares_the_exchange_and_the_oldest_goes_next():
    scene = Scene(count=20, levels=10)
    first = scene.begin(100.0)
    assert len(first.tasks) == 7, "half of 15"
    scene.scheduler.drop(first)
    assert 0 < scene.begin(100.1) < 0.91
    assert (scene.scheduler.asked_beat, scene.scheduler.done_beat) == (0, 0)
    then = scene.begin(102.0)
    assert [one in first.tasks for one in then.tasks] == [False]


def test_facts_that_could_not_be_had_are_told_and_what_was_known_stays():
    scene = Scene()
    scene.round(100.0)
    clock = scene.cache.clocks()["kraken"]

    def no_facts(request, started, ended):
        return (good if request.about == "quotes" else failing("server"))(request, started, ended)

    assert scene.round(700.0, no_facts) == ["quotes", "time", "time", "time", "instruments"]
    assert [note for note in scene.scheduler.notes() if "not known" in note] == [
        "kraken: its clock is not known (server: no)",
        "kraken: its list of markets, so what is halted, is not known (server: no)",
    ]
    assert scene.cache.clocks()["kraken"] == clock
    scene.round(2000.0)
    assert [note for note in scene.scheduler.notes() if "not known" in note] == []


@pytest.mark.parametrize(("kind", "leaves_alone"), [("server", False), ("deadline", False), ("rate_limited", True)])
def test_facts_that_fail_are_no_reason_to_ask_for_no_prices_but_a_refusal_is(kind, leaves_alone):
    scene = Scene()
    scene.most = 1
    assert scene.round(100.0) == ["quotes"]
    assert scene.round(100.2, failing(kind)) == ["time", "time", "time"]
    assert (scene.scheduler.left_alone_until > 100.3) is leaves_alone
    assert not scene.scheduler.silent


def test_a_clock_that_was_made_to_stand_still_tells_nothing():
    scene = Scene(held=True)
    scene.round(100.0)
    assert scene.cache.clocks() == {}


def test_a_price_from_the_future_says_that_the_exchanges_clock_was_set():
    scene = Scene("binance", 1, every_s=1.0)
    scene.round(100.0)
    with scene.cache.changed:
        scene.cache.set_clock("binance", ExchangeClock(THEIRS_US - 10**7, 1))

    def timed(request, started, ended):
        outcome = good(request, started, ended)
        if request.about != "quotes":
            return outcome
        quotes = tuple(replace(one, time_us=microseconds(started) + THEIRS_US) for one in outcome.value)
        return replace(outcome, value=quotes)

    assert scene.round(115.0, timed) == ["quotes"]
    assert scene.round(116.0, timed) == ["quotes", "time", "time", "time"]
    assert abs(scene.cache.clocks()["binance"].offset_us - THEIRS_US) < 200_000
    assert scene.round(117.0, timed) == ["quotes"]


def test_prices_that_are_all_from_long_ago_say_so_too():
    scene = Scene("binance", 2, every_s=1.0)
    scene.round(100.0)
    told_us = [microseconds(104.0) + THEIRS_US, microseconds(104.0) + THEIRS_US]

    def timed(request, started, ended):
        outcome = good(request, started, ended)
        if request.about != "quotes":
            return outcome
        timed = [replace(one, time_us=time_us) for one, time_us in zip(outcome.value, told_us, strict=True)]
        return replace(outcome, value=tuple(timed))

    told_us[0] -= 10**12
    assert [scene.round(104.0 + beat, timed) for beat in range(2)] == [["quotes"]] * 2, "one is that market's matter"
    told_us[1] -= 10**12
    assert [scene.round(106.0 + beat, timed)[1:] for beat in range(3)] == [[], ["time"] * 3, []]


def test_a_burst_is_what_a_fresh_budget_lets_go_at_once():
    assert Scene("coinbase", 20).scheduler.burst(0.0) == 5
    assert Scene("kraken", 20).scheduler.burst(0.0) == 1
    assert Scene("gemini", 20).scheduler.burst(0.0) == 20


def test_how_it_goes_is_told_in_numbers():
    scene = Scene()
    scene.round(100.0)
    scene.round(101.0, failing())
    state = scene.scheduler.state(101.2)
    assert (state.name, state.in_flight, state.refreshes, state.requests, state.errors) == ("kraken", 0, 1, 6, 1)
    assert state.last_error == "deadline: no"
    assert state.p50_s == pytest.approx(0.1)
    assert 0 < state.budget_used <= 0.5
    assert scene.scheduler.tally.refreshes_per_s(101.2, 2.0) == 0.5


def test_what_was_in_flight_while_the_machine_slept_is_nobodys_and_is_asked_again():
    scene = Scene("binance")
    batch = scene.begin(100.0)
    # The answer had come before the machine fell asleep; our clock stood still, so that it seems to be new.
    scene.slept_us = 8 * 3600 * 10**6
    assert scene.end(batch, [good(one, 100.0, 100.1) for one in batch.requests], 100.1) is None
    assert {one.freshness for one in scene.cache.known(microseconds(100.1)).values()} == {"waiting"}
    assert scene.cache.clocks() == {}
    assert scene.round(100.2) == ["quotes", "time", "time", "time", "instruments"]


def test_who_takes_over_is_not_made_to_wait_for_a_fault_of_the_strategy_before():
    scene = Scene("binance")
    batch = scene.begin(100.0)
    with scene.cache.changed:
        scene.scheduler.note("strategy", "mine: a worker died")
        scene.scheduler.broke("the strategy mine broke", batch, 100.1)
        scene.scheduler.left_alone_until = 130.0
        scene.scheduler.hand_to(OTHER)
    assert scene.scheduler.notes() == []
    assert isinstance(scene.begin(101.0, OTHER), Batch)


def test_who_takes_over_leaves_an_exchange_alone_that_wants_it():
    scene = Scene()
    scene.round(100.0, failing("rate_limited", 60.0))
    with scene.cache.changed:
        scene.scheduler.hand_to(OTHER)
    assert scene.begin(102.0, OTHER) == 1.0


def test_no_more_is_told_to_be_in_flight_than_may_be():
    scene = Scene()
    scene.most = 1
    scene.round(100.0)
    assert len(scene.begin(100.2).requests) == 3
    assert scene.scheduler.state(100.2).in_flight == 1
