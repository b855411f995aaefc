"""Holds a strategy to its seven promises: ``python -m strategies.conformance NAME|FILE.py:NAME ...``

For authors of plugins, who can also call ``check(strategy)`` from a test of their own. One line per promise;
exit code 0 if all are kept, 1 if one is broken, 2 for a name that leads nowhere. The promises themselves are in
``strategies.promises`` and ``strategies.promises_of_failure``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import strategies
from exchanges.errors import safe
from exchanges.plugins import PluginError
from strategies.gate_server import GateServer
from strategies.promise import Broken
from strategies.promises import PROMISES
from strategies.strategy import Strategy

__all__ = ["Broken", "check", "main"]


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
    """Print one line per promise and strategy; 0 if all are kept, 1 if not, 2 for a name that leads nowhere."""
    if not names:
        print("usage: python -m strategies.conformance NAME|FILE.py:NAME ...", file=sys.stderr)
        return 2
    worst = 0
    for name in names:
        try:
            strategy = strategies.load(name)
        except PluginError as error:
            print(error, file=sys.stderr)
            return 2
        broken = {breach.promise: breach.seen for breach in check(strategy)}
        for number, promise in enumerate(PROMISES, 1):
            said = (promise.__doc__ or "").split("\n")[0].removeprefix(f"{number}. ")
            verdict = f"BROKEN  {broken[number]}" if number in broken else f"kept    {said}"
            print(f"{name}  {number}  {verdict}")
        worst = max(worst, bool(broken))
    return worst


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
