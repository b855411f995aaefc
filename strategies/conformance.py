"""Holds a strategy to its seven promises: ``python -m strategies.conformance NAME|FILE.py:NAME ...``

For authors of plugins, who can also call ``check(strategy)`` from a test of their own. One line per promise;
exit code 0 if all are kept, 1 if one is broken, 2 for a name that leads nowhere, 3 where its library is not installed.
``--all`` holds everything that is installed to them, built-ins and plugins, in a line each; what lacks a library is
skipped and says why. The promises themselves are in ``strategies.promises`` and ``strategies.promises_of_failure``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import strategies
from exchanges.errors import safe
from exchanges.plugins import MissingLibrary, PluginError
from strategies.gate_server import GateServer
from strategies.promise import Broken
from strategies.promises import PROMISES
from strategies.strategy import Strategy

__all__ = ["Broken", "check", "main"]

KEPT, BROKEN, USAGE, MISSING = 0, 1, 2, 3
"""Exit codes."""
_LIMIT_S: Final = 300.0
"""For one strategy of ``--all``: a guest may hang where no promise looks."""


def check(strategy: Strategy, numbers: Sequence[int] = range(1, 8)) -> list[Broken]:
    """The promises that the strategy breaks, each with what was seen; an empty list is what one hopes for.

    ``numbers`` picks promises, 1 to 7. Takes one to three seconds, longer for a strategy that breaks many.
    """
    broken = []
    for number in numbers:
        with GateServer() as server:
            try:
                PROMISES[number - 1](strategy, server)
            except Broken as breach:
                broken.append(breach)
            except Exception as error:
                broken.append(Broken(number, f"the strategy raised {safe(f'{type(error).__name__}: {error}', 160)}"))
    return broken


def main(names: Sequence[str]) -> int:
    """Print one line per promise and strategy, or one per strategy for ``--all``; returns the exit code."""
    if not names or (names[0].startswith("-") and list(names) != ["--all"]):
        print("usage: python -m strategies.conformance --all|NAME|FILE.py:NAME ...", file=sys.stderr)
        return USAGE
    if list(names) == ["--all"]:
        return _hold_all()
    worst = KEPT
    for name in names:
        try:
            strategy = strategies.load(name)
        except PluginError as error:
            print(error, file=sys.stderr)
            return MISSING if isinstance(error, MissingLibrary) else USAGE
        broken = {breach.promise: breach.seen for breach in check(strategy)}
        for number, promise in enumerate(PROMISES, 1):
            said = (promise.__doc__ or "").split("\n")[0].removeprefix(f"{number}. ")
            verdict = f"BROKEN  {broken[number]}" if number in broken else f"kept    {said}"
            print(f"{name}  {number}  {verdict}")
        worst = max(worst, BROKEN if broken else KEPT)
    return worst


def _hold_all() -> int:
    """Each in a process of its own, so that none can end, or be blamed for, another."""
    worst, known = KEPT, strategies.names()
    width = max(map(len, known))
    for name in known:
        code, said = _held(name)
        print(f"{safe(name):<{width}}  {said}", flush=True)
        worst = max(worst, BROKEN if code not in (KEPT, MISSING) else KEPT)
    return worst


def _held(name: str) -> tuple[int | None, str]:
    """How one strategy came out: its exit code (None: out of time), and the line."""
    home = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "strategies.conformance", name], env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, f"BROKEN   not done after {_LIMIT_S:.0f} s"
    last = safe((ended.stderr.strip().splitlines() or [f"its process ended with code {ended.returncode}"])[-1], 300)
    if ended.returncode == MISSING:
        return MISSING, f"skipped  {last}"
    lines = [line.removeprefix(f"{name}  ") for line in ended.stdout.splitlines() if line.startswith(f"{name}  ")]
    broken = [safe(line.replace("  BROKEN  ", ": "), 300) for line in lines if "  BROKEN  " in line]
    if ended.returncode not in (KEPT, BROKEN) or len(lines) < len(PROMISES):
        return ended.returncode or BROKEN, f"BROKEN   {last}"
    kept = f"{len(PROMISES) - len(broken)} of {len(PROMISES)}"
    return ended.returncode, f"BROKEN   {kept} kept; {'; '.join(broken)}" if broken else f"kept     {kept}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
