"""Reading the history (``harness.history.search``)."""

import pytest

from harness.exits import EnvironmentGap, UsageError
from harness.history import database, search
from harness.history.ledger import Ledger
from harness.history.search import Search, Wanted


@pytest.fixture
def kept(path, quote):
    ledger = Ledger(path, 10**12)
    for at_us, bid in ((100, "1"), (50, "2"), (60, "3")):
        ledger.write([("mock", at_us, quote(bid=bid)), ("mock", at_us, quote(bid=bid, exchange="okx", pair="ETH/USD"))])
    ledger.write([("real", 70, quote(bid="9"))])
    ledger.close()
    return path


def bids(wanted, path):
    with Search(path) as found:
        pages = [int(one.quote.bid) for page in found.pages(wanted) for one in page]
        assert pages == [int(one.quote.bid) for one in found.latest(wanted, 99)]
        assert len(pages) == found.number(wanted)
    return pages


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted("mock"), [1, 1, 2, 2, 3, 3]),
        (Wanted("real"), [9]),
        (Wanted("mock", since_us=60), [1, 1, 3, 3]),
        (Wanted("mock", exchanges=["okx", "gate"]), [1, 2, 3]),
        (Wanted("mock", pairs=["BTC/USD"]), [1, 2, 3]),
        (Wanted("mock", exchanges=["okx"], pairs=["BTC/USD"]), []),
        (Wanted("mock", exchanges=["' OR 1 --"]), []),
    ],
)
def test_what_is_wanted_comes_in_the_order_in_which_it_came_whatever_the_page(kept, monkeypatch, wanted, expected):
    assert bids(wanted, kept) == expected
    monkeypatch.setattr(search, "_PAGE", 2)
    assert bids(wanted, kept) == expected


def test_the_latest_are_the_last_that_came(kept):
    with Search(kept) as found:
        assert [int(one.quote.bid) for one in found.latest(Wanted("mock"), 3)] == [2, 3, 3]


def test_between_two_pages_nobody_is_kept_from_writing(kept, monkeypatch, quote):
    monkeypatch.setattr(search, "_PAGE", 1)
    with Search(kept) as found:
        pages = found.pages(Wanted("real"))
        next(pages)
        ledger = Ledger(kept, 10**12)
        ledger.write([("real", 80, quote(bid="10"))])
        (behind, _, moved) = ledger.open().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (behind, moved) == (0, 0)
        assert [int(one.quote.bid) for page in pages for one in page] == [10]
        ledger.close()


def test_what_somebody_else_wrote_into_it_is_one_sentence(kept):
    connection = database.open_to_write(kept)
    connection.execute("UPDATE real SET bid = 'much'")
    connection.close()
    with Search(kept) as found, pytest.raises(UsageError, match="row 1 is no quote"):
        found.latest(Wanted("real"), 1)
    connection = database.open_to_write(kept)
    connection.execute("UPDATE real SET bid = CAST(x'ff' AS TEXT)")
    connection.execute("DROP TABLE mock")
    connection.close()
    for source, said in (("real", "Could not decode to UTF-8"), ("mock", "no such table: mock")):
        with Search(kept) as found, pytest.raises(EnvironmentGap, match=said):
            found.latest(Wanted(source), 1)


def test_without_a_file_there_is_nothing(path):
    with Search(path) as found:
        assert (found.there, found.number(Wanted("mock")), found.latest(Wanted("mock"), 1)) == (False, 0, [])
        assert list(found.pages(Wanted("real"))) == []
    assert not path.exists()
