"""The watchdog shuts the sockets that are late, and no others."""

import socket
import threading

import pytest

from strategies.body import Fault
from strategies.deadline import Watchdog


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        yield ours, theirs


def test_a_socket_is_shut_at_its_deadline_under_a_blocked_reader(pair):
    with Watchdog(0.05) as watchdog:
        watch = watchdog.watch()
        watch.begin()
        watch.hold(pair[0])
        assert pair[0].recv(1) == b""  # nobody wrote, nobody closed
        assert watch.expired
        assert watch.fault().kind == "deadline"


def test_a_socket_whose_request_has_ended_is_left_alone(pair):
    with Watchdog(0.05) as watchdog:
        watch = watchdog.watch()
        watch.begin()
        watch.hold(pair[0])
        watch.end()
        watch.cut(float("inf"))
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"
    assert not watch.expired


def test_a_request_that_begins_while_the_watchdog_sleeps_is_not_late_by_more_than_its_own_deadline(pair):
    with Watchdog(0.05) as watchdog:
        for _ in range(3):
            watch = watchdog.watch()
            watch.begin()
            watch.end()
        watch.begin()
        watch.hold(pair[0])
        assert pair[0].recv(1) == b""


def test_a_socket_that_comes_too_late_is_refused(pair):
    with Watchdog(10) as watchdog:
        watch = watchdog.watch()
        watch.begin()
        watch.cut(float("inf"))
        with pytest.raises(Fault, match="deadline"):
            watch.hold(pair[0])


def test_every_thread_has_a_watch_of_its_own():
    found = []
    with Watchdog(10) as watchdog:
        for _ in range(2):
            thread = threading.Thread(target=lambda: found.append(watchdog.watch()))
            thread.start()
            thread.join()
        found.append(watchdog.watch())
        assert watchdog.watch() is found[2]
    assert len(set(map(id, found))) == 3


def test_cancelling_shuts_what_is_in_use_and_refuses_what_comes_until_it_is_resumed(pair):
    with Watchdog(10) as watchdog:
        watch = watchdog.watch()
        watch.begin()
        watch.hold(pair[0])
        watchdog.cancel()
        assert pair[0].recv(1) == b""
        assert watch.fault().kind == "cancelled"
        watch.begin()
        with pytest.raises(Fault, match="interrupted"):
            watch.hold(pair[0])
        watchdog.resume()
        watch.begin()
        watch.hold(pair[0])


def test_leaving_ends_the_thread_at_once_however_far_the_deadline():
    before = threading.active_count()
    with Watchdog(3600):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
