"""Look at strategies before anything is measured: can they be loaded, and what do they declare?

Runs as a process of its own (``python -m harness.probe --lifeline FD ANSWER IN_FLIGHT NAME ...``), so that the
parent imports no HTTP library, and a guest that hangs or dies at import takes nobody with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import strategies
from exchanges.plugins import MissingLibrary, PluginError, UnknownName
from harness import lifeline, spawn
from harness.scratch import scratch
from harness.shadowed import shadowed_here
from harness.source import source_of
from strategies.strategy import Limits, declared_in_flight

_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one strategy: ``problem`` is None, "unknown", "missing", "broken" or "shadowed" (a library that
    it imports is not the one that was installed). ``declared_in_flight`` is what it declares at each of the numbers in
    flight that were asked about, in their order, ``source`` the digest of what was loaded (``harness.source``)."""

    name: str
    problem: str | None
    message: str = ""
    declared_in_flight: tuple[int, ...] = ()
    source: str | None = None


def look(
    names: Sequence[str],
    in_flight: Sequence[int],
    started: Callable[[subprocess.Popen[bytes]], None] = lambda process: None,
) -> list[Finding]:
    """Probe each strategy at each number of requests ``in_flight``. Built-ins share a process; every guest gets one of
    its own. ``started`` is told of each process, for who may not want to wait for its end."""
    own = [name for name in names if name in strategies.GROUP.builtins]
    guests = [[name] for name in names if name not in strategies.GROUP.builtins]
    found = {
        finding.name: finding
        for group in ([own] if own else []) + guests
        for finding in _probe(group, in_flight, started)
    }
    return [found[name] for name in names]


def _probe(
    names: list[str], in_flight: Sequence[int], started: Callable[[subprocess.Popen[bytes]], None]
) -> list[Finding]:
    with scratch() as folder, Path(folder, "said").open("w+b") as said:
        answer = Path(folder, "answer.json")
        arguments = [str(answer), ",".join(map(str, in_flight)), *names]
        with spawn.child("harness.probe", arguments, folder, spawn.environment_in(folder), said) as process:
            started(process)
            code = spawn.exit_code_of(process, time.monotonic() + _LIMIT_S)
        if code is None:
            return [
                Finding(name, "broken", f"strategy {name} did not finish importing in {_LIMIT_S:.0f} s")
                for name in names
            ]
        if not answer.exists():
            last = spawn.last_words(said)
            how = f"exit {code}" + (f": {last}" if last else "")
            ended = f"strategy {', '.join(names)} ended the process at import ({how})"
            return [Finding(name, "broken", ended) for name in names]
        found = json.loads(answer.read_text(encoding="utf-8"))
        return [Finding(**{**entry, "declared_in_flight": tuple(entry["declared_in_flight"])}) for entry in found]


def _finding(name: str, in_flight: Sequence[int]) -> Finding:
    try:
        strategy = strategies.load(name)
    except PluginError as error:
        problem = {UnknownName: "unknown", MissingLibrary: "missing"}.get(type(error), "broken")
        return Finding(name, problem, str(error))
    if not callable(strategy):
        return Finding(
            name, "broken", f"strategy {name} is a {type(strategy).__name__}, expected a function that opens"
        )
    try:
        declared = tuple(declared_in_flight(strategy, Limits(number)) for number in in_flight)
    except TypeError:
        declared = (0,)
    if not all(isinstance(number, int) and number >= 1 for number in declared):
        return Finding(name, "broken", f"strategy {name}: expected it to declare at least one request in flight")
    lacking = getattr(strategy, "lacking", None)
    missing = lacking() if callable(lacking) else None
    if missing is not None:
        return Finding(name, "missing", str(missing))
    shadowed = shadowed_here()
    return Finding(name, "shadowed", shadowed) if shadowed else Finding(name, None, "", declared, source_of(name))


def main(argv: Sequence[str]) -> None:
    """Write the findings as JSON: ``--lifeline FD ANSWER IN_FLIGHT NAME ...``."""
    if argv[:1] == ["--lifeline"]:
        lifeline.hold(int(argv[1]))
        argv = argv[2:]
    in_flight = [int(word) for word in argv[1].split(",")]
    findings = [_finding(name, in_flight) for name in argv[2:]]
    rows = [{slot: getattr(finding, slot) for slot in Finding.__slots__} for finding in findings]
    Path(argv[0]).write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
