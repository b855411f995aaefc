"""The ledger: what the tracker saw, written down.

Only changes are kept: a quote whose prices and sizes are those that this ledger wrote last for the market, digit for
digit, is no new row; the row that is there is seen until then. After a minute in which nothing came it is a new row all
the same: nobody knows what stood in between. Two programs keep rows of their own.

What was first seen longer than ``keep_us`` ago goes, and so do the oldest rows above ``most_rows`` of a source: some
with every writing, more than are written, and the room that they took is used again or given back. A clock that steps
back loses nothing; one that was far ahead leaves rows that go by number.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from exchanges.quote import Quote
from harness.history import database
from harness.history.database import statement
from harness.history.kept import Source, row_for

Entry: TypeAlias = tuple[Source, int, Quote]
"""Where a quote is from, when it was seen (microseconds since 1970, UTC), and the quote."""

_INSERT: Final = "INSERT INTO {quotes} VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SEEN_UNTIL: Final = "UPDATE {quotes} SET until_us = max(until_us, ?) WHERE ordinal = ?"
_DELETE_OLD: Final = """
DELETE FROM {quotes} WHERE ordinal IN (SELECT ordinal FROM {quotes} WHERE at_us < ? ORDER BY at_us LIMIT ?)
"""
# There are no more rows than ordinals between the first and the last.
_DELETE_ABOVE: Final = """
DELETE FROM {quotes} WHERE ordinal IN
    (SELECT ordinal FROM {quotes} WHERE ordinal <= (SELECT max(ordinal) FROM {quotes}) - ? ORDER BY ordinal LIMIT ?)
"""

_Last: TypeAlias = dict[tuple[Source, str, str], tuple[int, tuple[Any, ...], int]]
"""By market the row that was written last: its ordinal, what it says, and when that was seen last."""

_GAP_US: Final = 60_000_000
MOST_ROWS: Final = 2_000_000
"""Of a source: about 200 MB."""
_STEP: Final = 1000
"""Rows that go with a writing, beside twice as many as it brings."""
_PAGES: Final = 256
"""A megabyte: so much free room stays in the file, and so much at most is given back at once."""


class Ledger:
    """Keeps quotes in the file at ``path``. To be used by one thread at a time; opened at the first writing."""

    def __init__(self, path: Path, keep_us: int, most_rows: int = MOST_ROWS) -> None:
        self.path = path
        self._keep_us = keep_us
        self._most_rows = most_rows
        self._open: sqlite3.Connection | None = None
        self._last: _Last = {}
        self._file: tuple[int, int] | None = None

    def open(self) -> sqlite3.Connection:
        """Raises UsageError and EnvironmentGap as ``database.open_to_write``."""
        if self._open is not None and self._file != self._identity():
            self.close()  # somebody moved the file away: a new one is begun
        if self._open is None:
            self._last = {}
            self._open = database.open_to_write(self.path)
            self._file = self._identity()
        return self._open

    def close(self) -> None:
        if self._open is not None:
            with contextlib.suppress(sqlite3.Error):
                self._open.close()
            self._open = None

    def write(self, entries: Sequence[Entry]) -> int:
        """Keep them, all or none, in one transaction; returns how many rows are new.

        Raises:
            UsageError, EnvironmentGap: the file cannot be opened, or not written to; nothing of it was kept.
        """
        with database.told(self.path):
            connection = self.open()
            last = dict(self._last)
            connection.execute("BEGIN IMMEDIATE")
            try:
                new = sum(self._put(connection, last, *entry) for entry in entries)
                newest = {source: at_us for source, at_us, _ in entries}
                gone = sum(self._forget(connection, source, newest[source], new) for source in newest)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        self._last = last
        if gone:
            _give_back(connection)
        return new

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @staticmethod
    def _put(
        connection: sqlite3.Connection,
        last: _Last,
        source: Source,
        at_us: int,
        quote: Quote,
    ) -> int:
        row = row_for(quote)
        if row is None:
            return 0
        market = source, row[0], row[1]
        ordinal, before, until_us = last.get(market, (0, (), 0))
        same = before == row[:-1] and abs(at_us - until_us) <= _GAP_US  # another time of its own is no change
        if same and connection.execute(statement(_SEEN_UNTIL, source), (at_us, ordinal)).rowcount:
            last[market] = ordinal, before, at_us
            return 0
        made = connection.execute(statement(_INSERT, source), (at_us, at_us, *row))
        last[market] = made.lastrowid or 0, row[:-1], at_us
        return 1

    def _forget(self, connection: sqlite3.Connection, source: Source, now_us: int, new: int) -> int:
        """Delete some of what is old; returns how many rows went."""
        step = _STEP + 2 * new
        gone = connection.execute(statement(_DELETE_OLD, source), (now_us - self._keep_us, step)).rowcount
        return gone + connection.execute(statement(_DELETE_ABOVE, source), (self._most_rows, step)).rowcount


def _give_back(connection: sqlite3.Connection) -> None:
    """Some of the free room in the file, to the disk. What was written is written, whatever becomes of this."""
    with contextlib.suppress(sqlite3.Error):
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        if free > _PAGES:
            connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()  # a step is one page
