"""A run's folder. Whatever was measured is on disk before the next block begins, and no file is ever half new.

A file is replaced by writing a neighbour, flushing it to the disk, and renaming: a kill leaves the old one
or the new one. Neighbours that a kill left lying are swept by a later start, when they are minutes old. Rows of the CSV
files are appended one block at a time; a reader drops a last line without its newline. The texts of run.json and
log.jsonl are redacted on their way in, and nowhere else.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import math
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchanges.errors import safe
from harness.exits import EnvironmentGap, UsageError
from harness.redaction import redacted

_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")
_STRAYS = {
    "": re.compile(r"\.(?:run\.json|log\.jsonl|report\.html|summary\.md)\.\d+\.tmp"),
    "pyperf": re.compile(r"\.[A-Za-z0-9._+-]+\.json\.\d+\.tmp"),
    "charts": re.compile(r"\.[A-Za-z0-9._+-]+\.(?:svg|png)\.\d+\.tmp"),
}
"""What a killed writer may have left in a run's folder and in the folders in it."""
_STRAY_LATEST = re.compile(r"\.latest\.\d+\.tmp")
_ABANDONED_S = 600.0
"""A neighbour lives for milliseconds, on a slow disk for seconds. Its writer may be on another machine or in another
container, where its process id says nothing here; its age does."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def replace_file(path: Path, content: str | bytes) -> None:
    """Put ``content`` at ``path``, all of it or none of it. Raises OSError, also where there is something that is no
    file: a device or a pipe would be gone."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    if _kind(path) not in (None, "file", "link", "folder"):
        raise FileExistsError(errno.EEXIST, f"it is a {_kind(path)} and no plain file", str(path))
    neighbour = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # What lies there is a killed program's, or a trap: it is never written through.
        neighbour.unlink(missing_ok=True)
        with neighbour.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        neighbour.replace(path)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise


def check_typed(flag: str, path: Path) -> None:
    """For a path that somebody typed, where a file is to be put; before anything is begun. A link is refused as well,
    because it may be somebody else's, and may lead to a device. Raises UsageError."""
    kind = _kind(path)
    if kind not in (None, "file"):
        raise UsageError(f"{flag}: expected a plain file, or nothing yet, found a {kind}: {safe(str(path), 200)!r}")


def _kind(path: Path) -> str | None:
    """What there is, links not followed; None for nothing."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode):
        return "file"
    kinds = ((stat.S_ISLNK, "link"), (stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
    return next((kind for is_one, kind in kinds if is_one(mode)), "device")


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV. A text that a spreadsheet would take for a formula is given a leading apostrophe; a number
    in text keeps its sign."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([_inert(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def _inert(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        cell = f"'{cell}"
    return cell.replace("\r", "\\r")  # csv leaves a bare one unquoted, and readers end the row there


class RunFolder:
    """One run's files. ``path`` is ``results/<UTC stamp>-<4 hex>``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @classmethod
    def create(cls, results: Path) -> RunFolder:
        """Make a new run's folder, after proving that it can be written to.

        Raises:
            EnvironmentGap: the results folder cannot be made or written to.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            results.mkdir(parents=True, exist_ok=True)
            _sweep(results)
            path = results / f"{stamp}-{secrets.token_hex(2)}"
            path.mkdir()
            (path / "pyperf").mkdir()
            replace_file(path / "log.jsonl", "")
        except OSError as error:
            raise EnvironmentGap(
                f"the results folder {str(results)!r} cannot be written to ({error.strerror}); nothing was measured; "
                "choose another with --results-dir"
            ) from error
        return cls(path)

    def write_run(self, run: dict[str, Any]) -> dict[str, Any]:
        """Replace run.json; returns what was written, which is the redacted run."""
        written: dict[str, Any] = redacted(run)
        replace_file(self.path / "run.json", json.dumps(written, indent=1, allow_nan=False) + "\n")
        return written

    def log(self, event: str, **facts: Any) -> None:
        """Append one line to log.jsonl: what happened, when (UTC)."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **redacted(facts)}
        self._append("log.jsonl", json.dumps(line) + "\n")

    def append_rows(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Append rows to a CSV file, writing its header first where the file is new."""
        path = self.path / name
        self._append(name, csv_text([] if path.exists() else [header]) + csv_text(rows))

    def _append(self, name: str, text: str) -> None:
        with (self.path / name).open("a", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def point_latest_here(self) -> None:
        """Let ``results/latest`` lead to this run; a file system without links goes without."""
        link = self.path.parent / "latest"
        neighbour = self.path.parent / f".latest.{os.getpid()}.tmp"
        with contextlib.suppress(OSError):
            neighbour.unlink(missing_ok=True)
            neighbour.symlink_to(self.path.name)
            neighbour.replace(link)


def read_run(path: Path) -> dict[str, Any]:
    """Read a run's run.json, given its folder or the file.

    Raises:
        UsageError: no such run, not JSON, or written by a newer fetchrace.
    """
    file = path / "run.json" if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"no run at {str(path)!r}: expected a folder with a run.json, such as results/latest")
    try:
        run = json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"{str(file)!r} is not a run: {' '.join(str(error).split())[:120]}") from None
    schema = run.get("schema") if isinstance(run, dict) else None
    if schema != 1 or isinstance(schema, bool):
        found = "a newer fetchrace wrote it" if isinstance(schema, int) and schema > 1 else "it has no such number"
        raise UsageError(f"{str(file)!r} does not have schema 1, the one this fetchrace reads: {found}")
    return dict(run)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is beyond what a number can be")
    return number


def _sweep(results: Path) -> None:
    """Remove half-written neighbours that nobody writes any more: files that a run writes, in folders called as runs
    are, and nothing else, for a results folder may be anybody's home folder."""
    _sweep_folder(results, _STRAY_LATEST)
    for run in results.iterdir():
        if _RUN_ID.fullmatch(run.name) and not run.is_symlink():
            for name, pattern in _STRAYS.items():
                _sweep_folder(run / name, pattern)


def _sweep_folder(folder: Path, pattern: re.Pattern[str]) -> None:
    # Another user's run cannot be swept, and a run without charts has no folder for them: neither is news.
    with contextlib.suppress(OSError):
        for file in list(folder.iterdir()):
            is_ours = pattern.fullmatch(file.name) and (file.is_symlink() or not file.is_dir())
            if is_ours and time.time() - file.lstat().st_mtime > _ABANDONED_S:
                file.unlink(missing_ok=True)
