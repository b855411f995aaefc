"""The options that make a scenario, and the scenario that they make: all that can be wrong is found here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import exchanges
from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import bytes_from, text_from_bytes
from harness import options
from harness.body_size import body_sizes
from harness.exits import UsageError
from harness.scenario import WORKLOADS, Scenario, markets_for
from mock_server.conditions import Latency
from mock_server.faults import Faults
from mock_server.options import MOST_LISTED

_LEVELS = 100
_LISTED = 3000
_ALMOST_NONE = 1e-3
_GROWTH = 1.02
"""Prices gain and lose digits as they move."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is fetched, and under which conditions."""
    add = parser.add_argument
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    add("--pairs", default="5", metavar="N|LIST", help="pairs of each exchange, or BTC/USD,ETH/USDT,... (5)")
    add("--requests", default="40", metavar="N", help="requests in a batch; markets repeat (40)")
    add("-c", "--concurrency", default="20", metavar="N", help="requests in flight (20)")
    add(
        "--workload",
        default="tickers",
        metavar="WHAT",
        help="what a request brings: tickers, books, or markets: all tickers of an exchange in one body (tickers)",
    )
    add("--levels", metavar="N", help=f"depth of a book on each side, with --workload books ({_LEVELS})")
    add(
        "--listed",
        metavar="N",
        help=f"markets that an exchange lists at least, invented ones included (its own; {_LISTED:,} with markets)",
    )
    add(
        "--latency",
        default="20ms",
        metavar="D",
        help="20ms, lognormal:20ms,200ms, profile:FILE, ...; per exchange: 20ms;kraken=uniform:10ms,30ms (20ms)",
    )
    add(
        "--faults",
        default="",
        metavar="SPEC",
        help="[EXCHANGE:]NAME[@PROBABILITY],..., such as kraken:stall-body@0.05; all: python -m mock_server.faults",
    )
    add("--tls", action="store_true", help="over https, with a certificate authority of the mock's own")
    add("--seed", default="7", metavar="N", help="for the order, the delays, the faults and the prices (7)")
    add("--deadline", default="10s", metavar="D", help="for one request, from its turn to its whole body (10s)")
    add("--max-body", default="4MiB", metavar="SIZE", help="largest decoded body (4MiB)")


def scenarios_from(args: argparse.Namespace, blocks: int, warm: int) -> list[Scenario]:
    """The scenarios of the options, one for each combination of the lists among them, in the order of the lists; what
    is left out of them is told on stderr. Their baseline is still to be named.

    Raises:
        UsageError: with a sentence for what makes no sense.
    """
    return [scenario_from(args, blocks, warm)]


def scenario_from(args: argparse.Namespace, blocks: int, warm: int) -> Scenario:
    """The scenario of the options; what is left out of it is told on stderr. Its baseline is still to be named.

    Raises:
        UsageError: with a sentence for what makes no sense.
    """
    workload = args.workload
    if workload not in WORKLOADS:
        raise UsageError(f"--workload: expected {', '.join(WORKLOADS)}, found {safe(workload, 40)!r}")
    levels = _levels(args.levels, workload)
    listed = _LISTED if workload == "markets" else 0
    listed = listed if args.listed is None else options.count("--listed", args.listed, MOST_LISTED)
    names = _able(options.exchange_names(args.exchange), workload, levels)
    markets = markets_for(names, options.pairs(args.pairs, names))
    names = list(dict.fromkeys(name for name, _ in markets))
    deadline_s = options.deadline(args.deadline)
    found = Scenario(
        name="quick",
        markets=markets,
        requests=options.count("--requests", args.requests),
        concurrency=options.count("--concurrency", args.concurrency),
        latency=_latency(args.latency, names, deadline_s, args.deadline),
        blocks=blocks,
        warm=warm,
        seed=options.read("--seed", args.seed, int),
        deadline_s=deadline_s,
        max_body=int(options.positive("--max-body", options.read("--max-body", args.max_body, bytes_from))),
        baseline="",
        workload=workload,
        levels=levels,
        listed=listed,
        faults=_faults(args.faults, names, args.tls),
        tls=args.tls,
    )
    _has_room(found, args.max_body)
    return found


def with_baseline(scenario: Scenario, asked: str | None, names: Sequence[str]) -> Scenario:
    """The scenario with the baseline that was asked for, else ``sequential``, else the first of the arms ``names``."""
    if asked is not None and asked not in names:
        raise UsageError(f"--baseline {asked!r} is not in the race{nearest(asked, names)}")
    baseline = asked or ("sequential" if "sequential" in names else names[0])
    return Scenario.from_json({**scenario.to_json(), "baseline": baseline})


def _has_room(scenario: Scenario, max_body: str) -> None:
    """Every request would fail where the limit leaves no room for a body."""
    for name, size in body_sizes(scenario).items():
        if size * _GROWTH > scenario.max_body:
            of = f" with {scenario.listed:,} markets" if scenario.workload == "markets" else ""
            raise UsageError(
                f"--max-body: a body of {name}{of} has about {text_from_bytes(size)}, expected more than that, found "
                f"{safe(max_body, 40)}{'; or try fewer --listed' if of else ''}"
            )


def _levels(text: str | None, workload: str) -> int:
    if workload != "books":
        if text is not None:
            raise UsageError(f"--levels is the depth of a book: expected --workload books with it, found {workload}")
        return 0
    return _LEVELS if text is None else options.count("--levels", text)


def _able(names: list[str], workload: str, levels: int) -> list[str]:
    """The exchanges that have the workload; the others are left out, and told.

    Raises:
        UsageError: none has it.
    """
    lacking = {name: lack for name in names if (lack := _lack(name, workload, levels))}
    if len(lacking) == len(names):
        raise UsageError(f"no chosen exchange can serve --workload {workload}: {'; '.join(lacking.values())}")
    for lack in lacking.values():
        sys.stderr.write(f"fetchrace: {safe(lack, 200)}; it is left out\n")
    return [name for name in names if name not in lacking]


def _lack(name: str, workload: str, levels: int) -> str | None:
    exchange = exchanges.load(name)
    if workload == "books" and levels > exchange.most_levels:
        return f"{name} gives books of at most {exchange.most_levels} levels, {levels} were asked for"
    if workload == "markets" and exchange.market_request() is None:
        return f"{name} has no request that brings all its markets"
    return None


def _latency(text: str, names: Sequence[str], deadline_s: float, deadline: str) -> str:
    latency = options.read("--latency", text, lambda text: Latency.parse(text, names))
    for name in names:
        if latency.of(name).quantile(_ALMOST_NONE) >= deadline_s:
            whom = "" if len(latency.by_exchange) == 0 else f" to {name}"
            raise UsageError(
                f"--latency {latency.of(name)} leaves no request{whom} a chance before the --deadline of {deadline}"
            )
    return str(latency)


def _faults(text: str, names: Sequence[str], tls: bool) -> str:
    faults = options.read("--faults", text, lambda text: Faults.parse(text, names)) if text.strip() else None
    if faults is None:
        return ""
    for name in names:
        broken = faults.tls(name)
        if broken is not None and not tls:
            raise UsageError(f"--faults: {name} is to have a certificate that is {broken}, expected --tls with that")
    return str(faults)
