"""The file of the history: a SQLite database with one table for invented prices and one for real ones, so that they
cannot be mixed, and neither pushes the other out.

Its header says whose it is (``application_id``) and which schema it has (``user_version``, 1). It is read before SQLite
sees the file: what is another program's, or a newer fetchrace's, is refused and never touched. The file and its
neighbours (``-wal``, ``-shm``) are their owner's alone, mode 0600.

Schema 1: tables ``mock`` and ``real`` with the columns below. Prices and sizes are text, exact.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from exchanges.errors import safe
from harness.exits import EnvironmentGap, UsageError
from harness.history.kept import SOURCES, Source
from harness.toml_file import shown

SCHEMA: Final = 1
COLUMNS: Final = (
    "ordinal", "at_us", "until_us", "exchange", "pair", "bid", "ask", "last", "bid_size", "ask_size", "time_us"
)  # fmt: skip

_OURS: Final = 0x66726163
"""``frac``, for fetchrace: see application_id in SQLite's file format."""
_MAGIC: Final = b"SQLite format 3\0"
_HEADER: Final = 100
_BUSY_S: Final = 0.25
"""How long to wait for another program: short, so that nobody waits long for the end; who writes tries again."""
_READ_BUSY_S: Final = 5.0
# A step back of the wall clock changes no ordinal, and none is given twice.
_TABLE: Final = """
CREATE TABLE {quotes} (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us INTEGER NOT NULL, until_us INTEGER NOT NULL,
    exchange TEXT NOT NULL, pair TEXT NOT NULL, bid TEXT NOT NULL, ask TEXT NOT NULL,
    last TEXT, bid_size TEXT, ask_size TEXT, time_us INTEGER
);
CREATE INDEX {quotes}_at ON {quotes} (at_us)
"""
_REASONS: Final = {
    "BUSY": "another program holds it", "LOCKED": "another program holds it", "FULL": "the disk is full",
    "READONLY": "it may not be written to", "PERM": "it may not be opened", "AUTH": "it may not be opened",
    "CANTOPEN": "it cannot be opened, or its folder not written to", "IOERR": "the disk reports an error",
    "CORRUPT": "it is damaged: move it away, and a new one is begun",
    "NOTADB": "it is no SQLite database",
}  # fmt: skip


def open_to_write(path: Path) -> sqlite3.Connection:
    """The database at ``path``, made where there is none. It may be used on any one thread.

    Raises:
        UsageError: a folder, another program's file, a newer schema.
        EnvironmentGap: it cannot be opened or written to now.
    """
    file = _real(path)
    with told(path):
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its neighbours the same mode.
            with contextlib.suppress(FileExistsError):  # another program was first
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _refuse_others(file, path)
        connection = _connected(file, "rw", _BUSY_S)
        try:
            connection.execute("PRAGMA busy_timeout = 2000")
            if not _version(connection, path):
                _lay_out(connection, path)
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            # Whole after a kill at any time; after a power cut the last seconds may be missing.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA journal_size_limit = 4194304").fetchall()
            connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")
        except BaseException:
            connection.close()
            raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection | None:
    """The database at ``path``; None where there is no file, or nothing in it yet. Raises as ``open_to_write``."""
    file = _real(path)
    with told(path):
        if not file.exists():
            return None
        _refuse_others(file, path)
        if not file.stat().st_size:
            return None
        try:
            connection, found = _opened_to_read(file, "ro", path)
        except sqlite3.OperationalError:
            wal = file.with_name(f"{file.name}-wal")
            if wal.exists() and wal.stat().st_size:
                raise
            # In a folder that may not be written to, where nobody writes: as it lies there.
            connection, found = _opened_to_read(file, "ro&immutable=1", path)
        if not found:
            connection.close()
            return None
    return connection


def statement(text: str, source: Source) -> str:
    """A statement on the table of a source, for which ``{quotes}`` stands in it."""
    return text.replace("{quotes}", SOURCES[SOURCES.index(source)])


def why(error: sqlite3.Error | OSError) -> str:
    """What SQLite or the system says, in words."""
    if isinstance(error, OSError):
        return safe(error.strerror or str(error), 120)
    name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")[0]
    return _REASONS.get(name) or safe(str(error), 120)


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the system, as sentences. Raises EnvironmentGap; UsageError for a file that is none of
    ours."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        gap = UsageError if why(error) == _REASONS["NOTADB"] else EnvironmentGap
        raise gap(f"the history {shown(path)}: {why(error)}") from None


def _real(path: Path) -> Path:
    """Where links lead to, so that a file that is made is made there, and its neighbours are beside it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"no history at {shown(path)}: {safe(str(error), 120)}") from None


def _refuse_others(file: Path, path: Path) -> None:
    """Raises UsageError for what is no history, told by its header alone."""
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no plain file"
        raise UsageError(f"{shown(path)} is {what}, expected a history (an SQLite database)")
    with file.open("rb") as opened:
        header = opened.read(_HEADER)
    if not header:
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise UsageError(f"{shown(path)} is no history: it is no SQLite database; it is left as it is")
    if int.from_bytes(header[68:72], "big") != _OURS:
        raise UsageError(f"{shown(path)} is no history but another program's database; it is left as it is")
    _refuse_newer(int.from_bytes(header[60:64], "big"), path)


def _refuse_newer(version: int, path: Path) -> None:
    if version > SCHEMA:
        raise UsageError(
            f"the history {shown(path)} has schema {version}, a newer fetchrace wrote it; this one reads schema "
            f"{SCHEMA} and leaves it as it is; name another file with --db, or none with --db off"
        )


def _opened_to_read(file: Path, mode: str, path: Path) -> tuple[sqlite3.Connection, int]:
    """A connection and the version that it finds; none is left open where that cannot be read."""
    connection = _connected(file, mode, _READ_BUSY_S)
    try:
        return connection, _version(connection, path)
    except BaseException:
        connection.close()
        raise


def _connected(file: Path, mode: str, busy_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False
    )


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's version, 0 for an empty database. It may lie in the WAL, where the header does not show it yet."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _refuse_newer(version, path)
    return int(version)


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _version(connection, path):  # else another program was first
            for name in SOURCES:
                for part in statement(_TABLE, name).split(";"):
                    connection.execute(part)
            connection.execute(f"PRAGMA application_id = {_OURS}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
