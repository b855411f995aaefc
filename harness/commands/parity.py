"""``parity``: whether every strategy tells every fault by the same name, in time, harming no other request."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import exchanges
import strategies
from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import counted
from harness import entries, options
from harness.arm import on_cluster
from harness.dead_ends import CASES
from harness.exits import DONE, FAILURES, EnvironmentGap, UsageError
from harness.parity import Case, Finding, rounds_of
from harness.parity_race import IN_FLIGHT, through_dead_ends, through_rounds
from mock_server.faults import catalogue
from mock_server.process import Control, MockFailed, running
from strategies.failure import DIFFERENCES
from strategies.strategy import Strategy

_LATENCY = "1ms"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-s", "--strategy", default="all", metavar="NAMES", help="strategies, comma-separated, or FILE.py:NAME (all)")
    add("--faults", default="all", metavar="NAMES", help="faults, comma-separated (all)")
    add("--deadline", default="1s", metavar="D", help="for one request (1s)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document on stdout")
    form.add_argument("--markdown", action="store_true", help="the table of what is expected, and nothing is run")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Run the matrix; 0 only if all agree."""
    cases = _cases(args.faults)
    if args.markdown:
        sys.stdout.write(markdown(cases) + "\n")
        return DONE
    if args.faults == "all" and importlib.util.find_spec("trustme") is None:
        cases = [case for case in cases if case.name not in catalogue or catalogue[case.name].tls is None]
        _progress("fetchrace: skipped the faults of TLS: they need `pip install 'fetchrace[tls]'`")
    deadline_s = options.deadline(args.deadline)
    arms = _arms(args.strategy)
    began = time.monotonic()
    try:
        matrix = _matrix(arms, cases, deadline_s)
    except MockFailed as error:
        raise EnvironmentGap(str(error)) from error
    wrong = sum(bool(finding.problems) for row in matrix.values() for finding in row.values())
    if args.json:
        sys.stdout.write(json.dumps(_document(matrix, cases, deadline_s), indent=1) + "\n")
    else:
        from harness.parity_table import print_matrix

        print_matrix(matrix, cases)
        said = f"{wrong} of {len(arms) * len(cases)} are not as expected" if wrong else "all as expected"
        differing = sum(finding.differs for row in matrix.values() for finding in row.values())
        said += f", {counted(differing, 'documented difference')} among them" if differing and not wrong else ""
        took = f"{time.monotonic() - began:.0f} s"
        sys.stdout.write(f"{counted(len(cases), 'fault')}, {counted(len(arms), 'way')} of fetching: {said} ({took})\n")
    return FAILURES if wrong else DONE


def markdown(cases: Sequence[Case]) -> str:
    """What every strategy must make of each case, as METHOD.md shows it."""
    rows = [("fault", "every strategy says", "check", "what happens"), ("---",) * 4]
    rows += [(f"`{c.name}`", c.kind or "a value", c.check, c.says.replace("|", r"\|")) for c in cases]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def every_case() -> list[Case]:
    """The catalogue, and what no fault of a server can show."""
    return [*map(Case.of, catalogue.values()), *CASES]


def _cases(text: str) -> list[Case]:
    known = {case.name: case for case in every_case()}
    if text == "all":
        return list(known.values())
    names = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for name in names:
        if name not in known:
            raise UsageError(f"unknown fault {name!r}{nearest(name, known)}; python -m mock_server.faults lists them")
    if not names:
        raise UsageError(f"--faults: expected names such as drip-head,gzip-bomb, found {text!r}")
    return [known[name] for name in names]


def _arms(text: str) -> dict[str, Strategy]:
    names, said_all = entries.chosen_names(text)
    arms: dict[str, Strategy] = {}
    for name in names:
        try:
            arms[name] = strategies.load(entries.loadable(name, IN_FLIGHT))
        except EnvironmentGap as error:
            if not said_all:
                raise
            sys.stderr.write(f"fetchrace: skipped {name}: {error}\n")
    if not arms:
        raise EnvironmentGap("no strategy is left; nothing was run")
    return arms


def _matrix(arms: dict[str, Strategy], cases: Sequence[Case], deadline_s: float) -> dict[str, dict[str, Finding]]:
    """What each strategy made of each case: findings by case, by strategy."""
    faults = [catalogue[case.name] for case in cases if case.name in catalogue]
    matrix: dict[str, dict[str, Finding]] = {name: {} for name in arms}
    # Three are enough for what is struck, what is struck otherwise, and what is not.
    names = list(exchanges.GROUP.builtins)[:3]
    for tls in (False, True):
        rounds = list(rounds_of([fault for fault in faults if (fault.tls is not None) is tls], names))
        if not rounds:
            continue
        with running(names, _LATENCY, arguments=("--tls",) if tls else ()) as mock, Control(mock) as control:
            for name, strategy in arms.items():
                # A cluster changes nothing of what the strategy says that runs there.
                known = DIFFERENCES.get(on_cluster(name)[1])
                found = through_rounds(strategy, rounds, mock, control, deadline_s, known)
                matrix[name] |= {finding.case: finding for finding in found}
                _progress(f"{safe(name, 40)}: {counted(len(matrix[name]), 'fault')}")
    dead = [case for case in cases if case in CASES]
    for name, strategy in arms.items():
        if dead:
            matrix[name] |= {finding.case: finding for finding in through_dead_ends(strategy, dead, deadline_s)}
    return matrix


def _document(matrix: dict[str, dict[str, Finding]], cases: Sequence[Case], deadline_s: float) -> dict[str, Any]:
    rows = []
    for case in cases:
        made = {name: row[case.name] for name, row in matrix.items()}
        found = {
            name: {
                "kind": one.kind, "took_s": one.took_s, "ok": not one.problems, "differs": one.differs,
                "problems": list(one.problems),
            }
            for name, one in made.items()
        }  # fmt: skip
        rows.append({"name": case.name, "kind": case.kind, "check": case.check, "strategies": found})
    agree = not any(one.problems for row in matrix.values() for one in row.values())
    return {"agree": agree, "deadline_s": deadline_s, "strategies": list(matrix), "faults": rows}


def _progress(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
