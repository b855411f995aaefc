"""A scenario: what is fetched, how many at once, and under which conditions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias

import exchanges
from exchanges.pair import Pair
from exchanges.wire import Request

DRAWS = 0
"""What the delays of a block are drawn by, in place of the batch's number: all batches of a block face the same
delays, so that an arm with one warm batch and an arm with three, and cold and warm, face equal work."""

PLANS: Final = ("single", "batch")
"""One request a market, or the fewest requests that an exchange has for the same quotes."""

WORKLOADS: Final = ("tickers", "books", "markets")
"""What one request brings: the quote of a pair, the book of a pair, or the quotes of everything an exchange lists."""

Turn: TypeAlias = tuple[str, tuple[str, ...]]
"""Whom a request goes to, and the pairs that its caller wants from the answer."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of conditions that all arms face alike.

    ``markets`` are (exchange, pair) in the order in which requests go round them (see ``turns``); ``latency`` is the
    injected delay and ``faults`` the disturbances, as the mock reads them; ``concurrency`` is the number of requests
    in flight; ``warm`` is the number of warm batches in a block. ``deadline_s`` in seconds, ``max_body`` in decoded
    bytes. ``levels`` is the depth of a book on each side (0 in other workloads); ``listed`` is how many markets an
    exchange lists at least, invented ones included (0: its own). ``affinity`` says on which cores the workers run (see
    ``harness.affinity``). ``motion`` is how the market moves (see ``mock_server.motion``). ``plan`` is one of PLANS: a
    scenario is of single requests; that of the arms which make batches of them is derived from it (``harness.plan``).
    ``origins`` are (exchange, scheme with host and port) of servers that somebody else runs, which are asked in place
    of a mock server of ours; none: the mock. ``real`` says that exchanges are meant by them, whose rate limits count.
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
    levels: int = 0
    listed: int = 0
    faults: str = ""
    tls: bool = False
    affinity: str = "free"
    motion: str = "waves"
    plan: str = "single"
    origins: tuple[tuple[str, str], ...] = ()
    real: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Scenario:
        """Of a file that an older fetchrace wrote, what it does not name takes its default."""
        origins = tuple((exchange, origin) for exchange, origin in data.get("origins", ()))
        markets = tuple((exchange, pair) for exchange, pair in data["markets"])
        return cls(**{**data, "markets": markets, "origins": origins})

    @property
    def is_logged(self) -> bool:
        """Whether the servers are ours, which hold replies by plan, keep a log and know every price; of others' nothing
        is had but their answers."""
        return not self.origins

    @property
    def exchanges(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(exchange for exchange, _ in self.markets))

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Whom the requests of a batch go to, one after the other and then again from the start: a pair at a time,
        or, where one body brings a whole exchange, an exchange at a time; of the batch plan a batch at a time."""
        if self.plan == "batch":
            return _batch_turns(self.markets)
        if self.workload != "markets":
            return tuple((exchange, (pair,)) for exchange, pair in self.markets)
        return tuple(
            (name, tuple(pair for exchange, pair in self.markets if exchange == name)) for name in self.exchanges
        )


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
    """The requests of one batch, in order; turns repeat when there are fewer than requests. To the mock each carries
    its index, by which it draws the same delay for every arm and the harness finds the request in the log."""
    built = [request_of(scenario, turn).at(origins[turn[0]]) for turn in scenario.turns]
    turns = itertools.islice(itertools.cycle(built), scenario.requests)
    if not scenario.is_logged:
        return list(turns)
    return [request.with_headers(("X-Fetchrace-Request", str(index))) for index, request in enumerate(turns)]


def request_of(scenario: Scenario, turn: Turn) -> Request:
    """The request of one turn, to the real exchange."""
    exchange, pairs = exchanges.load(turn[0]), tuple(Pair.parse(pair) for pair in turn[1])
    if scenario.workload == "books":
        return exchange.book_request_for(pairs[0], scenario.levels)
    if scenario.workload == "markets":
        request = exchange.market_request()
        if request is None:
            raise ValueError(f"{turn[0]} has no request that brings all its markets")
        return replace(request, pairs=pairs)
    if scenario.plan == "batch":
        (request,) = exchange.requests_for(pairs)
        return request
    return exchange.request_for(pairs[0])


@lru_cache(maxsize=64)
def _batch_turns(markets: tuple[tuple[str, str], ...]) -> tuple[Turn, ...]:
    """The same quotes in the fewest requests, exchanges taking turns. A body has a market once: one that is asked for
    k times is in k batches."""
    passes: dict[int, dict[str, list[Pair]]] = {}
    asked: Counter[tuple[str, str]] = Counter()
    for exchange, pair in markets:
        passes.setdefault(asked[exchange, pair], {}).setdefault(exchange, []).append(Pair.parse(pair))
        asked[exchange, pair] += 1
    columns: dict[str, list[Turn]] = {}
    for by_exchange in passes.values():
        for name, pairs in by_exchange.items():
            requests = exchanges.load(name).requests_for(pairs)
            columns.setdefault(name, []).extend((name, tuple(map(str, request.pairs))) for request in requests)
    return tuple(turn for row in itertools.zip_longest(*columns.values()) for turn in row if turn)
