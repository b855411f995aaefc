"""``arbitrage``: what buying on one exchange and selling on another would leave, and why it mostly does not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from harness import snapshot
from harness.exits import DONE, FAILURES

_COLUMNS = ("pair", "buy", "sell", "ask", "bid", "gross_bps", "fee_bps", "net_bps", "size", "verdict", "reason")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    snapshot.add_arguments(parser)


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print every route; 1 if a request failed (the others are printed)."""
    from harness.readout import readout
    from harness.store import csv_text

    taken = snapshot.take(args)
    found = readout(taken.quotes, taken.now_us)
    if args.json:
        kept = {key: found[key] for key in ("arbitrage", "left_out", "taker_fees")}
        sys.stdout.write(json.dumps({"strategy": taken.strategy, **kept, "failures": taken.failures}, indent=1) + "\n")
    elif args.csv:
        sys.stdout.write(csv_text([_COLUMNS, *([row[name] for name in _COLUMNS] for row in found["arbitrage"])]))
    else:
        from harness.console import console, print_arbitrage, print_left_out

        print_left_out(console(), found)
        print_arbitrage(console(), found, rows=len(found["arbitrage"]))
    snapshot.report_failures(taken)
    return FAILURES if taken.failures else DONE
