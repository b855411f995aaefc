"""``arbitrage``: what buying on one exchange and selling on another would leave, and why it mostly is no trade."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from exchanges.pair import Pair
from harness import allowance_options, options, snapshot, watch_options, ways
from harness.allowance import Allowance
from harness.exits import DONE, FAILURES
from harness.watch_options import Watch

_COLUMNS = (
    "pair", "buy", "sell", "sell_pair", "ask", "bid", "gross_bps", "depth_bps", "fee_bps", "allowance_bps", "net_bps",
    "size", "spent", "profit", "money", "skew_us", "age_us", "verdict", "reason",
)  # fmt: skip
_ROWS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    snapshot.add_arguments(parser)
    allowance_options.add_arguments(parser.add_argument_group(allowance_options.TITLE))
    watch_options.add_arguments(parser.add_argument_group(watch_options.TITLE))
    parser.add_argument("--all", action="store_true", help="print every route, with every reason why it is no trade")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print the routes, best first; 1 if a request failed (the others are used)."""
    from harness.readout import readout
    from harness.store import csv_text

    wanted, allowance = watch_options.watch_from(args), allowance_options.allowance_from(args)
    levels = options.count("--levels", args.levels, 5000)
    fees = allowance_options.fees_from(args, options.exchange_names(args.exchange))
    if wanted is not None:
        return _watch(args, wanted, allowance, fees, levels)
    taken = snapshot.take(args, levels, between_moneys=True)
    found = readout(taken.seen, fees, allowance)
    if args.json:
        document = {"strategy": taken.strategy, "place": taken.place, **_kept(found), "notes": list(taken.notes)}
        document["failures"] = taken.failures
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif args.csv:
        sys.stdout.write(csv_text([_COLUMNS, *_rows(found)]))
        snapshot.report_place(taken)
    else:
        from harness.console import console
        from harness.prices_table import print_arbitrage, print_left_out, print_place

        print_left_out(console(), found)
        print_arbitrage(console(), found, len(found["arbitrage"]) if args.all else _ROWS, args.all)
        print_place(console(), taken.place)
    snapshot.report_failures(taken)
    return FAILURES if taken.failures else DONE


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in ("quotes", "prices")}


def _rows(found: Mapping[str, Any]) -> Iterator[list[Any]]:
    for row in found["arbitrage"]:
        yield [row[name] for name in _COLUMNS]


def _watch(
    args: argparse.Namespace, wanted: Watch, allowance: Allowance, fees: Mapping[str, Decimal], levels: int
) -> int:
    from rich.console import Console

    from harness.prices_table import print_arbitrage, print_left_out
    from harness.readout import readout
    from harness.sight import Look, Sight
    from harness.tracker.reading import Reading
    from harness.watching import watch

    def look(reading: Reading) -> Look:
        found = readout(reading.seen, fees, allowance)

        def draw(out: Console) -> None:
            print_left_out(out, found)
            print_arbitrage(out, found, len(found["arbitrage"]) if args.all else _ROWS, args.all)

        return Look(lambda: _kept(found), lambda: _rows(found), draw)

    names, chosen = snapshot.chosen(args, between_moneys=True)
    markets = [(name, Pair.parse(pair)) for name, pair in chosen]
    return watch(args, ways.ways_from(args), wanted, Sight(names, markets, look, _COLUMNS, levels))
