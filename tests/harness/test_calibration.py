"""The calibration card: what the ruler may be wrong by, and what is said where it is wrong by more."""

import json
import resource
from dataclasses import replace

import pytest

from harness import calibration
from harness.calibration import Card, Line, calibrate, delay_for, loads_for
from harness.scenario import Scenario
from mock_server.process import Control, running


def line(in_flight=20, held=(0.0001, 0.0005, 0.001), seen=(0.001,)):
    return Line.of(in_flight, held, seen)


def test_a_line_has_the_least_the_median_and_the_99th_percentile():
    found = Line.of(1, [0.0, 0.001, 0.002], [0.003, 0.004, 0.005])
    assert (found.requests, found.held.least, found.held.p50) == (3, 0.0, 0.001)
    assert found.held.p99 == pytest.approx(0.00198)
    assert (found.seen.p50, found.seen.p99) == (0.004, pytest.approx(0.00498))


@pytest.mark.parametrize(
    ("in_flight", "p50", "p99"),
    [(1, 0.001, 0.006), (100, 0.001, 0.006), (101, 0.0025, 0.015), (1000, 0.0025, 0.015), (5000, 0.0025, 0.015)],
)
def test_more_in_flight_may_be_held_longer_up_to_a_thousand(in_flight, p50, p99):
    found = line(in_flight, [0.0] * 100)
    assert (found.p50_allowed, found.p99_allowed) == (p50, p99)


def test_what_is_within_the_limits_is_no_miss():
    assert line(100, [0.001] * 98 + [0.006] * 2).misses == ()
    assert line(100, [0.0] * 10).misses == ()


def test_a_median_beyond_its_limit_is_a_miss_with_the_numbers():
    assert line(100, [0.0011] * 9).misses == ("held replies 1.10 ms longer than asked (p50; at most 1.00 ms may be)",)


def test_a_tail_beyond_its_limit_is_a_miss_with_the_numbers():
    (only,) = line(1000, [0.001] * 90 + [0.02] * 10).misses
    assert only == "held replies 20.0 ms longer than asked (p99; at most 15.0 ms may be)"


def test_a_99th_percentile_of_fewer_than_100_replies_is_not_judged():
    few = line(1, [0.0001] * 98 + [0.5])
    assert (few.p99_allowed, few.misses) == (None, ())
    assert line(1, [0.0001] * 98 + [0.5] * 2).misses != ()


def test_a_miss_by_a_hair_shows_the_digits_in_which_it_is_one():
    (only,) = line(1, [0.0010004] * 24).misses
    assert only == "held replies 1.0004 ms longer than asked (p50; at most 1.0000 ms may be)"


def test_a_single_reply_that_is_too_early_is_a_miss():
    assert line(1, [0.0001] * 99 + [-0.0009]).misses == ("answered 900 µs too early",)


def test_a_card_without_misses_has_nothing_against_the_server():
    assert Card(0.05, (line(1), line(20), line(100))).reasons == ()


def test_a_card_says_at_which_load_the_server_was_wrong_and_by_how_much():
    (only,) = Card(0.05, (line(1), line(100, [0.002, 0.002]))).reasons
    assert only == (
        "the calibration card: with 100 in flight the server held replies 2.00 ms longer than asked "
        "(p50; at most 1.00 ms may be)"
    )


def test_a_load_that_was_right_at_a_second_try_is_held_against_nobody():
    missed = replace(line(1, [0.002] * 24), repeated=True)
    assert Card(0.05, (missed, line(1), line(100))).reasons == ()
    (only,) = Card(0.05, (missed, line(1, [0.003] * 24))).reasons
    assert only.endswith(
        "held replies 3.00 ms longer than asked (p50; at most 1.00 ms may be), and so it did at a first try"
    )


def test_the_card_of_another_server_says_so_in_its_reasons_and_in_run_json():
    card = Card(0.05, (line(100, [0.002] * 24),), server="another one, without TLS")
    assert card.reasons[0].startswith("the calibration card: with 100 in flight another one, without TLS, held replies")
    assert card.to_json()["server"] == "another one, without TLS"
    assert Card(0.05, ()).to_json()["server"] is None


def test_a_card_that_is_not_whole_is_a_reason_of_its_own():
    (only,) = Card(0.05, (line(),), "connection refused").reasons
    assert only == "the calibration card is not whole: connection refused"


def test_a_card_is_plain_json():
    card = Card(0.05, (line(100, [0.002, 0.002]),))
    data = json.loads(json.dumps(card.to_json(), allow_nan=False))
    assert data["asked_s"] == 0.05
    assert data["lines"][0]["held"] == {"least": 0.002, "p50": 0.002, "p99": 0.002}
    assert data["lines"][0]["misses"] == list(card.lines[0].misses)
    assert data["problem"] is None


