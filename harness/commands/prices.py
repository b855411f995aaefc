"""``prices``: the best bid and ask of every pair across the exchanges, once or again and again; or what was kept."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import exchanges
from exchanges.pair import Pair
from harness import allowance_options, history_options, options, snapshot, watch_options, ways
from harness.allowance import Allowance
from harness.exits import DONE, FAILURES, UsageError
from harness.watch_options import Watch

_COLUMNS: Final = (
    "exchange", "pair", "bid", "ask", "last", "bid_size", "ask_size", "time_us", "age_low_us", "age_high_us", "age_by"
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    snapshot.add_arguments(parser)
    allowance_options.add_age(parser)
    parser.add_argument("--each", action="store_true", help="every quote of every exchange, not the best ones alone")
    lasting = parser.add_argument_group(watch_options.TITLE)
    watch_options.add_arguments(lasting)
    history_options.add_reading(lasting)


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print prices; 1 if a request failed (the others are printed)."""
    from harness.readout import readout
    from harness.store import csv_text

    wanted = watch_options.watch_from(args)
    if args.history:
        return _print_history(args)
    allowance = allowance_options.age_from(args)
    fees = {name: exchanges.load(name).taker_fee for name in options.exchange_names(args.exchange)}
    if wanted is not None:
        return _watch(args, wanted, watch_options.lasting(args, allowance, wanted), fees)
    taken = snapshot.take(args)
    found = readout(taken.seen, fees, allowance)
    if args.json:
        document = {"strategy": taken.strategy, "place": taken.place, **found, "notes": list(taken.notes)}
        document["failures"] = taken.failures
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif args.csv:
        sys.stdout.write(csv_text([_COLUMNS, *_rows(found)]))
        snapshot.report_place(taken)
    else:
        from harness.console import console
        from harness.prices_table import print_place, print_prices, print_quotes

        (print_quotes if args.each else print_prices)(console(), found, taken.strategy)
        print_place(console(), taken.place)
    snapshot.report_failures(taken)
    return FAILURES if taken.failures else DONE


def _rows(found: Mapping[str, Any]) -> Iterator[list[Any]]:
    for row in found["quotes"]:
        yield [*(row[name] for name in _COLUMNS[:8]), *row["age_us"], row["age_by"]]


def _watch(args: argparse.Namespace, wanted: Watch, allowance: Allowance, fees: Mapping[str, Decimal]) -> int:
    from rich.console import Console

    from harness.prices_table import print_left_out, print_prices
    from harness.reading_table import print_known
    from harness.readout import prices_readout
    from harness.sight import Look, Sight
    from harness.tracker.reading import Reading
    from harness.watching import watch

    def look(reading: Reading) -> Look:
        found = prices_readout(reading.seen, fees, allowance)

        def draw(out: Console) -> None:
            if args.each:
                print_known(out, reading)
                print_left_out(out, found)
            else:
                print_prices(out, found, reading.strategy)

        return Look(lambda: found, lambda: _rows(found), draw)

    names, chosen = snapshot.chosen(args)
    markets = [(name, Pair.parse(pair)) for name, pair in chosen]
    return watch(args, ways.ways_from(args), wanted, Sight(names, markets, look, _COLUMNS))


def _print_history(args: argparse.Namespace) -> int:
    from harness.history_readout import print_history

    if args.each:
        raise UsageError("--each is for prices that are fetched; --history has every quote anyway")
    wanted = history_options.wanted_from(args, datetime.now(UTC))
    path = history_options.path_from(args)
    if path is None:
        raise UsageError("--db off keeps no history, so that there is none to show")
    form = "json" if args.json else "csv" if args.csv else "table"
    print_history(path, wanted, form, named=args.db is not None)
    return DONE
