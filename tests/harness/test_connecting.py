"""Ways out computed by hand: a request's start is the client's, its arrival the server's."""

import pytest

from harness.connecting import UsualWay, longest_way_out_s, opening, openings_s, usual_way


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


def test_opening_is_what_openers_took_beyond_the_usual_way():
    record, log = batch((1, 0.0, 0.05), (2, 0.0, 0.07), (1, 1.0, 1.40))
    # The third request is slow on a connection that is open.
    assert openings_s(record, log, set(), UsualWay({}, 0.01)) == pytest.approx([0.04, 0.06, 0.0])
    assert openings_s(record, log, {1}, UsualWay({1: 0.02}, 0.01)) == pytest.approx([0.0, 0.05, 0.0])
    assert openings_s(record, log, {1, 2}, UsualWay({}, 0.01)) == [0.0, 0.0, 0.0]


def test_openers_that_were_quicker_than_usual_cost_nothing():
    assert openings_s(*batch((1, 0.0, 0.01)), set(), UsualWay({0: 0.02})) == [0.0]


def test_an_opener_that_ended_by_its_deadline_waited_no_longer_for_opening():
    record, log = batch((1, 0.0, 0.05), (2, 0.0, 0.07))
    record["outcomes"][0]["kind"] = "deadline"
    record["outcomes"][1]["kind"] = "reset"
    assert openings_s(record, log, set(), UsualWay()) == pytest.approx([0.0, 0.07])


def test_the_longest_way_out_is_that_of_any_request():
    assert longest_way_out_s(*batch((1, 0.0, 0.05), (1, 1.0, 1.40), (2, 3.0, 3.1))) == pytest.approx(0.4)
    assert longest_way_out_s(*batch()) == 0.0


def test_rows_that_no_outcome_answers_to_say_nothing():
    record, log = batch((1, 0.0, 0.5))
    strangers = [{**log[0], "index": None}, {**log[0], "index": 5}, {**log[0], "index": -1}]
    early = batch((1, 0.5, 0.4))
    for row in strangers:
        assert openings_s(record, [row], set(), UsualWay()) == [0.0]
    assert openings_s(*early, set(), UsualWay()) == [0.0]
    assert longest_way_out_s(record, strangers) == longest_way_out_s(*early) == 0.0
    assert usual_way([(record, strangers, {1})]) == UsualWay()