@pytest.mark.parametrize(
    ("concurrency", "loads"), [(20, (1, 20, 100)), (1, (1, 100)), (100, (1, 100)), (7, (1, 7, 100))]
)
def test_a_run_is_calibrated_at_one_in_flight_its_own_number_and_a_hundred(concurrency, loads):
    assert loads_for(concurrency) == loads


@pytest.mark.parametrize(
    ("latency", "asked_s"),
    [
        ("1ms", 0.05),
        ("50ms", 0.05),
        ("80ms", 0.08),
        ("3s", 0.25),
        ("lognormal:120ms,900ms", 0.12),
        ("0ms;kraken=90ms", 0.09),
    ],
)
def test_the_delay_is_50_ms_or_the_scenarios_own_median_where_that_is_longer_within_reason(scenario, latency, asked_s):
    scenario = Scenario.from_json({**scenario.to_json(), "latency": latency})
    assert delay_for(scenario) == pytest.approx(asked_s)


@pytest.fixture(scope="module")
def mock():
    with running(["binance", "kraken"], "20ms", 7) as started:
        yield started


@pytest.mark.slow
def test_a_real_server_is_never_early_and_what_the_client_sees_is_later_still(mock):
    card = calibrate(mock, (1, 8), asked_s=0.02, fast=True)
    assert card.problem is None
    assert [line.in_flight for line in card.lines] == [1, 8]
    for found in card.lines:
        assert found.requests >= max(2 * found.in_flight, 24)
        assert found.held.least >= 0
        assert found.seen.least > 0
        assert found.seen.p50 > found.held.p50


@pytest.mark.slow
def test_with_one_in_flight_every_exchange_is_asked(mock, monkeypatch):
    asked = []

    class Seen(calibration.Control):
        def end(self):
            log = super().end()
            asked.append({row["exchange"] for row in calibration.log_rows(log)})
            return log

    monkeypatch.setattr(calibration, "Control", Seen)
    calibrate(mock, (1,), asked_s=0.01, fast=True)
    assert asked[0] == {"binance", "kraken"}


@pytest.mark.slow
def test_a_load_that_misses_once_is_measured_again_and_one_that_is_early_is_not(mock, monkeypatch):
    def lines(*helds):
        left = iter(helds)
        monkeypatch.setattr(calibration, "_line", lambda *args: line(1, [next(left)] * 24))
        return [(found.held.p50, found.repeated) for found in calibrate(mock, (1,)).lines]

    assert lines(0.002, 0.0005) == [(0.002, True), (0.0005, False)]
    assert lines(-0.001) == [(-0.001, False)]


@pytest.mark.slow
def test_a_card_leaves_no_batch_behind_on_the_server(mock):
    calibrate(mock, (1,), asked_s=0.01, fast=True)
    with Control(mock) as control:
        assert control.status()["state"] == "idle"


@pytest.mark.slow
def test_a_server_that_handles_one_request_at_a_time_is_found_out_before_the_race(mock):
    with Control(mock) as control:
        control.begin(7, one_at_a_time="10ms")
        control.end()
    try:
        card = calibrate(mock, (10,), asked_s=0.02, fast=True)
    finally:
        with Control(mock) as control:
            control.begin(7, one_at_a_time=None)
            control.end()
    first, again = card.lines
    assert (first.repeated, again.repeated) == (True, False)
    assert again.held.p99 > 0.05
    assert "longer than asked (p50" in card.reasons[0]


@pytest.mark.slow
def test_a_server_that_refuses_leaves_a_card_that_says_so(mock):
    with Control(mock) as control:
        control.begin(7, refuse={"binance": "rate_limited"})
        control.end()
    try:
        card = calibrate(mock, (1,), asked_s=0.01, fast=True)
    finally:
        with Control(mock) as control:
            control.begin(7, refuse={})
            control.end()
    assert card.lines == ()
    assert "429" in card.problem


@pytest.mark.slow
def test_a_load_beyond_the_file_descriptors_is_left_out_and_told(mock, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda which: (60, 60))
    card = calibrate(mock, (1, 100), asked_s=0.01, fast=True)
    assert [line.in_flight for line in card.lines] == [1]
    assert card.problem == "100 in flight need more file descriptors than are left (10): try ulimit -n"


def test_the_cards_own_allowances_are_those_of_the_issue():
    assert calibration._ALLOWED == ((100, 0.001, 0.006), (1000, 0.0025, 0.015))
