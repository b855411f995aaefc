"""Ways out computed by hand: a request's start is the client's, its arrival the server's."""

import pytest

from harness.connecting import UsualWay, connecting_s, opening, usual_way


def batch(*requests):
    """A record and its log; each request is (connection, started, arrived), in seconds since the batch began."""
    record = {"began": 1000.0, "outcomes": [{"started": started, "ended": 9.0} for _, started, _ in requests]}
    log = [
        {"index": index, "connection": connection, "arrived": 1000.0 + arrived}
        for index, (connection, _, arrived) in enumerate(requests)
    ]
    return record, log


def test_only_the_first_request_on_an_unknown_connection_opens_it():
    _, log = batch((1, 0.0, 0.3), (2, 0.0, 0.1), (1, 0.0, 0.2), (3, 0.0, 0.1))
    found = opening(log, {2})
    assert {number: row["index"] for number, row in found.items()} == {1: 2, 3: 3}


def test_the_usual_way_is_the_median_of_each_request_on_open_connections():
    cold = batch((1, 0.0, 0.50), (1, 1.0, 1.01))
    warm = [batch((1, 0.0, 0.02), (1, 1.0, 1.03)), batch((1, 0.0, 0.04), (1, 1.0, 1.05))]
    usual = usual_way([(*cold, set()), *((*one, {1}) for one in warm)])
    assert usual.of(0) == pytest.approx(0.03)
    assert usual.of(1) == pytest.approx(0.03)
    # Of all: 0.01, 0.02, 0.03, 0.04, 0.05.
    assert usual.of(7) == pytest.approx(0.03)


def test_a_client_that_opens_a_connection_for_each_request_has_no_usual_way():
    assert usual_way([(*batch((1, 0.0, 0.5), (2, 0.0, 0.5)), set())]).of(0) == 0.0


def test_connecting_is_what_openers_took_beyond_the_usual_way_shared_by_the_places():
    record, log = batch((1, 0.0, 0.05), (2, 0.0, 0.07), (1, 1.0, 1.40))
    # 0.04 and 0.06 beyond it; the third request is slow on a connection that is open.
    assert connecting_s(record, log, set(), UsualWay({}, 0.01), 2) == pytest.approx(0.05)
    assert connecting_s(record, log, {1}, UsualWay({}, 0.01), 2) == pytest.approx(0.03)
    assert connecting_s(record, log, {1, 2}, UsualWay({}, 0.01), 2) == 0.0


def test_openers_that_were_quicker_than_usual_cost_nothing():
    assert connecting_s(*batch((1, 0.0, 0.01)), set(), UsualWay({0: 0.02}), 1) == 0.0


def test_rows_that_no_outcome_answers_to_say_nothing():
    record, log = batch((1, 0.0, 0.5))
    strangers = [{**log[0], "index": None}, {**log[0], "index": 5}, {**log[0], "index": -1}]
    early = batch((1, 0.5, 0.4))
    for row in strangers:
        assert connecting_s(record, [row], set(), UsualWay(), 1) == 0.0
    assert connecting_s(*early, set(), UsualWay(), 1) == 0.0
    assert usual_way([(record, strangers, {1})]) == UsualWay()
