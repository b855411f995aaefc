"""A busy neighbour, which burns CPU beside a race: ``python -m harness.selftest.neighbour --lifeline FD``."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness import lifeline, spawn
from harness.selftest.beside import Beside

_SHARE: Final = 3
"""One process for so many cores: on a large machine a few of them hurt nobody, and no verdict says so."""
_LEAST: Final = 2
_ROUND: Final = 100_000


@contextlib.contextmanager
def busy_neighbour(results: Path) -> Iterator[Beside]:
    """Keep some cores busy until the race is over. Strangers to the run: it started none of them."""
    processes = max(_LEAST, (os.cpu_count() or 1) // _SHARE)
    with contextlib.ExitStack() as stack:
        said = stack.enter_context(tempfile.TemporaryFile())
        for _ in range(processes):
            burner = spawn.child("harness.selftest.neighbour", (), str(results), spawn.environment(), said)
            stack.enter_context(burner)
        yield Beside(by=f"{processes} processes that burn CPU")


def main() -> None:
    """Burn CPU until the parent ends it, or is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    lifeline.hold(parser.parse_args().lifeline)
    while True:
        sum(range(_ROUND))


if __name__ == "__main__":
    main()
