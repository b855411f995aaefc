"""A run's folder: the old file or the new one, never a mix, whatever fails and whenever it is killed."""

import csv
import errno
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import harness
from harness.exits import EnvironmentGap, UsageError
from harness.store import RunFolder, check_typed, csv_text, read_run, replace_file

REPO = str(Path(harness.__file__).parent.parent)


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "results")


def nobody():
    """A process id that no process has."""
    return 2**22 + 1


def age(file):
    """Let a file be an hour old."""
    os.utime(file, (time.time() - 3600,) * 2, follow_symlinks=False)


def test_a_new_run_has_a_stamp_four_hex_digits_and_its_own_folders(folder):
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", folder.id)
    assert (folder.path / "pyperf").is_dir()
    assert (folder.path / "log.jsonl").read_text() == ""


def test_two_runs_in_one_results_folder_have_folders_of_their_own(tmp_path):
    found = {RunFolder.create(tmp_path).path for _ in range(5)}
    assert len(found) == 5


@pytest.mark.parametrize("place", ["file", "file/below", "x" * 300])
def test_a_results_folder_that_cannot_be_is_told_before_anything_is_measured(tmp_path, place):
    (tmp_path / "file").write_text("I am no folder")
    with pytest.raises(EnvironmentGap, match=r"cannot be written to .*nothing was measured.*--results-dir") as caught:
        RunFolder.create(tmp_path / place)
    assert caught.value.code == 3


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, where nobody can create a folder")
def test_a_results_folder_that_even_root_cannot_write_to_is_told():
    with pytest.raises(EnvironmentGap, match="nothing was measured"):
        RunFolder.create(Path("/proc/results"))


def test_replacing_a_file_leaves_no_neighbour(tmp_path):
    file = tmp_path / "run.json"
    replace_file(file, "old")
    replace_file(file, b"new")
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["run.json"]


def test_what_is_no_file_is_never_replaced_by_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no plain file"):
        replace_file(pipe, "x")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_where_the_neighbour_would_be_is_not_written_through(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (tmp_path / f".page.html.{os.getpid()}.tmp").symlink_to(theirs)
    replace_file(tmp_path / "page.html", "ours")
    assert theirs.read_text() == "theirs"
    assert (tmp_path / "page.html").read_text() == "ours"
    assert not (tmp_path / "page.html").is_symlink()


@pytest.mark.parametrize("kind", ["pipe", "link", "dangling link"])
def test_a_path_that_somebody_typed_is_a_plain_file_or_nothing_yet(tmp_path, kind):
    path = tmp_path / "page.html"
    check_typed("--export", path)
    (tmp_path / "file").write_text("x")
    check_typed("--export", tmp_path / "file")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("file" if kind == "link" else "nowhere")
    with pytest.raises(UsageError, match=r"--export: expected a plain file, or nothing yet, found a (pipe|link)"):
        check_typed("--export", path)


def test_a_file_is_flushed_to_the_disk_before_it_is_renamed(tmp_path, monkeypatch):
    done = []
    real_fsync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("fsync"), real_fsync(fd)))
    monkeypatch.setattr(Path, "replace", lambda self, to: (done.append("rename"), real_replace(self, to)))
    replace_file(tmp_path / "x", "content")
    assert done == ["fsync", "rename"]


def storing(folder, number):
    """What a run stores at the end of a block."""
    folder.append_rows("requests.csv", ["block", "arm"], [[number, "a"], [number, "b"]])
    folder.log("block", block=number)
    folder.write_run({"schema": 1, "blocks": number})


STEPS = [(os, "fsync"), (Path, "replace"), (Path, "open")]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("k", range(4))
def test_when_the_kth_write_fails_run_json_is_the_old_one_or_the_new_one(folder, monkeypatch, owner, name, k):
    storing(folder, 1)
    real, calls = getattr(owner, name), []

    def failing(*args, **kwargs):
        calls.append(name)
        if len(calls) - 1 == k:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, failing)
    failed = False
    try:
        storing(folder, 2)
    except OSError:
        failed = True
    monkeypatch.undo()
    assert failed is (len(calls) > k)
    assert read_run(folder.path)["blocks"] == (1 if failed else 2)
    assert not list(folder.path.glob(".*"))
    for line in (folder.path / "log.jsonl").read_text().splitlines():
        json.loads(line)
    rows = list(csv.reader(io.StringIO((folder.path / "requests.csv").read_text())))
    assert rows[:3] == [["block", "arm"], ["1", "a"], ["1", "b"]]


def test_a_write_that_stops_half_way_leaves_the_old_file(folder, monkeypatch):
    folder.write_run({"schema": 1, "blocks": 1})
    real = Path.open

    class Full:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *rest):
            self._file.close()

        def write(self, data):
            self._file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda self, *args, **kwargs: Full(real(self, *args, **kwargs)))
    with pytest.raises(OSError, match="No space left"):
        folder.write_run({"schema": 1, "blocks": 2})
    monkeypatch.undo()
    assert read_run(folder.path)["blocks"] == 1
    assert not list(folder.path.glob(".*"))


