"""Writing the history: changes only, nothing lost by a clock, nothing kept for ever (``harness.history.ledger``)."""

from decimal import Decimal

import pytest

from exchanges.pair import Pair
from harness.exits import EnvironmentGap, UsageError
from harness.history import database
from harness.history.ledger import Ledger

DAY = 86_400_000_000


@pytest.fixture
def ledger(path):
    made = Ledger(path, 7 * DAY)
    yield made
    made.close()


def rows(path, source="mock", columns="at_us, until_us, exchange, bid"):
    connection = database.open_to_read(path)
    found = connection.execute(f"SELECT {columns} FROM {source} ORDER BY ordinal").fetchall()
    connection.close()
    return found


def test_a_quote_like_the_last_of_its_market_is_no_new_row_but_was_seen_until_then(path, ledger, quote):
    assert ledger.write([("mock", 10, quote()), ("mock", 10, quote(exchange="okx"))]) == 2
    assert ledger.write([("mock", 20, quote(time_us=7)), ("mock", 30, quote(bid="1.5"))]) == 1
    assert ledger.write([("mock", 40, quote())]) == 1
    assert rows(path) == [
        (10, 20, "kraken", "1.50"), (10, 10, "okx", "1.50"), (30, 30, "kraken", "1.5"), (40, 40, "kraken", "1.50")
    ]  # fmt: skip


def test_a_price_that_was_not_seen_for_a_minute_is_not_said_to_have_stood_so_long(path, ledger, quote):
    for at_us in (0, 59_000_000, 118_000_000, 7_200_000_000):
        ledger.write([("mock", at_us, quote())])
    assert rows(path, columns="at_us, until_us") == [(0, 118_000_000), (7_200_000_000, 7_200_000_000)]


def test_invented_prices_and_real_ones_lie_in_tables_of_their_own(path, ledger, quote):
    ledger.write([("mock", 1, quote()), ("real", 2, quote())])
    assert rows(path, "mock") == [(1, 1, "kraken", "1.50")]
    assert rows(path, "real") == [(2, 2, "kraken", "1.50")]


def test_a_clock_that_steps_back_loses_nothing(path, ledger, quote):
    for at_us, bid in ((5 * DAY, "1"), (2, "2"), (3, "3"), (1, "3")):
        ledger.write([("mock", at_us, quote(bid=bid))])
    assert rows(path) == [(5 * DAY, 5 * DAY, "kraken", "1"), (2, 2, "kraken", "2"), (3, 3, "kraken", "3")]


def test_what_is_older_than_is_kept_goes(path, ledger, quote):
    ledger.write([("mock", 1, quote(bid="1")), ("mock", DAY, quote(bid="2"))])
    ledger.write([("mock", 7 * DAY + 2, quote(bid="3"))])
    assert [row[3] for row in rows(path)] == ["2", "3"]


def test_a_price_that_never_changes_is_written_again_once_its_row_went(path, quote):
    ledger = Ledger(path, 30_000_000)
    for at_us in (1, 30_000_002, 30_000_003):
        ledger.write([("mock", at_us, quote())])
    ledger.close()
    assert rows(path) == [(30_000_003, 30_000_003, "kraken", "1.50")]


def test_above_the_most_rows_of_a_source_the_oldest_go_and_the_other_source_keeps_its_own(path, quote):
    ledger = Ledger(path, 7 * DAY, most_rows=3)
    ledger.write([("real", 1, quote(bid=str(number))) for number in range(1, 3)])
    for number in range(1, 9):
        ledger.write([("mock", number, quote(bid=str(number)))])
    ledger.close()
    assert [row[3] for row in rows(path)] == ["6", "7", "8"]
    assert len(rows(path, "real")) == 2


def test_over_many_days_the_file_does_not_grow(path, quote):
    """A day in one beat of a hundred quotes, with 3 days kept: after the first of them no page is added."""
    ledger, sizes = Ledger(path, 3 * DAY), []
    for day in range(10):
        batch = [("mock", day * DAY, quote(bid=f"{day}.{number}", pair=f"A{number}/USD")) for number in range(100)]
        ledger.write(batch)
        connection = ledger.open()
        sizes.append(connection.execute("PRAGMA page_count").fetchone()[0])
    ledger.close()
    assert sizes[0] < sizes[3]
    assert max(sizes[5:]) <= sizes[4] + 4
    assert len(rows(path)) == 4 * 100


def test_room_that_is_free_goes_back_to_the_disk_in_steps(path, quote, monkeypatch):
    monkeypatch.setattr("harness.history.ledger._PAGES", 4)
    ledger = Ledger(path, DAY)
    ledger.write([("mock", 0, quote(bid=f"1.{number}", pair=f"A{number}/USD")) for number in range(1000)])
    full = ledger.open().execute("PRAGMA page_count").fetchone()[0]
    sizes = []
    for day in range(2, 5):
        ledger.write([("mock", day * DAY, quote(bid=str(day)))])
        sizes.append(ledger.open().execute("PRAGMA page_count").fetchone()[0])
    ledger.close()
    assert full - 5 <= sizes[0] < full
    assert sizes == sorted(sizes, reverse=True)


def test_what_cannot_be_written_whole_is_not_written_at_all(path, ledger, quote, monkeypatch):
    ledger.write([("mock", 1, quote())])
    monkeypatch.setattr(Ledger, "_forget", lambda *args: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        ledger.write([("mock", 2, quote(bid="2")), ("mock", 3, quote())])
    monkeypatch.undo()
    assert ledger.write([("mock", 4, quote())]) == 0  # what it wrote last is what is there
    assert rows(path) == [(1, 4, "kraken", "1.50")]


def test_a_lock_of_another_program_is_a_sentence_and_nothing_is_lost_by_trying_again(path, ledger, quote):
    connection = ledger.open()
    connection.execute("PRAGMA busy_timeout = 1")
    other = database.open_to_write(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(EnvironmentGap, match="another program holds it"):
        ledger.write([("mock", 1, quote())])
    other.execute("ROLLBACK")
    assert ledger.write([("mock", 1, quote())]) == 1
    other.close()


def test_a_full_disk_is_a_sentence(path, ledger, quote):
    ledger.write([("mock", 1, quote())])
    pages = ledger.open().execute("PRAGMA page_count").fetchone()[0]
    ledger.open().execute(f"PRAGMA max_page_count = {pages}").fetchall()
    with pytest.raises(EnvironmentGap, match="the disk is full"):
        ledger.write([("mock", 2, quote(bid=f"{n}.1", pair=f"A{n}/USD")) for n in range(500)])
    assert rows(path) == [(1, 1, "kraken", "1.50")]


def test_a_file_that_somebody_moved_away_is_begun_anew(path, ledger, quote):
    ledger.write([("mock", 1, quote())])
    path.rename(path.with_name("old.sqlite3"))
    assert ledger.write([("mock", 2, quote())]) == 1
    assert rows(path) == [(2, 2, "kraken", "1.50")]


def test_a_newer_schema_is_not_written_to(path, ledger, quote):
    connection = database.open_to_write(path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(UsageError, match="a newer fetchrace wrote it"):
        ledger.write([("mock", 2, quote())])


def test_what_no_exchange_says_is_left_out_and_the_others_are_kept(path, ledger, quote):
    odd = [quote(bid="NaN"), quote(exchange="\udc80"), quote(pair="=1+1/USD")]
    assert ledger.write([("mock", 1, one) for one in [*odd, quote()]]) == 1
    assert len(rows(path)) == 1
    assert Decimal(rows(path)[0][3]) == Decimal("1.50")
    assert Pair("=1+1", "USD") == odd[2].pair
