"""One snapshot of the market: every chosen pair on every chosen exchange, fetched once: from the mock, or wherever the
options say.

Before the prices the exchanges are asked what their clocks say and what they list, so that ages and halts are known;
whoever does not answer that is not asked for prices either.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import exchanges
import strategies
from exchanges.decode import decode_any
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.wire import Request
from harness import entries, options, place_options, ways
from harness.exits import EnvironmentGap, Stop
from harness.money import MONEY
from harness.one_shot import facts_of, one_shot
from harness.own_hosts import pinned_hosts
from harness.place import Place
from harness.place_options import place_from
from harness.price_answers import answers_in, lost_all, unreached
from harness.scenario import markets_for
from harness.seen import Seen
from harness.sighting import microseconds, moments_of
from harness.told import Told, told_by
from harness.usable import Market
from harness.ways import Ways, ways_from
from mock_server.process import MockFailed
from strategies.strategy import Fetched, Limits, Outcome, Strategy


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was ``seen`` by which ``strategy``; ``failures`` are sentences, one for each market that brought nothing, or
    for an exchange of which none did. ``notes`` say what could not be learnt of the exchanges' clocks and lists, and
    what was not asked for. ``place`` is where and when, as ``Place.asked`` has it."""

    seen: Seen
    failures: list[str]
    strategy: str
    notes: tuple[str, ...] = ()
    place: dict[str, Any] | None = None

    @property
    def quotes(self) -> list[Quote]:
        return [sighting.quote for sighting in self.seen.sightings]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What commands that choose their markets have in common."""
    add = parser.add_argument
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    add("--pairs", default="all", metavar="N|LIST", help="pairs of each exchange, or BTC/USD,ETH/USDT,... (all)")
    ways.add_arguments(parser)
    place_options.add_arguments(parser.add_argument_group(place_options.TITLE))


def take(args: argparse.Namespace, levels: int = 0, between_moneys: bool = False) -> Snapshot:
    """Fetch what the options ask for: quotes, or books of so many ``levels`` where an exchange has them;
    ``between_moneys``: also the markets in which one of the moneys involved is sold for another.

    Raises UsageError, PluginError, EnvironmentGap, and Stop where the strategy breaks its promises."""
    names, markets = chosen(args, between_moneys)
    # Pairs that somebody named are meant, all of them; a number of them is as many as there may be.
    may_cut = args.pairs == "all" or args.pairs.strip().isdigit()
    return fetch(args, names, markets, ways_from(args), levels, may_cut)


def chosen(args: argparse.Namespace, between_moneys: bool = False) -> tuple[list[str], list[tuple[str, str]]]:
    """The exchanges and the markets that the options choose, as ``take`` has them. Raises UsageError, PluginError,
    EnvironmentGap."""
    names = options.exchange_names(args.exchange)
    pairs = options.pairs(args.pairs if args.pairs != "all" else "1000", names)
    markets = _side_by_side(markets_for(names, pairs))
    return names, [*_between(names, markets), *markets] if between_moneys else markets


def fetch(
    args: argparse.Namespace,
    names: Sequence[str],
    markets: Sequence[tuple[str, str]],
    how: Ways,
    levels: int = 0,
    may_cut: bool = False,
) -> Snapshot:
    """Fetch these markets, each (exchange, pair), once, where the options want the exchanges called ``names`` asked.
    Raises as ``take`` does."""
    try:
        strategy = strategies.load(entries.loadable(how.strategy, how.in_flight))
    except SystemExit as error:
        raise Stop(f"strategy {how.strategy} ended the program at import: sys.exit({error.code!r})") from error
    with place_from(args, names, how) as place:
        return fetch_at(place, [(name, Pair.parse(pair)) for name, pair in markets], how, strategy, levels, may_cut)


def fetch_at(
    place: Place, markets: Sequence[Market], how: Ways, strategy: Strategy, levels: int = 0, may_cut: bool = False
) -> Snapshot:
    """Fetch these markets at a place that is open. Raises as ``take`` does."""
    asked = list(dict.fromkeys(name for name, _ in markets))
    if place.limited:  # what is refused is refused before anybody is asked
        one_shot(markets, levels, place.limited, facts_of(asked, place.limited), may_cut)
    if place.control is not None:
        try:
            place.control.begin(how.seed, hold=how.hold)
        except MockFailed as error:
            raise EnvironmentGap(str(error)) from error
    at = datetime.now(UTC)
    with pinned_hosts(place, asked, how.deadline_s) as nowhere, _opened(strategy, place, how) as outcomes_of:
        facts = facts_of([name for name in asked if name not in nowhere], place.limited)
        heard = outcomes_of(facts)
        silent = nowhere | unreached(facts, heard)
        of_themselves = _told([*zip(facts, heard, strict=True)], silent)
        open_markets, notes = _open(markets, of_themselves, silent, place)
        shot = one_shot(open_markets, levels, place.limited, facts, may_cut)
        answers = answers_in(shot.requests, outcomes_of(shot.requests), how.strategy)
        now_us = microseconds(time.monotonic())
    answers.lost |= lost_all(markets, silent)
    trading = of_themselves.trading
    halted = frozenset((name, pair) for name, pair in markets if name in trading and pair not in trading[name])
    # A clock that was made to stand still tells no age.
    clocks = of_themselves.clocks if how.hold is None else {}
    seen = Seen(answers.sightings, now_us, clocks, halted)
    said = (*of_themselves.notes, *notes, *shot.notes)
    return Snapshot(seen, answers.sentences(), how.strategy, said, place.asked(at, asked))


@contextlib.contextmanager
def _opened(strategy: Strategy, place: Place, how: Ways) -> Iterator[Callable[[Sequence[Request]], list[Outcome]]]:
    """A strategy that is open, as what takes requests to the place and brings their outcomes. Raises Stop where it
    breaks, or breaks its promises."""

    def outcomes_of(requests: Sequence[Request]) -> list[Outcome]:
        sent = [request.at(place.origins[request.exchange]) for request in requests]
        outcomes = list(fetch_all(sent)) if sent else []
        if len(outcomes) != len(requests):
            raise Stop(f"strategy {how.strategy} returned {len(outcomes)} outcomes for {len(requests)} requests")
        for outcome in outcomes:
            _check_times(outcome, how.strategy)
        return outcomes

    try:
        with strategy(Limits(how.in_flight, how.deadline_s, ca_file=place.ca_file), decode_any) as fetch_all:
            yield outcomes_of
    except Stop:
        raise
    # Whatever a guest raises: here it runs in this process. An interrupt of the user's is told in another way.
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise Stop(f"the strategy broke: {type(error).__name__}: {error}") from error


def _told(answered: Sequence[tuple[Request, Outcome]], silent: Collection[str]) -> Told:
    """What the exchanges said of themselves; of those that said nothing it is told once, where their prices are."""
    spoke = [one for one in answered if one[0].exchange not in silent]
    return told_by([request for request, _ in spoke], [outcome for _, outcome in spoke])


def _open(
    markets: Sequence[Market], told: Told, silent: Collection[str], place: Place
) -> tuple[list[Market], list[str]]:
    """The markets that are worth asking for; of an exchange whose limit counts those alone that it lists as trading:
    one that it does not know would take a whole batch with it."""
    closed: dict[str, list[str]] = {}
    found = []
    for name, pair in markets:
        if name in place.limited and name in told.trading and pair not in told.trading[name]:
            closed.setdefault(name, []).append(str(pair))
        elif name not in silent:
            found.append((name, pair))
    return found, [
        safe(f"{name}: not asked for {', '.join(pairs)}: by its own list not trading", 300)
        for name, pairs in closed.items()
    ]


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


def _check_times(outcome: Any, strategy: str) -> None:
    """Raises Stop where what a strategy calls a time is none."""
    if isinstance(outcome, Fetched):
        try:
            moments_of(outcome)
        except (ArithmeticError, TypeError, ValueError):
            found = safe(f"{outcome.started!r} and {outcome.ended!r}", 80)
            raise Stop(f"strategy {strategy} told no times: expected seconds of a clock, found {found}") from None


def report_failures(snapshot: Snapshot) -> None:
    """Say on stderr which requests brought nothing, and what is not known."""
    for sentence in (*snapshot.failures, *snapshot.notes):
        sys.stderr.write(f"fetchrace: {sentence}\n")


def report_place(snapshot: Snapshot) -> None:
    """Say on stderr where and when real exchanges were asked, for what has no room for it on stdout."""
    if snapshot.place is not None and snapshot.place["real"]:
        sys.stderr.write(f"fetchrace: {safe(snapshot.place['sentence'], 1000)}\n")
