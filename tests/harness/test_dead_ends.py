"""Places where nobody answers."""

import socket
from urllib.parse import urlsplit

import pytest

from exchanges.errors import KINDS
from harness.dead_ends import ALSO, CASES, dead_ends
from harness.parity_race import judged_dead_ends
from strategies.strategy import Failed


@pytest.fixture(scope="module")
def origins():
    with dead_ends() as origins:
        yield origins


def address(origin):
    return urlsplit(origin).hostname, urlsplit(origin).port


def test_every_case_has_an_origin_and_kinds_of_the_closed_list(origins):
    assert [case.name for case in CASES] == list(origins)
    assert {case.kind for case in CASES} | {kind for also in ALSO.values() for kind in also} <= set(KINDS)


def test_a_closed_port_refuses(origins):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(origins["port-closed"]))


def test_a_full_backlog_answers_no_connection(origins):
    with pytest.raises(TimeoutError):
        socket.create_connection(address(origins["backlog-full"]), timeout=0.1)


def test_a_dead_end_must_be_told_by_its_name_and_in_time():
    kinds = ["refused", "deadline", "reset"]
    findings = judged_dead_ends(CASES, [Failed(kind, "said", 0.0, 2.0) for kind in kinds], 1.0)
    assert [list(finding.problems) for finding in findings] == [
        ["took 2.00 s of a deadline of 1 s"],
        [],
        ["took 2.00 s of a deadline of 1 s", "reset instead of deadline"],
    ]
