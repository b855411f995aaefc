"""The file of the history: what is opened, and what is refused and left as it is (``harness.history.database``)."""

import sqlite3
import stat
from pathlib import Path

import pytest

from harness.exits import EnvironmentGap, UsageError
from harness.history import database
from harness.history.database import open_to_read, open_to_write


def made(path, *statements):
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path.read_bytes()


def test_a_new_file_and_its_neighbours_are_their_owners_alone_and_its_folder_is_made(tmp_path):
    path = tmp_path / "data" / "fetchrace" / "history.sqlite3"
    with open_to_write(path) as connection:
        connection.execute("INSERT INTO mock VALUES (NULL, 1, 1, 'x', 'A/B', '1', '2', NULL, NULL, NULL, NULL)")
        found = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    connection.close()
    assert found == dict.fromkeys([path.name, f"{path.name}-wal", f"{path.name}-shm"], 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_file_is_in_wal_and_says_whose_it_is_and_its_schema(path):
    connection = open_to_write(path)
    asked = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "user_version")]
    connection.close()
    assert asked == ["wal", database.SCHEMA]
    assert path.read_bytes()[68:72] == b"frac"


def test_a_file_that_is_there_is_opened_again_by_two_programs_at_once(path):
    first, second = open_to_write(path), open_to_write(path)
    for connection in (first, second):
        connection.execute("INSERT INTO real VALUES (NULL, 1, 1, 'x', 'A/B', '1', '2', NULL, NULL, NULL, NULL)")
    assert second.execute("SELECT count(*) FROM real").fetchone() == (2,)
    first.close()
    second.close()


def test_an_empty_file_is_begun_and_a_missing_one_read_as_none(path):
    assert open_to_read(path) is None
    path.touch()
    assert open_to_read(path) is None
    open_to_write(path).close()
    found = open_to_read(path)
    assert found.execute("SELECT count(*) FROM mock").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        found.execute("DELETE FROM mock")
    found.close()


@pytest.mark.parametrize("opened", [open_to_read, open_to_write])
def test_a_newer_schema_is_refused_and_never_touched(path, opened):
    open_to_write(path).close()
    before = made(path, "PRAGMA user_version = 2")
    with pytest.raises(UsageError, match="has schema 2, a newer fetchrace wrote it; this one reads schema 1"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("opened", [open_to_read, open_to_write])
def test_a_newer_schema_that_lies_in_the_wal_still_is_refused(path, opened):
    newer = open_to_write(path)
    newer.execute("PRAGMA user_version = 2")
    with pytest.raises(UsageError, match="a newer fetchrace wrote it"):
        opened(path)
    newer.close()


@pytest.mark.parametrize("opened", [open_to_read, open_to_write])
def test_another_programs_file_is_refused_and_never_touched(path, opened):
    before = made(path, "CREATE TABLE bookmarks (url)")
    with pytest.raises(UsageError, match="no history but another program's database"):
        opened(path)
    assert path.read_bytes() == before
    for rubbish in (b"rubbish", b"SQLite format 3\0", b"\0" * 5000):
        path.write_bytes(rubbish)
        with pytest.raises(UsageError, match="no history: it is no SQLite database; it is left as it is"):
            opened(path)
        assert path.read_bytes() == rubbish
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("opened", [open_to_read, open_to_write])
def test_a_folder_and_a_device_are_no_history(tmp_path, opened):
    with pytest.raises(UsageError, match="is a folder, expected a history"):
        opened(tmp_path)
    with pytest.raises(UsageError, match="is no plain file, expected a history"):
        opened(Path("/dev/null"))


def test_what_is_damaged_is_one_sentence_whether_it_is_written_or_read(path):
    open_to_write(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(EnvironmentGap, match="it is damaged: move it away, and a new one is begun"):
        open_to_write(path)
    found = open_to_read(path)
    with pytest.raises(EnvironmentGap, match="it is damaged"), database.told(path):
        found.execute("SELECT * FROM mock").fetchall()
    found.close()


def test_a_link_is_followed_and_the_neighbours_lie_beside_what_it_leads_to(tmp_path):
    there, link = tmp_path / "there" / "kept.sqlite3", tmp_path / "link.sqlite3"
    there.parent.mkdir()
    link.symlink_to(there)
    connection = open_to_write(link)
    connection.execute("INSERT INTO mock VALUES (NULL, 1, 1, 'x', 'A/B', '1', '2', NULL, NULL, NULL, NULL)")
    assert {file.name for file in there.parent.iterdir()} >= {"kept.sqlite3", "kept.sqlite3-wal"}
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    connection.close()
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises((UsageError, EnvironmentGap), match="history"):
        open_to_write(loop)


def test_a_name_with_signs_of_a_uri_is_a_name(tmp_path):
    path = tmp_path / "50% of a?mode=memory#1.sqlite3"
    open_to_write(path).close()
    assert path.exists()
    open_to_read(path).close()


def test_what_sqlite_says_becomes_words(path):
    first, second = open_to_write(path), open_to_write(path)
    second.execute("PRAGMA busy_timeout = 1")
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(EnvironmentGap, match="another program holds it"), database.told(path):
        second.execute("BEGIN IMMEDIATE")
    first.close()
    second.close()
    with pytest.raises(EnvironmentGap, match="No space left"), database.told(path):
        raise OSError(28, "No space left on device")
