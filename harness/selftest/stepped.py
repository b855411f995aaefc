"""A wall clock that steps in the middle of a race, by what a file says: ``+0`` at first, then ``-3600``.

Where the system has a libfaketime that Python can live with, every process of the race sees the step: the run, the
mock server, the workers. Where it has none, ``time.time`` and ``time.time_ns`` of the run's own process are replaced:
that is the one that watches. Law: CLOCK_MONOTONIC is never touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.selftest.beside import Beside

STEP_S: Final = -3600
"""By how much the clock is set, in seconds: back, which makes differences between stamps negative."""
_FOLDERS: Final = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime")
_NAMES: Final = ("libfaketimeMT.so.1", "libfaketime.so.1")
_TRIAL_S: Final = 10.0


@contextmanager
def clock_step(results: Path) -> Iterator[Beside]:
    """Set the clock back when the race in ``results`` has finished its first block."""
    file = results / "clock.txt"
    file.write_text("+0\n", encoding="utf-8")

    def step() -> None:
        # The first block brings the first requests; looking for a file disturbs no race.
        if next(results.glob("*/requests.csv"), None) is not None:
            file.write_text(f"{STEP_S:+d}\n", encoding="utf-8")

    library = next(filter(_works, _libraries()), None)
    if library is None:
        yield Beside(arguments=("--clock", str(file)), meanwhile=step, by="time.time of the run's process replaced")
    else:
        yield Beside(variables=_variables(library, file), meanwhile=step, by="libfaketime in all of its processes")


def follow(file: Path) -> None:
    """From here on ``time.time`` and ``time.time_ns`` of this process are off by as many seconds as ``file`` says."""
    true, true_ns = time.time, time.time_ns

    def shift() -> int:
        try:
            return int(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # it is being rewritten
            return 0

    def stepped() -> float:
        return true() + shift()

    def stepped_ns() -> int:
        return true_ns() + shift() * 10**9

    time.time, time.time_ns = stepped, stepped_ns


def _libraries() -> list[Path]:
    found: list[Path] = []
    for name in _NAMES:
        for folder in _FOLDERS:
            found += sorted(Path("/").glob(f"{folder[1:]}/{name}"))
    return found


def _variables(library: Path, file: Path) -> dict[str, str]:
    before = os.environ.get("LD_PRELOAD")
    return {
        "LD_PRELOAD": f"{library} {before}" if before else str(library), "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1", "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_CACHE_DURATION": "1",
    }  # fmt: skip


def _works(library: Path) -> bool:
    """Whether a Python process under this library sees the wall clock step, and nothing else changed: a loader ignores
    what it cannot use, and libfaketime 0.9.10 breaks ``time.sleep``, which waits until a moment of CLOCK_MONOTONIC."""
    said = "import time; time.sleep(0.001); print(time.time(), time.monotonic())"
    variables = {**os.environ, **_variables(library, Path(os.devnull)), "FAKETIME": str(STEP_S)}
    del variables["FAKETIME_TIMESTAMP_FILE"]
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", said],
            env=variables,
            capture_output=True,
            text=True,
            timeout=_TRIAL_S,
            check=True,
        )
        wall, monotonic = map(float, done.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return abs(wall - time.time() - STEP_S) < 60 and abs(monotonic - time.monotonic()) < 60
