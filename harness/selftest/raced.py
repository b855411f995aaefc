"""One race of the selftest: ``python -m harness run`` in a child process, as a user starts it, and what came of it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchanges.units import text_from_seconds
from harness import spawn
from harness.exits import ENVIRONMENT, EnvironmentGap, UsageError
from harness.selftest.beside import Beside
from harness.store import read_run

_LIMIT_S: Final = 600.0
_LOOK_S: Final = 0.1
_LAST_WISH_S: Final = 3.0
"""How long a race that is to end may take to tidy up; it promises to need no more than two seconds."""


@dataclass(frozen=True, slots=True)
class Raced:
    """``run`` is the race's run.json, ``folder`` where it lies. ``problem`` says why there is none that is complete;
    ``took_s`` is how long the process ran by this process's clock; ``by`` how something was done beside it."""

    run: dict[str, Any]
    folder: Path
    took_s: float
    problem: str | None = None
    by: str = ""


def raced(
    results: Path, arguments: Sequence[str], variables: Mapping[str, str] | None = None, beside: Beside | None = None,
    limit_s: float = _LIMIT_S,
) -> Raced:  # fmt: skip
    """Run ``python -m harness run ARGUMENTS`` to its end, with its results in a folder of its own.

    However this is left, by an interrupt included, the race and everything below it are gone afterwards.

    Raises:
        EnvironmentGap: the race could not be run here.
    """
    beside = beside or Beside()
    results.mkdir(parents=True, exist_ok=True)
    command = [*beside.arguments, "run", *arguments, "--json", "--results-dir", str(results)]
    environment = {**spawn.environment(), **(variables or {}), **beside.variables}
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        with spawn.child("harness.selftest.launch", command, str(results), environment, said) as process:
            code = _exit_code(process, beside, began + limit_s)
        took_s = time.monotonic() - began
        words = spawn.last_words(said)
    if code == ENVIRONMENT:
        raise EnvironmentGap(f"a race of the selftest could not be run: {words.removeprefix('fetchrace: ')}")
    return _read(results, took_s, code, words, beside.by)


def _exit_code(process: subprocess.Popen[bytes], beside: Beside, until: float) -> int | None:
    """Wait for a race; None: out of time."""
    try:
        while process.poll() is None and time.monotonic() < until:
            beside.meanwhile()
            time.sleep(_LOOK_S)
        return process.returncode
    finally:
        if process.poll() is None:
            # It removes what it has in temporary folders, which being killed would leave.
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LAST_WISH_S)


def _read(results: Path, took_s: float, code: int | None, words: str, by: str) -> Raced:
    folders = [path for path in results.iterdir() if not path.is_symlink() and (path / "run.json").is_file()]
    folder = max(folders, key=lambda path: path.stat().st_mtime, default=results)
    run: dict[str, Any] = {}
    if code is None:
        problem = f"the race did not finish within {text_from_seconds(took_s)}"
    else:
        problem = f"the race ended with code {code}" + (f": {words}" if words else "")
    try:
        run = read_run(folder)
    except UsageError:
        return Raced(run, folder, took_s, problem, by)
    return Raced(run, folder, took_s, None if run.get("state") == "complete" else problem, by)
