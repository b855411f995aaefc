"""``list``: what this installation has, and what it lacks and how to get it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import exchanges
import strategies
from exchanges.errors import safe
from exchanges.plugins import PluginError
from harness import listing, probe
from harness.named_scenario import SCENARIOS
from harness.store import read_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results-dir", type=Path, default=Path("results"), help="where runs are kept (results)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print the list; always 0: what is missing is told, not an error."""
    found = {
        "strategies": _strategies(), "clusters": _clusters(), "exchanges": _exchanges(), "scenarios": _scenarios(),
        "runs": _runs(args.results_dir),
    }  # fmt: skip
    sys.stdout.write(json.dumps(found, indent=1) + "\n" if args.json else _text(found))
    return 0


def _strategies() -> list[dict[str, Any]]:
    found = probe.look(strategies.names(), [100])
    return [
        {
            "name": f.name,
            "installed": f.problem is None,
            "problem": f.message or None,
            "in_flight_of_100": next(iter(f.declared_in_flight), 0),
        }
        for f in found
    ]


def _clusters() -> list[dict[str, Any]]:
    """What runs any of the strategies elsewhere. It is looked at with the plainest of them inside."""
    inner = "sequential"
    names = list(strategies.CLUSTERS.builtins)
    found = probe.look([f"{name}+{inner}" for name in names], [100])
    return [
        {
            "name": name,
            "written": f"{name}+STRATEGY",
            "installed": f.problem is None,
            "problem": f.message.replace(f.name, f"{name}+STRATEGY") or None,
            "says": f"any strategy on a {name} cluster, of this machine's cores or by --scheduler ADDRESS; raced only "
            f"when named, as in --strategy asyncio-aiohttp,{name}+asyncio-aiohttp",
        }
        for name, f in zip(names, found, strict=True)
    ]


def _exchanges() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in exchanges.names():
        try:
            exchange = listing.exchange(name)
        except PluginError as error:
            rows.append({"name": name, "title": None, "pairs": [], "problem": safe(str(error), 300)})
        else:
            pairs = [str(instrument.pair) for instrument in exchange.instruments]
            rows.append({"name": name, "title": exchange.title, "pairs": pairs, "problem": None})
    return rows


def _scenarios() -> list[dict[str, Any]]:
    return [{"name": one.name, "says": one.says, "options": dict(one.options)} for one in SCENARIOS.values()]


def _runs(results: Path) -> list[dict[str, Any]]:
    rows = []
    for file in sorted(results.glob("*/run.json")):
        if file.parent.is_symlink():
            continue
        try:
            run = read_run(file)
            row = {"id": run["id"], "state": run["state"], "sentence": run["verdict"]["sentence"]}
        except Exception as error:  # a broken run is listed as such: the list must not end at it
            said = f"no key {error}" if isinstance(error, KeyError) else str(error)
            row = {"id": file.parent.name, "state": "unreadable", "sentence": said}
        rows.append({key: safe(str(value), 300) for key, value in row.items()})
    return rows


def _counted_pairs(pairs: list[str]) -> str:
    return f"{len(pairs)} pairs: {', '.join(pairs)}"


def _text(found: dict[str, list[dict[str, Any]]]) -> str:
    lines = ["strategies"]
    lines += [f"  {row['name']:<24} {row['problem'] or 'ready'}" for row in found["strategies"]]
    lines.append("clusters")
    lines += [f"  {row['written']:<24} {row['problem'] or 'ready'}; {row['says']}" for row in found["clusters"]]
    lines.append("exchanges")
    for row in found["exchanges"]:
        lines.append(f"  {row['name']:<24} {row['problem'] or _counted_pairs(row['pairs'])}")
    lines.append("scenarios")
    lines += [f"  {row['name']:<24} {row['says']}" for row in found["scenarios"]]
    lines.append("runs")
    lines += [f"  {row['id']:<28} {row['state']:<12} {row['sentence']}" for row in found["runs"]] or ["  none yet"]
    return "\n".join(lines) + "\n"
