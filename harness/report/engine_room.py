"""The engine on the market page: who fetches, how fast the answers come, and how patient the exchanges still are."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Final

from harness.report.cell import Cell
from harness.report.entries import Entry
from harness.report.market import Market
from harness.report.wording import NONE, count, duration, percent

PARTS: Final = ("refreshes", "requests", "errors", "p50", "p95", "p99", "budget", "bar", "again", "state", "last")

_SPENT: Final = 95
"""Percent: of the mock's limits nine tenths are used on purpose."""


def engine_cells(market: Market) -> Iterator[tuple[str, Cell]]:
    """``e-strategy``, ``e-flight``, ``e-rate``, ``e-typical``, ``e-answered``; ``e-ROW`` and its PARTS for each
    exchange."""
    engine = market.entry("engine")
    if not engine.raw:
        return
    reading = market.entry("reading")
    yield "e-strategy", Cell(engine.text("strategy", NONE, 80))
    yield "e-flight", Cell(count(engine.number("in_flight")))
    rate = engine.number("refreshes_per_s")
    yield "e-rate", Cell(NONE if rate is None else f"{rate:.1f}")
    usual = [p50 for one in engine.entries("exchanges") if (p50 := one.number("p50_s")) is not None]
    yield "e-typical", Cell(duration(statistics.median(usual) if usual else None), title="the median exchange's p50")
    yield "e-answered", Cell(f"{count(reading.number('answered'))} of {count(reading.number('asked'))}")
    for row, one in enumerate(engine.entries("exchanges")):
        yield from _exchange(market, one, f"e-{row}")


def _exchange(market: Market, one: Entry, name: str) -> Iterator[tuple[str, Cell]]:
    errors, wait = one.number("errors") or 0, one.number("resumes_in_s")
    budget = one.number("budget_used")
    # What was the last error stands in the next column.
    last, why = one.text("last_error", limit=200), one.text("why", limit=200)
    because = f"because {why}" if why and why != last else ""
    yield name, Cell(mood="resting" if wait is not None else "")
    for part in ("refreshes", "requests", "errors"):
        yield f"{name}-{part}", Cell(count(one.number(part)), "bad" if part == "errors" and errors else "")
    for part in ("p50", "p95", "p99"):
        yield f"{name}-{part}", Cell(duration(one.number(f"{part}_s")))
    yield f"{name}-budget", Cell(percent(budget))
    filled = round(100 * min(1.0, max(0.0, budget or 0.0)))
    yield f"{name}-bar", Cell(points=f"0,5 {filled},5" if filled else "", mood="bad" if filled > _SPENT else "")
    yield f"{name}-again", Cell(since_us=0 if wait is None else market.since(-1e6 * max(0.0, wait)))
    yield f"{name}-state", Cell("on the beat" if wait is None else because)
    yield f"{name}-last", Cell(last)
