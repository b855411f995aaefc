"""One snapshot of the market: every chosen pair on every chosen exchange, fetched once from the mock.

Before the prices the exchanges are asked what their clocks say and what they list, so that ages and halts are known.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import exchanges
import strategies
from exchanges.book import Book
from exchanges.decode import decode_any
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.wire import Request
from harness import entries, options, ways
from harness.book_rows import best_of
from harness.exits import EnvironmentGap, Stop
from harness.money import MONEY
from harness.scenario import markets_for
from harness.seen import Seen
from harness.sighting import Sighting, microseconds, moments_of
from harness.told import requests_to, told_by
from harness.ways import Ways, ways_from
from mock_server.process import Control, MockFailed, running
from strategies.strategy import Failed, Fetch, Fetched, Limits, Outcome, Strategy


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was ``seen`` by which ``strategy``; ``failures`` are sentences, one for each market that brought nothing,
    and ``notes`` what could not be learnt of the exchanges' clocks and lists."""

    seen: Seen
    failures: list[str]
    strategy: str
    notes: tuple[str, ...] = ()

    @property
    def quotes(self) -> list[Quote]:
        return [sighting.quote for sighting in self.seen.sightings]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What commands that choose their markets have in common."""
    add = parser.add_argument
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    add("--pairs", default="all", metavar="N|LIST", help="pairs of each exchange, or BTC/USD,ETH/USDT,... (all)")
    ways.add_arguments(parser)


def take(args: argparse.Namespace, levels: int = 0, between_moneys: bool = False) -> Snapshot:
    """Fetch what the options ask for: quotes, or books of so many ``levels`` where an exchange has them;
    ``between_moneys``: also the markets in which one of the moneys involved is sold for another.

    Raises UsageError, PluginError, EnvironmentGap, and Stop where the strategy breaks its promises."""
    names = options.exchange_names(args.exchange)
    pairs = options.pairs(args.pairs if args.pairs != "all" else "1000", names)
    how = ways_from(args)
    markets = _side_by_side(markets_for(names, pairs))
    return fetch((*_between(names, markets), *markets) if between_moneys else markets, how, levels)


def fetch(markets: Sequence[tuple[str, str]], how: Ways, levels: int = 0) -> Snapshot:
    """Fetch these markets, each (exchange, pair), once. Raises as ``take`` does."""
    try:
        strategy = strategies.load(entries.loadable(how.strategy, how.in_flight))
    except SystemExit as error:
        raise Stop(f"strategy {how.strategy} ended the program at import: sys.exit({error.code!r})") from error
    names = list(dict.fromkeys(name for name, _ in markets))
    facts = [request for name in names for request in requests_to(name)]
    prices = [_price_request(name, Pair.parse(pair), levels) for name, pair in markets]
    try:
        told, brought, now_us = _fetch(names, facts, prices, strategy, how)
    except MockFailed as error:
        raise EnvironmentGap(str(error)) from error
    for outcomes, requests in ((told, facts), (brought, prices)):
        if len(outcomes) != len(requests):
            raise Stop(f"strategy {how.strategy} returned {len(outcomes)} outcomes for {len(requests)} requests")
        for outcome in outcomes:
            _check_times(outcome, how.strategy)
    sightings: list[Sighting] = []
    failures: list[str] = []
    for request, outcome in zip(prices, brought, strict=True):
        found = _sighting_in(request, outcome, how.strategy)
        if isinstance(found, str):
            failures.append(found)
        else:
            sightings.append(found)
    of_themselves = told_by(facts, told)
    wanted = [(name, Pair.parse(pair)) for name, pair in markets]
    trading = of_themselves.trading
    halted = frozenset((name, pair) for name, pair in wanted if name in trading and pair not in trading[name])
    # A clock that was made to stand still tells no age.
    clocks = of_themselves.clocks if how.hold is None else {}
    seen = Seen(sightings, now_us, clocks, halted)
    return Snapshot(seen, failures, how.strategy, of_themselves.notes)


def _side_by_side(markets: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same markets, those of an asset one after the other, so that what is to be compared is asked for at once."""
    by_asset: dict[str, list[tuple[str, str]]] = {}
    for name, pair in markets:
        by_asset.setdefault(Pair.parse(pair).base, []).append((name, pair))
    return [market for several in by_asset.values() for market in several]


def _between(names: Sequence[str], markets: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The markets between the moneys of others, of those that are not among them."""
    have = set(markets)
    moneys = {Pair.parse(pair).quote for _, pair in have} & MONEY
    found = [
        (name, str(one.pair))
        for name in names
        for one in exchanges.load(name).instruments
        if {one.pair.base, one.pair.quote} <= moneys
    ]
    return [market for market in found if market not in have]


def _price_request(name: str, pair: Pair, levels: int) -> Request:
    exchange = exchanges.load(name)
    deep = min(levels, exchange.most_levels)
    return exchange.book_request_for(pair, deep) if deep else exchange.request_for(pair)


def _fetch(
    names: Sequence[str], facts: Sequence[Request], prices: Sequence[Request], strategy: Strategy, how: Ways
) -> tuple[list[Outcome], list[Outcome], int]:
    with running(list(names), how.latency, how.seed) as mock, Control(mock) as control:
        control.begin(how.seed, hold=how.hold)
        try:
            with strategy(Limits(how.in_flight, how.deadline_s), decode_any) as fetch_all:
                told, brought = (_answers(fetch_all, requests, mock.origins) for requests in (facts, prices))
                return told, brought, microseconds(time.monotonic())
        # Whatever a guest raises: here it runs in this process. An interrupt of the user's is told in another way.
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise Stop(f"the strategy broke: {type(error).__name__}: {error}") from error


def _answers(fetch_all: Fetch, requests: Sequence[Request], origins: Mapping[str, str]) -> list[Outcome]:
    return list(fetch_all([request.at(origins[request.exchange]) for request in requests])) if requests else []


def _check_times(outcome: Any, strategy: str) -> None:
    """Raises Stop where what a strategy calls a time is none."""
    if isinstance(outcome, Fetched):
        try:
            moments_of(outcome)
        except (ArithmeticError, TypeError, ValueError):
            found = safe(f"{outcome.started!r} and {outcome.ended!r}", 80)
            raise Stop(f"strategy {strategy} told no times: expected seconds of a clock, found {found}") from None


def _sighting_in(request: Request, outcome: Any, strategy: str) -> Sighting | str:
    """What one answer brought, or why it brought nothing."""
    name, pair = request.exchange, request.pairs[0]
    book: Book | None = None
    match outcome:
        case Failed(kind, detail):
            return safe(f"{name} {pair}: {kind}: {detail}", 300)
        case Fetched((Quote() as quote,)):
            pass
        case Fetched(Book() as book):
            best = best_of(book)
            if best is None:
                return safe(f"{name} {pair}: bad_value: one-sided, its book has {_sides(book)}", 300)
            quote = best
        case _:
            raise Stop(f"strategy {strategy} returned no quote for {name} {pair}, and no failure either")
    if (quote.exchange, quote.pair) != (name, pair):
        return safe(f"{name} {pair}: schema: the answer was read as one of {quote.exchange} {quote.pair}", 300)
    return Sighting(quote, *moments_of(outcome), book)


def _sides(book: Book) -> str:
    return "no bids" if not book.bids and book.asks else "no asks" if book.bids else "neither bids nor asks"


def report_failures(snapshot: Snapshot) -> None:
    """Say on stderr which requests brought nothing, and what is not known."""
    for sentence in (*snapshot.failures, *snapshot.notes):
        sys.stderr.write(f"fetchrace: {sentence}\n")
