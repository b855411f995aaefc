"""Cheapest: the requests that bring some markets of an exchange for the least of its rate limit.

Singles, batches of any size, or the whole market in one body: whichever takes the least weight of the bucket that it
takes most of, and of equals the one with fewer requests. Exchanges charge oddly: Binance takes 2 for a batch of 20 and
40 for one of 21, so that two small ones are cheaper than one large.

An answer for several pairs may tell less of each (``batch_carries``). Where it loses the exchange's time, which ages
need, singles are preferred as long as a beat's share of the limit pays for them, and the cheapest where it does not.
Sizes are given up without a word: whoever needs them asks for books, which are singles everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import exchanges
from exchanges.exchange import Exchange
from exchanges.pair import Pair
from exchanges.wire import Request
from harness.tracker.budget import seconds_of

_SIZES: Final = (5, 10, 15, 20, 25, 50, 100, 200, 500)
"""Of batches that are tried, besides one of everything: exchanges charge by round numbers."""


def requests_for(name: str, pairs: Sequence[Pair], levels: int, every_s: float, share: float) -> list[Request]:
    """What to ask an exchange for. ``levels`` of its books where it has them (0: quotes); ``every_s`` and ``share`` of
    its limits are what there is to be spent. Raises UnknownPair."""
    exchange = exchanges.load(name)
    deep = min(levels, exchange.most_levels)
    if deep:
        return [exchange.book_request_for(pair, deep) for pair in pairs]
    return min(_ways(exchange, pairs), key=lambda way: _price(exchange, way, every_s, share))


def cost_s(name: str, requests: Sequence[Request], share: float) -> float:
    """How often they can be asked within a share of the limits, in seconds from one time to the next."""
    exchange = exchanges.load(name)
    return seconds_of([exchange.charge_for(request) for request in requests], share)


def _ways(exchange: Exchange, pairs: Sequence[Pair]) -> Iterator[list[Request]]:
    yield [exchange.request_for(pair) for pair in pairs]
    if len(pairs) < 2:
        return
    for size in (*(size for size in _SIZES if size < len(pairs)), len(pairs)):
        chunks = [pairs[place : place + size] for place in range(0, len(pairs), size)]
        # A batch of one is a single: some exchanges have another target for it.
        yield [
            request
            for chunk in chunks
            for request in (exchange.requests_for(chunk) if len(chunk) > 1 else [exchange.request_for(chunk[0])])
        ]
    whole = exchange.market_request()
    if whole is not None and set(pairs) <= set(whole.pairs):
        yield [replace(whole, pairs=tuple(pairs))]


def _price(
    exchange: Exchange, requests: Sequence[Request], every_s: float, share: float
) -> tuple[bool, bool, float, int]:
    """The smaller the better."""
    cost = seconds_of([exchange.charge_for(request) for request in requests], share)
    in_batch = any(len(request.pairs) > 1 for request in requests)
    loses_time = in_batch and "time_us" in exchange.carries - exchange.batch_carries
    dear = cost > every_s
    return dear, loses_time and not dear, cost, len(requests)
