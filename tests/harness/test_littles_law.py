"""A client's own events against each other and against the server's log: honest ones agree, each lie alone is told."""

from hypothesis import given
from hypothesis import strategies as st

from harness.fairness import log_rows
from harness.littles_law import contradictions as contradictions_within


def span(started, ended, **more):
    return {"started": started, "ended": ended, **more}


def batch(time_s, *spans):
    return {"time_s": time_s, "began": 1000.0, "outcomes": list(spans)}


def seen(*rows):
    return [{"index": index, "arrived": arrived, "replied": replied} for index, arrived, replied in rows]


def contradictions(record, log, declared, deadline_s=1.0):
    return contradictions_within(record, log, declared, deadline_s)


def test_an_honest_batch_contradicts_nothing(record_of):
    record = record_of()
    assert contradictions(record, log_rows(record["server"]), 2) == []


@given(st.integers(1, 5), st.lists(st.floats(0.001, 1.0), min_size=1, max_size=30))
def test_whatever_the_delays_places_that_are_taken_one_after_another_contradict_nothing(places, delays):
    free, outcomes, rows = [0.0] * places, [], []
    for index, delay in enumerate(delays):
        place = min(range(places), key=free.__getitem__)
        outcomes.append(span(free[place], free[place] + delay))
        rows.append((index, 1000 + free[place], 1000 + free[place] + delay))
        free[place] += delay
    assert contradictions(batch(max(free), *outcomes), seen(*rows), places) == []


def test_requests_that_are_called_started_while_they_queue_are_told():
    # Six requests of 0.1 s, two at a time: all are said to start at once.
    queued = [span(0.0, 0.1 * (1 + index // 2)) for index in range(6)]
    (only,) = contradictions(batch(0.3, *queued), [], 2)
    assert only == (
        "has 4.00 requests in flight on average from its own starts to the server's replies, 2 allowed: it calls them "
        "started while they queue"
    )


def test_two_percent_too_many_in_flight_are_forgiven_and_three_are_not():
    assert contradictions(batch(1.0, *[span(0.0, 1.0)] * 2, span(0.0, 0.03)), [], 2) == []
    (only,) = contradictions(batch(1.0, *[span(0.0, 1.0)] * 2, span(0.0, 0.05)), [], 2)
    assert "has 2.05 requests in flight on average from its own starts to the server's replies, 2 allowed" in only


def test_what_is_done_with_an_answer_once_the_server_has_replied_takes_no_place():
    # Two places; each request is with the server for 0.1 s, and its value in hand 0.2 s later: decoded by others.
    outcomes = [span(0.1 * (index // 2), 0.1 * (index // 2) + 0.3) for index in range(6)]
    replies = [(index, 1000 + 0.1 * (index // 2), 1000.1 + 0.1 * (index // 2)) for index in range(6)]
    assert contradictions(batch(0.5, *outcomes), seen(*replies), 2) == []
    # Of one whose reply nobody saw its own end counts.
    (only,) = contradictions(batch(0.5, *outcomes), seen(*replies[:3]), 2)
    assert only.startswith("has 2.40 requests in flight")


def test_queueing_behind_a_place_is_told_however_soon_the_server_replied():
    outcomes = [span(0.0, 0.1 * (1 + index // 2)) for index in range(6)]
    replies = [(index, 1000 + 0.1 * (index // 2), 1000.09 + 0.1 * (index // 2)) for index in range(6)]
    (only,) = contradictions(batch(0.3, *outcomes), seen(*replies), 2)
    assert only.startswith("has 3.80 requests in flight")


def test_events_outside_the_batch_contradict_littles_law():
    (only,) = contradictions(batch(1.0, span(0.0, 1.0), span(0.9, 1.4)), [], 2)
    assert only == (
        "contradicts Little's law: 2 requests of its latencies in its time are 1.50 in flight on average, its own "
        "events have 1.10"
    )
    assert contradictions(batch(1.0, span(-0.5, 0.4)), [], 2)[0].startswith("contradicts Little's law")


def test_latencies_that_are_shorter_than_what_the_server_saw_are_told():
    outcomes = [span(0.0, 0.05), span(0.1, 0.15)]
    (only,) = contradictions(batch(0.3, *outcomes), seen((0, 1000.0, 1000.1), (1, 1000.1, 1000.2)), 1)
    assert only == (
        "had 0.33 requests in flight on average by its own latencies, where the server's log has 0.67"
    )  # fmt: skip


def test_what_the_server_held_for_a_client_that_gave_up_is_not_counted():
    failed = span(0.0, 0.1, kind="reset")
    assert contradictions(batch(0.3, failed), seen((0, 1000.0, 1000.3)), 1) == []


def test_deadlines_that_are_written_down_a_little_late_are_forgiven():
    late = [span(0.0, 1.2, kind="deadline"), span(1.0, 2.2, kind="deadline"), span(2.0, 2.4)]
    # The answers began, and then stood still: a reply frees no place whose client still waits for the rest.
    began = seen((0, 1000.0, 1000.01), (1, 1001.0, 1001.01))
    assert contradictions(batch(2.4, *late), began, 1) == []
    (only,) = contradictions(batch(2.4, *[{**one, "kind": "reset"} for one in late]), [], 1)
    assert "1 allowed" in only
    assert "1 allowed" in contradictions(batch(2.2, *late[:2]), began, 1, deadline_s=1.2)[0]


def test_a_batch_without_outcomes_is_judged_elsewhere():
    assert contradictions(batch(0.3), [], 2) == []


def test_a_reply_before_the_request_began_leaves_no_time_and_not_less():
    # harness.fairness says what is wrong with it; here it must not make room for the others.
    spans = [span(0.5, 0.6), span(0.0, 1.0), span(0.0, 0.1)]
    (only,) = contradictions(batch(1.0, *spans), seen((0, 1000.0, 1000.2)), 1)
    assert only.startswith("has 1.10 requests in flight")
