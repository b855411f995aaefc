"""``arbitrage``: what buying on one exchange and selling on another would leave, and why it mostly is no trade."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from harness import allowance_options, options, snapshot
from harness.exits import DONE, FAILURES

_COLUMNS = (
    "pair", "buy", "sell", "sell_pair", "ask", "bid", "gross_bps", "depth_bps", "fee_bps", "allowance_bps", "net_bps",
    "size", "spent", "profit", "money", "skew_us", "age_us", "verdict", "reason",
)  # fmt: skip
_ROWS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    snapshot.add_arguments(parser)
    allowance_options.add_arguments(parser)
    parser.add_argument("--all", action="store_true", help="print every route, with every reason why it is no trade")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print the routes, best first; 1 if a request failed (the others are used)."""
    from harness.readout import readout
    from harness.store import csv_text

    allowance = allowance_options.allowance_from(args)
    levels = options.count("--levels", args.levels, 5000)
    fees = allowance_options.fees_from(args, options.exchange_names(args.exchange))
    taken = snapshot.take(args, levels, between_moneys=True)
    found = readout(taken.seen, fees, allowance)
    if args.json:
        kept = {key: value for key, value in found.items() if key not in ("quotes", "prices")}
        sys.stdout.write(json.dumps({"strategy": taken.strategy, **kept, "failures": taken.failures}, indent=1) + "\n")
    elif args.csv:
        sys.stdout.write(csv_text([_COLUMNS, *([row[name] for name in _COLUMNS] for row in found["arbitrage"])]))
    else:
        from harness.console import console
        from harness.prices_table import print_arbitrage, print_left_out

        print_left_out(console(), found)
        print_arbitrage(console(), found, len(found["arbitrage"]) if args.all else _ROWS, args.all)
    snapshot.report_failures(taken)
    return FAILURES if taken.failures else DONE
