"""A race of the selftest as a child: ``python -m harness`` with a lifeline, so that it never outlives its parent.

    python -m harness.selftest.launch --lifeline FD [--clock FILE] run ...

With ``--clock`` the wall clock of this process follows a file (``harness.selftest.stepped``). No report is drawn: what
is judged is run.json, and ``python -m harness report`` draws from it on any other day.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness import lifeline
from harness.selftest import stepped


def main() -> int:
    """Run the command line after our own options; return its exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("--clock", type=Path)
    ours, theirs = parser.parse_known_args()
    lifeline.hold(ours.lifeline)
    if ours.clock is not None:
        stepped.follow(ours.clock)
    # Only now: who asked for the time before has the true clock in hand.
    from harness.__main__ import main as harness_main

    # As where it is not installed: a report less, which would take as long as some of the races do.
    sys.modules["pandas"] = None  # type: ignore[assignment]  # importlib's own sign for what cannot be imported
    sys.argv[1:] = theirs
    return harness_main()


if __name__ == "__main__":
    sys.exit(main())
