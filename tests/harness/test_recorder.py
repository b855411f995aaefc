"""Politeness, with a clock of the test's own: nothing is sent and nobody sleeps."""

import itertools
from dataclasses import dataclass, field, replace

import pytest

import exchanges
from exchanges.limit import Charge, RateLimit
from harness.recorder import Recorder, pause_s
from strategies.strategy import Failed, Fetched

BINANCE, KRAKEN = exchanges.load("binance"), exchanges.load("kraken")


@dataclass
class Road:
    """A clock, and a fetcher that takes 50 ms and answers what ``answers`` says next (then always well)."""

    answers: dict = field(default_factory=dict)
    now: float = 1000.0
    asked: list = field(default_factory=list)

    def sleep(self, seconds):
        self.now += seconds

    def fetch(self, requests):
        (request,) = requests
        self.asked.append((request.exchange, request.origin, self.now))
        started, self.now = self.now, self.now + 0.05
        waiting = self.answers.get(request.exchange, [])
        failure = waiting.pop(0) if waiting else None
        if failure is None:
            return [Fetched("quotes", started, self.now, 200, 500)]
        return [replace(failure, started=started, ended=self.now)]


def failure(kind, retry_after=None):
    return Failed(kind, "because", 0.0, 0.0, None, retry_after)


def recorded(road, samples=3, least_s=1.0, origins=None, asked=(BINANCE, KRAKEN), unlimited=()):
    recorder = Recorder(asked, origins or {}, samples, least_s, road.sleep, lambda: road.now, unlimited)
    heard = []
    recorder.record(road.fetch, lambda name, number: heard.append((name, number)))
    return recorder, heard


def times_of(road, name):
    return [at for exchange, _, at in road.asked if exchange == name]


def test_every_exchange_is_asked_once_more_than_it_is_counted_because_the_first_opens_the_connection():
    road = Road()
    recorder, heard = recorded(road)
    assert {name: len(one.times) for name, one in recorder.recordings.items()} == {"binance": 3, "kraken": 3}
    assert len(times_of(road, "kraken")) == len(times_of(road, "binance")) == 4
    assert ("kraken", 3) in heard


def test_the_times_are_those_of_the_outcomes():
    recorder, _ = recorded(Road())
    assert recorder.recordings["kraken"].times == pytest.approx([0.05] * 3)


@pytest.mark.parametrize("least_s", [1.0, 2.5])
def test_two_requests_to_one_exchange_are_never_closer_than_asked_for(least_s):
    road = Road()
    recorded(road, least_s=least_s)
    for name in ("binance", "kraken"):
        times = times_of(road, name)
        assert all(later - earlier >= least_s - 1e-9 for earlier, later in itertools.pairwise(times))


def test_an_exchange_that_allows_less_is_asked_less(monkeypatch):
    class Slow:
        def charge_for(self, request):
            return Charge("ip", 2, RateLimit(capacity=10, per_s=60.0))

    assert pause_s(Slow(), BINANCE.request_for(BINANCE.instruments[0].pair), 1.0) == 12.0


@pytest.mark.parametrize("kind", ["banned", "blocked"])
def test_an_exchange_that_turns_us_away_is_not_asked_again(kind):
    road = Road({"kraken": [None, None, failure(kind)]})
    recorder, _ = recorded(road)
    assert len(times_of(road, "kraken")) == 3
    assert recorder.recordings["kraken"].stopped == f"{kind}: because"
    assert len(recorder.recordings["binance"].times) == 3


def test_retry_after_is_waited_for_while_the_others_go_on():
    road = Road({"kraken": [None, failure("rate_limited", 20.0)]})
    recorder, _ = recorded(road)
    _, second, third = times_of(road, "kraken")[:3]
    assert third - second >= 20.0
    assert max(times_of(road, "binance")) < third
    assert len(recorder.recordings["kraken"].times) == 3


@pytest.mark.parametrize("retry_after", [None, 31.0, 999_999_999.0])
def test_a_rate_limit_without_a_time_to_wait_or_with_a_long_one_ends_the_asking(retry_after):
    road = Road({"kraken": [failure("rate_limited", retry_after)]})
    recorder, _ = recorded(road)
    assert len(times_of(road, "kraken")) == 1
    assert recorder.recordings["kraken"].times == []


def test_three_failures_in_a_row_end_the_asking_and_one_does_not():
    road = Road({"kraken": [failure("reset"), None, failure("deadline"), failure("reset"), failure("server")]})
    recorder, _ = recorded(road)
    assert recorder.recordings["kraken"].stopped == "server: because"
    once = Road({"kraken": [failure("reset")]})
    assert len(recorded(once)[0].recordings["kraken"].times) == 3


def test_the_first_answer_after_a_failure_may_pay_for_a_connection_and_is_not_counted():
    road = Road({"kraken": [None, None, failure("reset")]})
    recorded(road)
    # One opens, one counts, one fails, one opens again, two count.
    assert len(times_of(road, "kraken")) == 6


def test_another_origin_is_asked_in_the_real_one_s_place():
    road = Road()
    recorded(road, origins={"kraken": "http://127.0.0.1:9"})
    assert {origin for _, origin, _ in road.asked} == {"http://127.0.0.1:9", BINANCE.origin}


def test_the_expected_time_is_that_of_the_slowest_exchange():
    recorder = Recorder([BINANCE], {}, 30, 2.0, lambda s: None, lambda: 0.0)
    assert recorder.expected_s() == 62.0
