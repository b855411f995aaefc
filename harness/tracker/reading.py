"""A reading: all that the tracker knows at one moment.

Law: no value older than its time to live is called fresh, and none that is not fresh is in ``seen``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from exchanges.pair import Pair
from harness.seen import Seen
from harness.sighting import Sighting
from harness.usable import Market

Freshness: TypeAlias = Literal["waiting", "fresh", "stale", "dead"]
"""waiting: nothing came yet; fresh: within its time to live; stale: older; dead: older than ten times as long, or its
exchange has been answering nothing but errors since."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one market. ``sighting`` is the last one, however old; ``age_us`` is the time since it was
    asked for (it is no older, unless the exchange answered out of a cache), None where there is none; ``error`` is why
    the last attempt brought nothing (None: it brought something); ``mids`` are the last mid prices, oldest
    first, for a sparkline."""

    market: Market
    freshness: Freshness
    sighting: Sighting | None = None
    age_us: int | None = None
    error: str | None = None
    mids: Sequence[Decimal] = ()


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """How it goes with one exchange. Latencies are in seconds, of the last few hundred requests, None before the first;
    ``budget_used`` is the largest share of its own rate limit that is spent now, 0 to 1, by our own count (None where
    it counts nothing); ``resumes_in_s`` is how long it is left alone for ``why`` (None: it is asked on the beat)."""

    name: str
    in_flight: int
    refreshes: int
    requests: int
    errors: int
    last_error: str | None = None
    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    budget_used: float | None = None
    resumes_in_s: float | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """``at`` is when, by the wall clock (UTC), for showing only; ``seen.now_us`` is the same moment by the clock that
    prices are judged by. ``version`` grows with whatever changed. Of ``asked`` exchanges ``answered`` have brought what
    this beat asked of them; ``late`` are the others, ``sentence`` says so for people."""

    at: datetime
    version: int
    strategy: str
    beat_s: float
    seen: Seen
    known: Mapping[Market, Known]
    exchanges: Mapping[str, ExchangeState]
    asked: int
    answered: int
    late: tuple[str, ...]
    sentence: str
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refreshes_per_s: float = 0.0


def failures_in(known: Mapping[Market, Known]) -> list[str]:
    """Sentences such as ``kraken (all 27 markets): deadline: ...``, in the order of the markets."""
    asked: dict[str, int] = {}
    failed: dict[tuple[str, str], list[Pair]] = {}
    for (name, pair), one in known.items():
        asked[name] = asked.get(name, 0) + 1
        if one.error is not None:
            failed.setdefault((name, one.error), []).append(pair)
    return [_sentence(name, pairs, asked[name], why) for (name, why), pairs in failed.items()]


def _sentence(name: str, pairs: list[Pair], asked: int, why: str) -> str:
    if len(pairs) == 1:
        return f"{name} {pairs[0]}: {why}"
    return f"{name} ({'all ' if len(pairs) == asked else ''}{len(pairs)} markets): {why}"
