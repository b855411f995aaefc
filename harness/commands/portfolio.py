"""``portfolio``: what somebody's holdings are worth now, by whose prices, and what they have gained."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exchanges.errors import safe
from harness import allowance_options, configuration, options, place_options, snapshot, watch_options, ways
from harness.configuration import Configuration
from harness.exits import DONE, FAILURES, UsageError
from harness.seen import Seen
from harness.snapshot import Snapshot
from harness.watch_options import Watch

if TYPE_CHECKING:
    from harness.allowance import Allowance
    from harness.usable import LeftOut
    from harness.valuation import Valuation

FILE_NAME: Final = "portfolio.toml"
_SAMPLE: Final = "portfolio.sample.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="a TOML file (the configuration's, else your own portfolio.toml)")
    add("--sample", action="store_true", help="print a file to begin with, and do nothing else")
    add("--total", action="store_true", help="print the total value, one number, and nothing else")
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    configuration.add_argument(parser)
    allowance_options.add_age(parser)
    ways.add_arguments(parser)
    place_options.add_arguments(parser.add_argument_group(place_options.TITLE))
    watch_options.add_arguments(parser.add_argument_group(watch_options.TITLE))


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Print what the portfolio is worth; 1 if a request failed or a holding could not be valued (the others are
    printed)."""
    if args.sample:
        sys.stdout.write(resources.files("harness").joinpath(_SAMPLE).read_text(encoding="utf-8"))
        return DONE
    import exchanges
    from harness.needed_pairs import needed_pairs
    from harness.portfolio import read_portfolio
    from harness.scenario import markets_for
    from harness.usable import sorted_out
    from harness.valuation import valuation_of

    if args.total and (args.json or args.csv):
        raise UsageError("--total prints one number and nothing else: leave out --json and --csv")
    wanted, allowance, how = watch_options.watch_from(args), allowance_options.age_from(args), ways.ways_from(args)
    names, configured = options.exchange_names(args.exchange), configuration.read(args.config)
    configuration.fees_for(names, configured)  # they count for nothing here; a fee of nobody's is told all the same
    # Wherever something may lie is known, asked or not.
    portfolio = read_portfolio(_file(args.file, configured), {*names, *exchanges.names()})
    listed = {name: [one.pair for one in exchanges.load(name).instruments] for name in names}
    pairs = needed_pairs(portfolio.codes, portfolio.currency, [pair for each in listed.values() for pair in each])
    markets = markets_for(names, pairs)

    def valued(seen: Seen, allowance: Allowance) -> tuple[Valuation, list[LeftOut]]:
        usable, left_out = sorted_out(seen.sightings, seen.clocks, seen.halted, seen.now_us, allowance)
        return valuation_of(portfolio, usable.values(), left_out, listed), left_out

    if wanted is not None:
        lasting = watch_options.lasting(args, allowance, wanted)
        return _watch(args, wanted, names, markets, lambda seen: valued(seen, lasting))
    nothing = Snapshot(Seen([], 0, {}), [], how.strategy)
    # What an exchange's limit leaves no room for is told; others' prices may do in its place.
    taken = snapshot.fetch(args, names, markets, how, may_cut=True) if markets else nothing
    found, left_out = valued(taken.seen, allowance)
    _print(args, found, left_out, taken)
    if args.total or args.csv:
        snapshot.report_place(taken)
    if args.total or args.json or args.csv:
        for sentence in _missing(found):
            sys.stderr.write(f"fetchrace: {sentence}\n")
    snapshot.report_failures(taken)
    return FAILURES if taken.failures or found.unvalued else DONE


def _print(args: argparse.Namespace, found: Valuation, left_out: Sequence[LeftOut], taken: Snapshot) -> None:
    if args.total:
        sys.stdout.write(_total(found) + "\n")
    elif args.json:
        from harness.portfolio_rows import portfolio_document

        document = {"strategy": taken.strategy, "place": taken.place, **portfolio_document(found, left_out)}
        document |= {"notes": list(taken.notes), "failures": taken.failures}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif args.csv:
        from harness.portfolio_rows import COLUMNS, portfolio_rows
        from harness.store import csv_text

        sys.stdout.write(csv_text([COLUMNS, *portfolio_rows(found, left_out)]))
    else:
        from harness.portfolio_table import print_portfolio
        from harness.prices_table import print_place
        from harness.terminal import console

        print_portfolio(console(), found, left_out, taken.strategy)
        print_place(console(), taken.place)


def _total(found: Valuation) -> str:
    from harness.exact_text import rounded_text
    from harness.money import places_of

    return rounded_text(found.total.value, places_of(found.currency))


def _missing(found: Valuation) -> list[str]:
    return [f"not valued: {safe(str(one.holding))}: {safe(one.reason, 300)}" for one in found.unvalued]


def _watch(
    args: argparse.Namespace,
    wanted: Watch,
    names: Sequence[str],
    markets: Sequence[tuple[str, str]],
    valued: Callable[[Seen], tuple[Valuation, list[LeftOut]]],
) -> int:
    from rich.console import Console

    from exchanges.pair import Pair
    from harness.portfolio_rows import COLUMNS, portfolio_document, portfolio_rows
    from harness.portfolio_table import print_portfolio
    from harness.sight import Look, Sight
    from harness.tracker.reading import Reading
    from harness.watching import watch

    if not markets:
        raise UsageError("--watch: no exchange that is asked has a market that this portfolio is valued by")

    def look(reading: Reading) -> Look:
        found, left_out = valued(reading.seen)

        def draw(out: Console) -> None:
            print_portfolio(out, found, left_out, reading.strategy)

        return Look(
            lambda: portfolio_document(found, left_out), lambda: portfolio_rows(found, left_out), draw,
            _total(found), _missing(found),
        )  # fmt: skip

    asked = [(name, Pair.parse(pair)) for name, pair in markets]
    return watch(args, ways.ways_from(args), wanted, Sight(names, asked, look, COLUMNS))


def _file(named: str | None, configured: Configuration) -> Path:
    """The file that was named, else the configuration's, else the user's own."""
    from harness.toml_file import shown

    if named == "":
        raise UsageError("expected a portfolio file, found ''")
    if named is not None:
        return Path(named)
    if configured.portfolio is not None:
        return configured.portfolio
    own = configuration.folder() / FILE_NAME
    if not own.exists():
        raise UsageError(
            f"no portfolio: none was named, and there is none at {shown(own)}; "
            "get a sample with: python -m harness portfolio --sample > portfolio.toml"
        )
    return own
