"""What a batch was worth to whoever decides by it: how old and how far apart its prices are, and what they hide.

A trader holds the whole batch and acts at the moment of *use*, when it is in hand. By then some of its signals are not
there any more, or never were, because its prices never stood side by side: *phantoms*. And some that are there are not
among its signals: *missed*. What is there the mock's market tells, whose formula knows every price of every moment.

Laws: in a market that stands still there are no phantoms and none are missed, to the last one. Along a line prices of
one pair come apart by the slope times the time between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import permutations
from statistics import fmean
from typing import Any, Final

import exchanges
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.proportion import share_over_clusters
from harness.scenario import Scenario
from harness.signal import signals
from harness.statistics import median, quantile
from mock_server.market import Market

_COUNTS: Final = ("signalled", "phantom", "present", "missed")
_LONGEST: Final = 400
"""Of a price in text: what a guest may have put into its place is no price, and need not be read."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Of one batch. Seconds on the market's clock: ``skew_s`` from the first to the last price of the snapshot, which
    has the newest of each market, ``age_s`` and ``age_p95_s`` how old they are at use. ``signalled`` are the signals in
    hand, ``phantom`` those of them that are not there at use; ``present`` those that are there, among all markets that
    were asked for, ``missed`` those of them that are not in hand. ``gap_bps`` is the largest difference between two
    exchanges, in basis points, that the fetching alone made up. The times are None where no price is in hand: nothing
    is not fresh. The counts are None where no pair was asked for on two exchanges, ``gap_bps`` where none is in hand
    from two."""

    skew_s: float | None = None
    age_s: float | None = None
    age_p95_s: float | None = None
    signalled: int | None = None
    phantom: int | None = None
    present: int | None = None
    missed: int | None = None
    gap_bps: float | None = None


def decision_of(
    record: Mapping[str, Any], log: Sequence[Mapping[str, Any]], scenario: Scenario, market: Market
) -> Decision:
    """The decision cost of one batch, from what was in hand, the server's log and the true market."""
    at_s = used_at(record)
    snapshot = _newest(record["outcomes"], log, scenario)
    times = [priced_at for priced_at, _ in snapshot.values()]
    ages = [at_s - at for at in times]
    timed = Decision()
    if ages:
        timed = Decision(max(times) - min(times), fmean(ages), quantile(ages, 0.95))
    compared = _compared(scenario)
    if not compared:
        return timed
    venues = {name: exchanges.load(name) for name in scenario.exchanges}
    true = {place: market.quote(venues[place[0]], place[1], at_s) for place in compared}
    held = {place: quote for place, (_, quote) in snapshot.items() if place in true}
    fees = {name: venue.taker_fee for name, venue in venues.items()}
    signalled, present = signals(held.values(), fees), signals(true.values(), fees)
    return replace(
        timed, signalled=len(signalled), phantom=len(signalled - present), present=len(present),
        missed=len(present - signalled), gap_bps=_gap_bps(held, true),
    )  # fmt: skip


def used_at(record: Mapping[str, Any]) -> float:
    """When a batch was in hand, in seconds on the market's clock."""
    return float(record["began"] + record["time_s"] - record["server"]["batch"]["began"])


def numbers_of_decisions(blocks: Sequence[Sequence[Decision]]) -> dict[str, Any]:
    """Those of an arm for run.json, from its warm batches by block: times and the gap are medians over blocks of the
    medians in them (null where no batch has any), counts are sums. ``phantom_share`` and ``missed_share`` are null
    where there is nothing to be a share of."""
    every = [one for decisions in blocks for one in decisions]
    found: dict[str, Any] = {name: _typical(blocks, name) for name in ("skew_s", "age_s", "age_p95_s", "gap_bps")}
    if any(one.signalled is None for one in every):
        return {**found, **dict.fromkeys((*_COUNTS, "phantom_share", "missed_share"))}
    found |= {name: _sum(every, name) for name in _COUNTS}
    for name, part, whole in (("phantom_share", "phantom", "signalled"), ("missed_share", "missed", "present")):
        share = share_over_clusters([(_sum(decisions, part), _sum(decisions, whole)) for decisions in blocks])
        found[name] = None if share is None else asdict(share)
    return found


def _sum(decisions: Iterable[Decision], name: str) -> int:
    return sum(getattr(one, name) for one in decisions)


def _typical(blocks: Iterable[Iterable[Decision]], name: str) -> float | None:
    by_block = ([getattr(one, name) for one in decisions if getattr(one, name) is not None] for decisions in blocks)
    medians = [median(values) for values in by_block if values]
    return median(medians) if medians else None


def _newest(
    outcomes: Sequence[Mapping[str, Any]], log: Sequence[Mapping[str, Any]], scenario: Scenario
) -> dict[tuple[str, Pair], tuple[float, Quote]]:
    """The newest quote of each market that is in hand, and when it was priced. What failed brought none."""
    priced = {row["index"]: row["priced_at"] for row in log}
    turns, known = scenario.turns, _pairs(scenario)
    found: dict[tuple[str, Pair], tuple[float, Quote]] = {}
    for index, outcome in enumerate(outcomes[: scenario.requests]):
        priced_at = priced.get(index)
        if "kind" in outcome or priced_at is None:
            continue
        name, wanted = turns[index % len(turns)]
        for pair, bid, ask in _prices(outcome.get("quotes"), name, wanted):
            place = name, known[pair]
            if place not in found or found[place][0] <= priced_at:
                found[place] = priced_at, Quote(name, known[pair], bid, ask)
    return found


def _prices(rows: Any, name: str, wanted: Sequence[str]) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Pair, bid and ask of each row that is a quote of what was asked for. That all of them are what was sent,
    ``harness.values`` holds the arm to."""
    for row in rows or ():
        try:
            exchange, pair, bid, ask = row[:4]
            prices = Decimal(bid[:_LONGEST]), Decimal(ask[:_LONGEST])
        except (ArithmeticError, LookupError, TypeError, ValueError):
            continue
        if exchange == name and pair in wanted and all(price.is_finite() and price > 0 for price in prices):
            yield pair, *prices


@lru_cache(maxsize=64)
def _pairs(scenario: Scenario) -> dict[str, Pair]:
    return {pair: Pair.parse(pair) for _, pair in scenario.markets}


@lru_cache(maxsize=64)
def _compared(scenario: Scenario) -> tuple[tuple[str, Pair], ...]:
    """The markets that a batch asks for whose pair it asks for on another exchange as well."""
    asked = dict.fromkeys((name, pair) for name, pairs in scenario.turns[: scenario.requests] for pair in pairs)
    often = Counter(pair for _, pair in asked)
    return tuple((name, Pair.parse(pair)) for name, pair in asked if often[pair] > 1)


def _gap_bps(held: Mapping[tuple[str, Pair], Quote], true: Mapping[tuple[str, Pair], Quote]) -> float | None:
    """By how much the ratio of two exchanges' middles is off, at most."""
    by_pair: dict[Pair, list[tuple[float, float]]] = {}
    for place, quote in held.items():
        by_pair.setdefault(place[1], []).append((_middle(quote), _middle(true[place])))
    gaps = [
        abs(one / other - truly_one / truly_other)
        for middles in by_pair.values()
        for (one, truly_one), (other, truly_other) in permutations(middles, 2)
    ]
    return 1e4 * max(gaps) if gaps else None


def _middle(quote: Quote) -> float:
    return (float(quote.bid) + float(quote.ask)) / 2
