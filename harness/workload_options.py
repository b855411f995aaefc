"""The options that say what a request brings, and from whom: for each workload its depth, its listing, its markets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import exchanges
from exchanges.errors import safe
from exchanges.pair import Pair
from harness import options
from harness.exits import UsageError
from harness.scenario import WORKLOADS, markets_for
from harness.sweep import listed
from mock_server.options import MOST_LISTED

_RACED: Final = "binance,coinbase,kraken"
"""By default: few and always the same, so that another exchange does not make every race another one."""
_LEVELS: Final = 100
_LISTED: Final = 3000


@dataclass(frozen=True, slots=True)
class Work:
    """One workload with what it needs: the fields of a Scenario that have the same names."""

    workload: str
    levels: int
    listed: int
    markets: tuple[tuple[str, str], ...]

    @property
    def exchanges(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(exchange for exchange, _ in self.markets))

    @property
    def turns(self) -> int:
        """How many requests ask for each market once."""
        return len(self.exchanges if self.workload == "markets" else self.markets)


def add_arguments(parser: options.TakesOptions) -> None:
    add = parser.add_argument
    add(
        "-x",
        "--exchange",
        default=_RACED,
        metavar="NAMES",
        help=f"exchanges, comma-separated, or all, or FILE.py:NAME ({_RACED})",
    )
    add("--pairs", default="5", metavar="N|LIST", help="pairs of each exchange, or BTC/USD,ETH/USDT,... (5)")
    add(
        "--workload",
        default="tickers",
        metavar="WHAT,...",
        help="what a request brings: tickers, books, or markets: all tickers of an exchange in one body (tickers)",
    )
    add("--levels", metavar="N", help=f"depth of a book on each side, with --workload books ({_LEVELS})")
    add(
        "--listed",
        metavar="N",
        help=f"markets that an exchange lists at least, invented ones included (its own; {_LISTED:,} with markets)",
    )


def works_from(args: argparse.Namespace) -> list[Work]:
    """The workloads of the options, in their order. Exchanges that cannot serve one are left out of it, and told.

    Raises:
        UsageError: with a sentence for what makes no sense.
    """
    workloads = listed("--workload", args.workload, _workload)
    if args.levels is not None and "books" not in workloads:
        raise UsageError(
            f"--levels is the depth of a book: expected --workload books with it, found {','.join(workloads)}"
        )
    levels = _LEVELS if args.levels is None else options.count("--levels", args.levels)
    most = None if args.listed is None else options.count("--listed", args.listed, MOST_LISTED)
    names = options.exchange_names(args.exchange)
    able = {workload: _able(names, workload, levels, len(workloads) > 1) for workload in workloads}
    pairs = options.pairs(args.pairs, [name for name in names if any(name in found for found in able.values())])
    return [
        Work(
            workload,
            levels if workload == "books" else 0,
            most if most is not None else _LISTED if workload == "markets" else 0,
            _markets(able[workload], pairs, workload),
        )
        for workload in workloads
    ]


def _workload(word: str) -> str:
    if word.strip() not in WORKLOADS:
        raise UsageError(f"--workload: expected {', '.join(WORKLOADS)}, found {safe(word, 40)!r}")
    return word.strip()


def _markets(names: Sequence[str], pairs: Sequence[Pair] | int, workload: str) -> tuple[tuple[str, str], ...]:
    """Of pairs that some exchange lists, one that has this workload may list none."""
    found = markets_for(names, pairs)
    if not found:
        raise UsageError(f"no exchange that can serve --workload {workload} lists any of the chosen pairs")
    return found


def _able(names: Sequence[str], workload: str, levels: int, is_one_of_several: bool) -> list[str]:
    """The exchanges that have the workload; the others are left out, and told.

    Raises:
        UsageError: none has it.
    """
    lacking = {name: lack for name in names if (lack := _lack(name, workload, levels))}
    if len(lacking) == len(names):
        raise UsageError(f"no chosen exchange can serve --workload {workload}: {'; '.join(lacking.values())}")
    of = f" of {workload}" if is_one_of_several else ""
    for lack in lacking.values():
        sys.stderr.write(f"fetchrace: {safe(lack, 200)}; it is left out{of}\n")
    return [name for name in names if name not in lacking]


def _lack(name: str, workload: str, levels: int) -> str | None:
    exchange = exchanges.load(name)
    if workload == "books" and levels > exchange.most_levels:
        return f"{name} gives books of at most {exchange.most_levels} levels, {levels} were asked for"
    if workload == "markets" and exchange.market_request() is None:
        return f"{name} has no request that brings all its markets"
    return None
