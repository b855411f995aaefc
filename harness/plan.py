"""The batch plan: the same quotes in the fewest requests that the exchanges have for them, and what each plan spends.

The honest answer to "how do I make 200 requests faster" is often "make 3". An arm of that plan is measured like any
other, and held to the same fairness by its own requests; but it does less work, so that it is never ranked among those
that make a request for each market, nor compared with any of them but the same strategy.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import exchanges
from exchanges.wire import Request
from harness.exits import UsageError
from harness.scenario import Scenario, request_of

_READ: Final = ("last", "bid_size", "ask_size", "time_us")


@lru_cache(maxsize=64)
def for_plan(scenario: Scenario, plan: str) -> Scenario:
    """What arms of a plan race in a scenario of single requests: with the batch plan a scenario of its own, of the same
    name and conditions and of the same quotes, in fewer requests.

    Raises:
        UsageError: a workload that has no batches, or an adapter whose batches leave out what was asked for.
    """
    if plan == "single":
        return scenario
    if scenario.workload != "tickers":
        raise UsageError(
            f"the batch plan asks for many tickers in one request: expected --workload tickers, found "
            f"{scenario.workload}"
        )
    asked = tuple(itertools.islice(itertools.cycle(scenario.markets), scenario.requests))
    batched = replace(scenario, plan=plan, markets=asked)
    turns = batched.turns
    if sorted(asked) != sorted((name, pair) for name, pairs in turns for pair in pairs):
        raise UsageError("the batch plan of an exchange's adapter does not bring what was asked for, each pair once")
    return replace(batched, requests=len(turns))


@lru_cache(maxsize=64)
def _spent(scenario: Scenario) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    buckets: dict[tuple[str, str], float] = {}
    for turn, times in _turns(scenario).items():
        name, exchange = turn[0], exchanges.load(turn[0])
        request = request_of(scenario, turn)
        mine = found.setdefault(name, {"requests": 0, "weight": 0, "refill_s": None, "untold": []})
        mine["requests"] += times
        mine["weight"] += times * _weight(request)
        charge = exchange.charge_for(request)
        if charge is not None:
            bucket = name, charge.bucket
            buckets[bucket] = (
                buckets.get(bucket, 0.0) + times * charge.weight * charge.limit.per_s / charge.limit.capacity
            )
        if len(turn[1]) > 1:
            lost = exchange.carries - exchange.batch_carries
            mine["untold"] = [field for field in _READ if field in lost]
    for (name, _), refill_s in buckets.items():
        found[name]["refill_s"] = max(refill_s, found[name]["refill_s"] or 0.0)
    return found


def spent_by(scenario: Scenario) -> dict[str, Any]:
    """What one batch of a plan spends, for run.json: ``requests``, ``quotes``, and by exchange its requests, their
    ``weight`` in the exchange's own units, ``refill_s`` (seconds in which its rate limit grants as much again; null
    where it counts nothing), and ``untold``: the fields of a quote that its batches leave out."""
    return {
        "requests": scenario.requests,
        "quotes": sum(times * len(turn[1]) for turn, times in _turns(scenario).items()),
        "by_exchange": {name: dict(found) for name, found in _spent(scenario).items()},
    }


def _turns(scenario: Scenario) -> dict[tuple[str, tuple[str, ...]], int]:
    """Whom a batch asks for what, and how often."""
    counts: dict[tuple[str, tuple[str, ...]], int] = {}
    for turn in itertools.islice(itertools.cycle(scenario.turns), scenario.requests):
        counts[turn] = counts.get(turn, 0) + 1
    return counts


def _weight(request: Request) -> int:
    charge = exchanges.load(request.exchange).charge_for(request)
    return request.weight if charge is None else charge.weight
