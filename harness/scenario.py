"""A scenario: what is fetched, how many at once, and under which conditions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import exchanges
from exchanges.pair import Pair
from exchanges.wire import Request

DRAWS = 0
"""What the delays of a block are drawn by, in place of the batch's number: all batches of a block face the same
delays, so that an arm with one warm batch and an arm with three, and cold and warm, face equal work."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of conditions that all arms face alike.

    ``markets`` are (exchange, pair) in the order in which requests go round them; ``latency`` is the
    injected delay as the mock reads it; ``concurrency`` is the number of requests in flight; ``warm`` is
    the number of warm batches in a block. ``deadline_s`` in seconds, ``max_body`` in decoded bytes.
    """

    name: str
    markets: tuple[tuple[str, str], ...]
    requests: int
    concurrency: int
    latency: str
    blocks: int
    warm: int
    seed: int
    deadline_s: float
    max_body: int
    baseline: str
    workload: str = "tickers"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Scenario:
        return cls(**{**data, "markets": tuple((exchange, pair) for exchange, pair in data["markets"])})

    @property
    def exchanges(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(exchange for exchange, _ in self.markets))


def markets_for(exchange_names: Sequence[str], pairs: Sequence[Pair] | int) -> tuple[tuple[str, str], ...]:
    """The markets of a scenario, exchanges taking turns, so that neighbours go to different hosts.

    ``pairs`` is a list to be fetched wherever it is listed, or the number of pairs to take from each
    exchange's own list. An exchange with none of the pairs is left out; none at all is the caller's to refuse.
    """
    columns = []
    for name in exchange_names:
        listed = [instrument.pair for instrument in exchanges.load(name).instruments]
        chosen = listed[:pairs] if isinstance(pairs, int) else [pair for pair in pairs if pair in listed]
        columns.append([(name, str(pair)) for pair in chosen])
    return tuple(market for row in itertools.zip_longest(*columns) for market in row if market)


def requests_for(scenario: Scenario, origins: dict[str, str]) -> list[Request]:
    """The requests of one batch, in order; markets repeat when there are fewer than requests. Each carries
    its index, by which the mock draws the same delay for every arm and the harness finds it in the log."""
    built = []
    for exchange_name, pair in scenario.markets:
        request = exchanges.load(exchange_name).request_for(Pair.parse(pair))
        built.append(request.at(origins[exchange_name]))
    turns = itertools.islice(itertools.cycle(built), scenario.requests)
    return [request.with_headers(("X-Fetchrace-Request", str(index))) for index, request in enumerate(turns)]