def test_an_interrupt_in_the_middle_of_a_write_leaves_the_old_file(folder, monkeypatch):
    folder.write_run({"schema": 1, "blocks": 1})

    def interrupted(fd):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.write_run({"schema": 1, "blocks": 2})
    monkeypatch.undo()
    assert read_run(folder.path)["blocks"] == 1
    assert not list(folder.path.glob(".*"))


WRITER = """
import itertools, sys
from pathlib import Path
from harness.store import RunFolder

folder = RunFolder(Path(sys.argv[1]))
print("ready", flush=True)
for number in itertools.count():
    folder.write_run({"schema": 1, "blocks": number, "filler": "x" * 200_000})
"""


@pytest.mark.slow
def test_after_25_kills_of_a_writer_run_json_is_whole_every_time(folder):
    dice = random.Random(25)
    folder.write_run({"schema": 1, "blocks": -1, "filler": ""})
    for _ in range(25):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder.path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": REPO},
        )
        with writer:
            assert writer.stdout.readline() == b"ready\n"
            try:
                writer.wait(dice.uniform(0.0, 0.05))
            except subprocess.TimeoutExpired:
                os.kill(writer.pid, signal.SIGKILL)
        assert writer.returncode == -signal.SIGKILL
        run = read_run(folder.path)
        assert len(run["filler"]) in (0, 200_000)
    for stray in folder.path.glob(".*"):
        age(stray)
    RunFolder.create(folder.path.parent)
    assert not list(folder.path.glob(".*"))


def test_a_new_run_sweeps_what_killed_writers_left_lying(folder):
    strays = [
        folder.path.parent / f".latest.{nobody()}.tmp",
        folder.path / f".run.json.{nobody()}.tmp",
        folder.path / "pyperf" / f".threads.json.{nobody()}.tmp",
    ]
    for stray in strays:
        stray.write_text("half")
        age(stray)
    RunFolder.create(folder.path.parent)
    assert not [stray for stray in strays if stray.exists()]


def test_a_sweep_spares_what_a_writer_in_another_container_may_be_writing_whose_process_is_not_seen_here(folder):
    stray = folder.path / f".run.json.{nobody()}.tmp"
    stray.write_text("half")
    RunFolder.create(folder.path.parent)
    assert stray.exists()


def test_a_sweep_spares_files_that_are_not_ours(folder):
    kept = [
        folder.path / ".mine.tmp",
        folder.path / "notes.123.tmp",
        folder.path / f".folder.{nobody()}.tmp",
    ]
    for file in kept[:-1]:
        file.write_text("whole")
    kept[-1].mkdir()
    for file in kept:
        age(file)
    RunFolder.create(folder.path.parent)
    assert all(file.exists() for file in kept)


def test_a_sweep_touches_nothing_outside_the_folders_of_runs_and_nothing_that_a_run_does_not_write(folder):
    results = folder.path.parent
    kept = [
        results / f".run.json.{nobody()}.tmp",
        results / "notes" / f".run.json.{nobody()}.tmp",
        results / "20260101T000000Z-zzzz" / f".run.json.{nobody()}.tmp",
        folder.path / f".notes.txt.{nobody()}.tmp",
        folder.path / "pyperf" / f".draft.odt.{nobody()}.tmp",
        folder.path / "mine" / f".run.json.{nobody()}.tmp",
    ]
    for file in kept:
        file.parent.mkdir(exist_ok=True)
        file.write_text("somebody's")
        age(file)
    RunFolder.create(results)
    assert all(file.exists() for file in kept)


def test_a_sweep_does_not_follow_links_to_other_folders(folder, tmp_path):
    stray = tmp_path / "elsewhere" / f".run.json.{nobody()}.tmp"
    stray.parent.mkdir()
    stray.write_text("half")
    age(stray)
    (folder.path.parent / "20260101T000000Z-0000").symlink_to(stray.parent)
    RunFolder.create(folder.path.parent)
    assert stray.exists()


def test_a_run_that_cannot_be_swept_does_not_stop_a_new_one(folder, monkeypatch):
    real = Path.iterdir

    def guarded(self):
        if self == folder.path:
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "iterdir", guarded)
    assert RunFolder.create(folder.path.parent).path.is_dir()


def test_latest_leads_to_the_newest_run(tmp_path):
    first, second = RunFolder.create(tmp_path), RunFolder.create(tmp_path)
    first.point_latest_here()
    second.point_latest_here()
    assert (tmp_path / "latest").resolve() == second.path.resolve()
    assert os.readlink(tmp_path / "latest") == second.id


def test_a_folder_in_the_place_of_latest_is_left_alone(folder):
    (folder.path.parent / "latest").mkdir()
    folder.point_latest_here()
    assert (folder.path.parent / "latest").is_dir()
    assert not (folder.path.parent / "latest").is_symlink()


