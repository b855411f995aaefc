"""One snapshot of the market: every chosen pair on every chosen exchange, fetched once from the mock."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import exchanges
import strategies
from exchanges.decode import decode_quotes
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness import entries, options
from harness.exits import EnvironmentGap, Stop
from harness.scenario import markets_for
from mock_server.conditions import Latency
from mock_server.market import time_us_at
from mock_server.process import Control, MockFailed, running
from strategies.strategy import Failed, Fetched, Limits, Outcome, Strategy


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``quotes`` in hand; ``failures`` are sentences, one for each request that brought none. ``now_us`` is what the
    exchanges' clocks said when all of it was in hand, in microseconds since 1970 (UTC)."""

    quotes: list[Quote]
    failures: list[str]
    strategy: str
    now_us: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``prices`` and ``arbitrage`` have in common."""
    add = parser.add_argument
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    add("--pairs", default="all", metavar="N|LIST", help="pairs of each exchange, or BTC/USD,ETH/USDT,... (all)")
    add("-s", "--strategy", default="asyncio-aiohttp", metavar="NAME", help="how to fetch them (asyncio-aiohttp)")
    add("-c", "--concurrency", default="20", metavar="N", help="requests in flight (20)")
    add("--latency", default="20ms", metavar="D", help="of the mock server (20ms)")
    add("--seed", default="7", metavar="N", help="of the mock's market (7)")
    add("--deadline", default="10s", metavar="D", help="for one request (10s)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document on stdout")
    form.add_argument("--csv", action="store_true", help="rows on stdout")


def take(args: argparse.Namespace) -> Snapshot:
    """Fetch what the options ask for. Raises UsageError, PluginError, EnvironmentGap, and Stop where the strategy
    breaks its promises."""
    names = options.exchange_names(args.exchange)
    pairs = options.pairs(args.pairs if args.pairs != "all" else "1000", names)
    seed = options.read("--seed", args.seed, int)
    latency = str(options.read("--latency", args.latency, Latency.parse))
    in_flight = options.count("--concurrency", args.concurrency)
    deadline_s = options.deadline(args.deadline)
    try:
        strategy = strategies.load(entries.loadable(args.strategy, in_flight))
    except SystemExit as error:
        raise Stop(f"strategy {args.strategy} ended the program at import: sys.exit({error.code!r})") from error
    markets = markets_for(names, pairs)
    try:
        outcomes, now_us = _fetch(markets, strategy, Limits(in_flight, deadline_s), latency, seed)
    except MockFailed as error:
        raise EnvironmentGap(str(error)) from error
    if len(outcomes) != len(markets):
        raise Stop(f"strategy {args.strategy} returned {len(outcomes)} outcomes for {len(markets)} requests")
    quotes, failures = [], []
    for (name, pair), outcome in zip(markets, outcomes, strict=True):
        match outcome:
            case Fetched(tuple(found)) if all(isinstance(quote, Quote) for quote in found):
                quotes += list(found)
            case Failed(kind, detail):
                failures.append(safe(f"{name} {pair}: {kind}: {detail}", 300))
            case _:
                raise Stop(f"strategy {args.strategy} returned no quote for {name} {pair}, and no failure either")
    return Snapshot(quotes, failures, args.strategy, now_us)


def _fetch(
    markets: Sequence[tuple[str, str]], strategy: Strategy, limits: Limits, latency: str, seed: int
) -> tuple[list[Outcome], int]:
    with running(list(dict.fromkeys(name for name, _ in markets)), latency, seed) as mock:
        requests = [exchanges.load(name).request_for(Pair.parse(pair)).at(mock.origins[name]) for name, pair in markets]
        with Control(mock) as control:
            control.begin(seed)
            began = time.monotonic()
            try:
                with strategy(limits, decode_quotes) as fetch:
                    return list(fetch(requests)), time_us_at(time.monotonic() - began)
            except (Exception, SystemExit) as error:  # whatever a guest raises: here it runs in this process
                raise Stop(f"the strategy broke: {type(error).__name__}: {error}") from error


def report_failures(snapshot: Snapshot) -> None:
    """Say on stderr which requests brought nothing."""
    for sentence in snapshot.failures:
        sys.stderr.write(f"fetchrace: {sentence}\n")
