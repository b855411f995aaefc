"""Handing over what came in, in a thread of its own."""

import threading
from datetime import UTC, datetime

from harness.tracker.teller import Teller

AT = datetime(2026, 11, 30, tzinfo=UTC)


def test_what_came_in_is_handed_over_in_order_by_one_thread():
    told, threads = [], set()

    def keep(sightings, at):
        told.append((sightings, at))
        threads.add(threading.get_ident())

    teller = Teller()
    teller.keep = keep
    teller.start()
    for number in range(5):
        teller.tell([number], AT)
    teller.end(10)
    assert told == [([number], AT) for number in range(5)]
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


def test_what_the_keeper_raises_is_told_and_stops_nobody():
    told = []

    def keep(sightings, at):
        told.append(sightings)
        raise OSError("disk full\x1b[2J")

    teller = Teller()
    teller.keep = keep
    teller.start()
    teller.tell([1], AT)
    teller.tell([2], AT)
    teller.end(10)
    assert told == [[1], [2]]
    assert teller.note == "the history did not keep what came: OSError: disk full\\x1b[2J"


def test_a_keeper_that_recovered_is_complained_of_no_more():
    problems = iter([OSError("locked"), None])

    def keep(sightings, at):
        problem = next(problems)
        if problem:
            raise problem

    teller = Teller()
    teller.keep = keep
    teller.start()
    teller.tell([1], AT)
    teller.tell([2], AT)
    teller.end(10)
    assert teller.note is None


def test_a_keeper_that_falls_behind_loses_the_newest_and_holds_up_nobody():
    gate = threading.Event()
    teller = Teller(waiting=2)
    teller.keep = lambda sightings, at: gate.wait(10)
    for _ in range(5):
        teller.tell(["price"], AT)
    assert teller.note == "the history is too slow: 3 prices were not kept"
    gate.set()
    teller.start()
    teller.end(10)


def test_what_was_lost_is_told_on_when_a_keeper_that_raised_recovered():
    problems = iter([OSError("locked"), None])

    def keep(sightings, at):
        problem = next(problems)
        if problem:
            raise problem

    teller = Teller(waiting=2)
    teller.keep = keep
    for _ in range(3):
        teller.tell(["price"], AT)
    teller.start()
    teller.end(10)
    assert teller.note == "the history is too slow: 1 prices were not kept"


def test_without_a_keeper_nothing_is_handed_over():
    teller = Teller()
    teller.tell([1], AT)
    teller.end(0)
    teller.start()
    teller.end(10)
    assert teller.note is None
