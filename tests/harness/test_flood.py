"""Who floods the mock server is out, and who meets with a short queue is not to blame."""

import pytest

from harness.flood import floods


def test_an_arm_that_opened_more_connections_than_it_had_requests_and_alone_was_turned_away_is_told(measured):
    found = floods([
        measured("a", 0, 0.31, accepted=6, turned_away=0), measured("b", 0, 0.31, accepted=900, turned_away=35),
    ])  # fmt: skip
    assert found == {"b": "opened 900 connections for 6 requests, and the mock server's full queue turned 35 away"}


@pytest.mark.parametrize(
    ("accepted", "turned_away", "severed"),
    [(6, 35, 0), (7, 35, 1), (900, 0, 0), (900, None, 0)],
    ids=["one for each request", "one more that a fault cost", "nobody turned away", "not told"],
)
def test_otherwise_nobody_is(measured, accepted, turned_away, severed):
    assert floods([measured("b", 0, 0.31, accepted=accepted, turned_away=turned_away, severed=severed)]) == {}


def test_where_an_arm_met_with_it_that_opened_no_more_than_it_needs_the_queue_is_to_blame(measured):
    assert floods([
        measured("a", 0, 0.31, accepted=6, turned_away=2), measured("b", 0, 0.31, accepted=900, turned_away=35),
    ]) == {}  # fmt: skip


def test_several_that_flood_are_all_told(measured):
    arms = [measured(name, 0, 0.31, accepted=900, turned_away=35) for name in ("b", "b (twin)")]
    assert list(floods(arms)) == ["b", "b (twin)"]


def test_an_arm_without_numbers_is_not_looked_at(measured):
    assert floods([measured("b", 0, problem="did not finish")]) == {}
