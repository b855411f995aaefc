"""The market document: one reading of the tracker with what was worked out of it, as plain values.

It is all that a page is drawn from, be it live, exported, or part of a report. Decimals are text, exact; ages are whole
microseconds. Texts that came from elsewhere lose the folders of the paths in them: the page may be given away.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from harness.redaction import redacted
from harness.report.squares import STEPS
from harness.tracker.reading import ExchangeState, Known, Reading

_FIELDS: Final = tuple(field.name for field in dataclasses.fields(ExchangeState))


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays as it is while readings come: whether prices are ``real``, what a reader is told of where they come
    from, and how long they count as fresh, in seconds."""

    real: bool
    sentence: str
    ttl_s: float


def market_document(
    reading: Reading,
    setting: Setting,
    prices: Mapping[str, Any],
    routes: Mapping[str, Any],
    portfolio: Mapping[str, Any] | None,
    alerts: Mapping[str, Any],
    controls: Mapping[str, Any] | None,
    version: int,
) -> dict[str, Any]:
    """``prices`` and ``routes`` are the two halves of a readout (``harness.readout``), ``version`` is that of the
    page."""
    return {
        "schema": 1,
        "at": moment_text(reading.at),
        "now_us": reading.seen.now_us,
        "version": version,
        "source": {"real": setting.real, "sentence": setting.sentence},
        "reading": {
            "asked": reading.asked, "answered": reading.answered, "late": redacted(list(reading.late)),
            "sentence": redacted(reading.sentence), "beat_s": reading.beat_s, "ttl_s": setting.ttl_s,
            "failures": redacted(list(reading.failures)), "notes": redacted(list(reading.notes)),
        },
        "markets": _markets(reading.known.values()),
        "readout": {**prices, **routes},
        "portfolio": portfolio,
        "engine": {
            "strategy": redacted(reading.strategy),
            "in_flight": sum(one.in_flight for one in reading.exchanges.values()),
            "refreshes_per_s": round(reading.refreshes_per_s, 1),
            "exchanges": [_state(one) for one in reading.exchanges.values()],
        },
        "alerts": alerts,
        "controls": controls,
    }  # fmt: skip


def moment_text(at: datetime) -> str:
    """A time as the document writes it: RFC 3339, UTC, milliseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _markets(known: Iterable[Known]) -> list[dict[str, Any]]:
    found = []
    for one in known:
        (exchange, pair), sighting = one.market, one.sighting
        quote = None if sighting is None else sighting.quote
        found.append({
            "exchange": exchange, "pair": str(pair), "freshness": one.freshness,
            "bid": None if quote is None else str(quote.bid), "ask": None if quote is None else str(quote.ask),
            "last": None if quote is None or quote.last is None else str(quote.last),
            "age_us": one.age_us, "error": redacted(one.error), "mids": [f"{mid:f}" for mid in one.mids[-STEPS:]],
        })  # fmt: skip
    return found


def _state(one: ExchangeState) -> dict[str, Any]:
    state = {name: getattr(one, name) for name in _FIELDS}
    for name in ("last_error", "why"):
        state[name] = redacted(state[name])
    return state
