"""One shot: which requests bring the prices of some markets at once, and what it takes of an exchange's rate limit.

Law: of an exchange whose limit counts, one shot spends at most half, what it asks of the exchange itself included; the
rest is for whoever else asks from here, and for asking again.

Quotes come by the cheapest requests, a batch in the place of singles where it costs less; and they come in the place of
books where the books would be too many. What does not fit then is refused, or left out if that was allowed; either is
said.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import exchanges
from exchanges.exchange import Exchange
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.units import counted, text_from_seconds
from exchanges.wire import Request
from harness.exits import UsageError
from harness.told import requests_to
from harness.tracker import cheapest

_MOST: Final = Fraction(1, 2)
_FOR_FACTS: Final = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class OneShot:
    """``requests`` in the order in which they are to be sent; ``notes`` say what is asked otherwise than it was wanted,
    or not at all."""

    requests: tuple[Request, ...]
    notes: tuple[str, ...] = ()


def facts_of(names: Iterable[str], limited: frozenset[str]) -> list[Request]:
    """What these exchanges are asked of themselves; the ``limited`` ones for their clock once, where three times would
    take more than a quarter of their limit."""
    found: list[Request] = []
    for name in names:
        requests = requests_to(name)
        if name in limited and share_of(exchanges.load(name), requests) > _FOR_FACTS:
            requests = list(dict.fromkeys(requests))
        found += requests
    return found


def one_shot(
    markets: Sequence[tuple[str, Pair]],
    levels: int,
    limited: frozenset[str] = frozenset(),
    facts: Sequence[Request] = (),
    may_cut: bool = False,
) -> OneShot:
    """The requests for the prices of ``markets``, after ``facts``: books of so many ``levels`` where an exchange has
    them, quotes where it is 0. Of ``limited`` exchanges with too many markets the first of their own list are asked
    for alone, if ``may_cut``.

    Raises:
        UsageError: an exchange's limit would not allow it, and nothing may be left out.
    """
    by_market: dict[tuple[str, Pair], Request] = {}
    notes: list[str] = []
    for name in dict.fromkeys(name for name, _ in markets):
        exchange, pairs = exchanges.load(name), [pair for each, pair in markets if each == name]
        if name not in limited:
            chosen = _singles(exchange, pairs, levels)
        else:
            spent = [request for request in facts if request.exchange == name]
            chosen, said = _within(exchange, pairs, levels, spent, may_cut)
            notes += [said] if said else []
        by_market |= {(name, pair): request for request in chosen for pair in request.pairs}
    wanted = [by_market[market] for market in markets if market in by_market]
    # A batch stands where the first of its markets does.
    return OneShot(tuple({id(request): request for request in wanted}.values()), tuple(notes))


def share_of(exchange: Exchange, requests: Iterable[Request]) -> Fraction:
    """The largest share of any of an exchange's budgets that the requests would spend together; 0 where it counts
    nothing."""
    return max((Fraction(spent, limit.capacity) for limit, spent in _spent(exchange, requests)), default=Fraction(0))


def _within(
    exchange: Exchange, pairs: Sequence[Pair], levels: int, facts: Sequence[Request], may_cut: bool
) -> tuple[list[Request], str | None]:
    """The requests to one exchange whose limit counts, and what has to be said of them."""
    books = _singles(exchange, pairs, levels) if levels and exchange.most_levels else None
    if books is not None and share_of(exchange, [*facts, *books]) <= _MOST:
        return books, None
    quotes = cheapest.requests_for(exchange.name, pairs, 0, math.inf, float(_MOST))
    if share_of(exchange, [*facts, *quotes]) <= _MOST:
        return quotes, None if books is None else (
            f"{exchange.name}: asked for its best prices, not for its books: {counted(len(pairs), 'book')} in one "
            f"shot would take more than half of its rate limit ({_limit_of(exchange, books)})"
        )
    kept: list[Request] = []
    for request in _singles(exchange, _preferred(exchange, pairs), levels):
        if share_of(exchange, [*facts, *kept, request]) > _MOST:
            break
        kept.append(request)
    limit = _limit_of(exchange, [*facts, *quotes])
    if may_cut and kept:
        return kept, (
            f"{exchange.name}: asked for {len(kept)} of {counted(len(pairs), 'market')}: more in one shot would take "
            f"more than half of its rate limit ({limit})"
        )
    fewer = f"ask for {len(kept)} at most, with --pairs, or " if kept else ""
    raise UsageError(
        f"{exchange.name}: {counted(len(pairs), 'market')} in one shot would take more than half of its rate limit "
        f"({limit}); {fewer}leave it out, with -x"
    )


def _singles(exchange: Exchange, pairs: Iterable[Pair], levels: int) -> list[Request]:
    deep = min(levels, exchange.most_levels)
    return [exchange.book_request_for(pair, deep) if deep else exchange.request_for(pair) for pair in pairs]


def _preferred(exchange: Exchange, pairs: Sequence[Pair]) -> list[Pair]:
    """In the exchange's own order, which has those first that most people want."""
    return [one.pair for one in exchange.instruments if one.pair in set(pairs)]


def _spent(exchange: Exchange, requests: Iterable[Request]) -> list[tuple[RateLimit, int]]:
    weights: Counter[str] = Counter()
    limits: dict[str, RateLimit] = {}
    for charge in _charges(exchange, requests):
        weights[charge.bucket] += charge.weight
        limits[charge.bucket] = charge.limit
    return [(limits[bucket], weight) for bucket, weight in weights.items()]


def _charges(exchange: Exchange, requests: Iterable[Request]) -> list[Charge]:
    return [charge for request in requests if (charge := exchange.charge_for(request)) is not None]


def _limit_of(exchange: Exchange, requests: Sequence[Request]) -> str:
    spent = max(_spent(exchange, requests), key=lambda each: Fraction(each[1], each[0].capacity))
    return f"{spent[0].capacity:,} in {text_from_seconds(spent[0].per_s)}"