def test_rows_have_their_header_once(folder):
    folder.append_rows("quotes.csv", ["a", "b"], [[1, 2]])
    folder.append_rows("quotes.csv", ["a", "b"], [])
    folder.append_rows("quotes.csv", ["a", "b"], [[3, None]])
    assert (folder.path / "quotes.csv").read_text() == "a,b\n1,2\n3,\n"


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@a", "\ta", "=cmd|' /C calc'!A0", "-1+1", "+"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    ((cell,),) = csv.reader(io.StringIO(csv_text([[text]]), newline=""))
    assert cell == "'" + text


def test_a_carriage_return_neither_ends_a_row_nor_starts_a_formula():
    assert csv_text([["\r=1+1", 2]]) == "'\\r=1+1,2\n"


@pytest.mark.parametrize("value", [-1, -0.5, "-1", "-12.30", "+3", "-1e-9", "threads", "mine.py:honest", "1-2", ""])
def test_numbers_and_plain_texts_stay_as_they_are(value):
    ((cell, _),) = csv.reader(io.StringIO(csv_text([[value, 1]])))
    assert cell == str(value)


def test_names_with_commas_quotes_and_line_breaks_survive_csv():
    names = ['a,b"c', "line\nbreak", "日本", "</script>"]
    (row,) = csv.reader(io.StringIO(csv_text([names]), newline=""))
    assert row == names


def test_a_log_line_says_what_happened_and_when_in_utc(folder):
    folder.log("block", block=3, order=["a", "日本\n"])
    (line,) = (folder.path / "log.jsonl").read_text().splitlines()
    said = json.loads(line)
    assert (said["event"], said["block"], said["order"]) == ("block", 3, ["a", "日本\n"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", said["time"])


def test_the_home_folders_path_gets_into_neither_run_json_nor_the_log(folder, monkeypatch):
    monkeypatch.setenv("HOME", "/home/secretuser")
    reason = "FileNotFoundError: '/home/secretuser/mine.py'"
    written = folder.write_run({"schema": 1, "reason": reason})
    assert written == read_run(folder.path)
    folder.log("arm_failed", reason=reason)
    for name in ("run.json", "log.jsonl"):
        text = (folder.path / name).read_text()
        assert "secretuser" not in text
        assert "'mine.py'" in text


def test_a_home_folder_at_the_root_takes_no_slash_away(folder, monkeypatch):
    monkeypatch.setenv("HOME", "/")
    folder.write_run({"schema": 1, "pair": "BTC/USD"})
    assert read_run(folder.path)["pair"] == "BTC/USD"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_run_with_a_number_that_is_not_json_is_not_written(folder, number):
    folder.write_run({"schema": 1, "time_s": 0.1})
    with pytest.raises(ValueError, match="JSON"):
        folder.write_run({"schema": 1, "time_s": number})
    assert read_run(folder.path)["time_s"] == 0.1


def test_a_run_is_read_by_its_folder_by_its_file_and_by_latest(folder):
    folder.write_run({"schema": 1, "id": "x"})
    folder.point_latest_here()
    for path in (folder.path, folder.path / "run.json", folder.path.parent / "latest"):
        assert read_run(path) == {"schema": 1, "id": "x"}


@pytest.mark.parametrize("path", ["nowhere", "results", "."])
def test_where_there_is_no_run_the_error_says_what_was_expected(tmp_path, path):
    with pytest.raises(UsageError, match=r"expected a folder with a run\.json, such as results/latest"):
        read_run(tmp_path / path)


NO_RUNS = {
    "empty": b"",
    "half": b'{"schema": 1, "id": "2026',
    "null": b"null",
    "list": b"[1]",
    "text": b'"run"',
    "no schema": b"{}",
    "schema as text": b'{"schema": "1"}',
    "schema as truth": b'{"schema": true}',
    "schema null": b'{"schema": null}',
    "older": b'{"schema": 0}',
    "newer": b'{"schema": 2}',
    "NaN": b'{"schema": 1, "x": NaN}',
    "Infinity": b'{"schema": 1, "x": [-Infinity]}',
    "1e999": b'{"schema": 1, "x": 1e999}',
    "5000 digits": b'{"schema": ' + b"1" * 5000 + b"}",
    "deep": b"[" * 100_000,
    "BOM": b'\xef\xbb\xbf{"schema": 1}',
    "UTF-16": '{"schema": 1}'.encode("utf-16"),
    "latin-1": b'{"schema": 1, "x": "\xe9"}',
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
    "yaml": b"!!python/object/apply:os.system ['true']",
    "two documents": b'{"schema": 1}{"schema": 1}',
}


@pytest.mark.parametrize("content", NO_RUNS.values(), ids=NO_RUNS)
def test_what_is_not_a_run_is_refused_in_one_line_with_exit_code_2(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_run(tmp_path)
    assert caught.value.code == 2
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "run.json") in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_a_run_of_a_newer_fetchrace_is_named_as_such(tmp_path):
    (tmp_path / "run.json").write_text('{"schema": 2}')
    with pytest.raises(UsageError, match="a newer fetchrace wrote it"):
        read_run(tmp_path)
