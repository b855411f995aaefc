"""``prices``: the best bid and ask of every pair across the exchanges, once."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from harness import snapshot
from harness.exits import DONE, FAILURES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    snapshot.add_arguments(parser)


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print prices; 1 if a request failed (the others are printed)."""
    from harness.quote_rows import row_from_quote
    from harness.readout import readout
    from harness.store import csv_text

    taken = snapshot.take(args)
    found = readout(taken.quotes, taken.now_us)
    if args.json:
        document = {"strategy": taken.strategy, **found, "failures": taken.failures}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif args.csv:
        header = ["exchange", "pair", "bid", "ask", "last", "bid_size", "ask_size", "time_us"]
        sys.stdout.write(csv_text([header, *(row_from_quote(quote) for quote in taken.quotes)]))
    else:
        from harness.console import console, print_prices

        print_prices(console(), found, taken.strategy)
    snapshot.report_failures(taken)
    return FAILURES if taken.failures else DONE
