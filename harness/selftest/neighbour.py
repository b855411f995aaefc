"""A busy neighbour: two processes that burn CPU in Python beside a race.

python -m harness.selftest.neighbour --lifeline FD
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness import lifeline, spawn
from harness.selftest.beside import Beside

_PROCESSES: Final = 2
_ROUND: Final = 100_000


@contextlib.contextmanager
def busy_neighbour(results: Path) -> Iterator[Beside]:
    """Keep two cores busy until the race is over. Strangers to the run: it started none of them."""
    with contextlib.ExitStack() as stack:
        said = stack.enter_context(tempfile.TemporaryFile())
        for _ in range(_PROCESSES):
            stack.enter_context(
                spawn.child("harness.selftest.neighbour", (), str(results), spawn.environment(), said)
            )  # fmt: skip
        yield Beside(by=f"{_PROCESSES} processes that burn CPU")


def main() -> None:
    """Burn CPU until the parent ends it, or is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    lifeline.hold(parser.parse_args().lifeline)
    while True:
        sum(range(_ROUND))


if __name__ == "__main__":
    main()
