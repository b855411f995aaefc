"""``compare``: runs laid over each other, from their files alone, and gates on the last of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import gate
from harness.comparability import LABELS
from harness.exits import DONE, GATE_FAILED
from harness.gate import Gate
from harness.overlay import Overlay, overlay
from harness.report.entries import RunEntry
from harness.store import read_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        metavar="RUN",
        type=Path,
        nargs="+",
        help="runs' folders or run.json, such as results/latest; two at least",
    )
    gate.add_argument(parser, "of the last run")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Compare, and hold the last run against the gates."""
    gates = [Gate.parse(text) for text in args.fail_on]
    runs = [RunEntry(read_run(path)) for path in args.runs]
    made = overlay(runs)
    last = [scenario.raw for scenario in runs[-1].scenarios]
    gate.check_arms(gates, list(dict.fromkeys(arm.key for one in runs[-1].scenarios for arm in one.arms)))
    judgements = gate.judged(gates, last)
    if args.json:
        sys.stdout.write(json.dumps(_document(made, runs, judgements), indent=1, allow_nan=False) + "\n")
    else:
        from harness.gate_table import print_gates
        from harness.overlay_table import print_overlay

        print_overlay(made, runs)
        print_gates(judgements)
    failed = gate.failure(judgements)
    if failed is not None:
        sys.stdout.flush()
        sys.stderr.write(f"fetchrace: {failed}\n")
        return GATE_FAILED
    return DONE


def _document(made: Overlay, runs: Sequence[RunEntry], judgements: list[dict[str, Any]]) -> dict[str, Any]:
    named = [
        {
            "run": label, "id": run.text("id"), "started": run.text("started"), "state": run.text("state"),
            "verdict": run.entry("verdict").text("state"),
        }
        for label, run in zip(LABELS, runs, strict=False)
    ]  # fmt: skip
    return {
        "runs": named, "warnings": list(made.warnings), "comparisons": made.claims,
        "scenarios": [laid.to_json() for laid in made.compared], "not_compared": list(made.left_out),
        "gates": judgements,
    }  # fmt: skip
