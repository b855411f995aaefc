"""The ledger on a thread of its own (``harness.history.writer``)."""

from datetime import UTC, datetime

import pytest

from harness.exits import EnvironmentGap
from harness.history.kept import microseconds_at
from harness.history.ledger import Ledger
from harness.history.search import Search, Wanted
from harness.history.writer import Writer
from harness.sighting import Sighting

AT = datetime(2026, 11, 30, 22, 30, 1, 250_001, tzinfo=UTC)


class Full:
    """A ledger on a disk that is full until ``room`` is made."""

    def __init__(self):
        self.path = "x"
        self.room = False
        self.written = []

    def write(self, entries):
        if not self.room:
            raise EnvironmentGap("the history 'x': the disk is full")
        self.written += [entry[2].bid for entry in entries]
        return len(entries)

    def close(self):
        pass


def seen(*quotes):
    return [Sighting(quote, 1, 2) for quote in quotes]


def test_what_was_noted_is_written_when_the_tracker_leaves_on_a_thread_of_its_own(path, quote):
    with Writer(Ledger(path, 10**12), {"kraken": "real"}, pytest.fail) as writer:
        writer(seen(quote(), quote(exchange="okx")), AT)
    with Search(path) as search:
        (real,) = search.latest(Wanted("real"), 9)
        (mock,) = search.latest(Wanted("mock"), 9)
    assert (real.quote, real.at_us) == (quote(), microseconds_at(AT))
    assert mock.quote.exchange == "okx"


def test_trouble_is_told_once_and_so_is_its_end_and_what_waited_is_written_in_order(quote):
    told, ledger = [], Full()
    writer = Writer(ledger, {}, told.append)
    for bid in ("1", "2", "3"):
        writer(seen(quote(bid=bid)), AT)
        assert writer.flush() is False
    assert told == ["the history 'x': the disk is full; prices go on without it"]
    ledger.room = True
    assert writer.flush() is True
    assert writer.flush() is True
    assert told[1:] == ["the history is written again"]
    assert ledger.written == [1, 2, 3]
    assert writer.rows == 3


def test_of_what_waits_too_long_the_newest_are_written_and_how_many_are_missing_is_told(quote):
    told, ledger = [], Full()
    writer = Writer(ledger, {}, told.append, most_waiting=2)
    for bid in ("1", "2", "3", "4", "5"):
        writer(seen(quote(bid=bid)), AT)
        writer.flush()
    ledger.room = True
    writer.flush()
    assert ledger.written == [4, 5]
    assert told[-1] == "the history is written again, 3 quotes are missing"


def test_a_new_trouble_after_the_old_one_is_told_again(quote):
    told, ledger = [], Full()
    writer = Writer(ledger, {}, told.append)
    for room in (False, True, False):
        ledger.room = room
        writer(seen(quote()), AT)
        writer.flush()
    assert len(told) == 3
    assert told[0] == told[2]
