"""What the market page shows, as a flat mapping from the id of an element to its cell.

    document --cells_of--> {"m-3-2-bid": Cell("91230.87", "best"), ...}

An id is made of letters of ours and of numbers of rows and columns, never of a name that somebody chose. Whatever can
be named comes out with control characters and marks of direction escaped, and cut to a length.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from exchanges.units import counted
from harness.report.alerts import alert_cells
from harness.report.cell import Cell
from harness.report.engine_room import engine_cells
from harness.report.holdings import portfolio_cells
from harness.report.market import Market
from harness.report.spreads import spread_cells
from harness.report.squares import grid_cells


def cells_of(document: Mapping[str, Any]) -> dict[str, Cell]:
    """Every cell of the page of this document."""
    market = Market(document)
    parts = (_head, grid_cells, spread_cells, portfolio_cells, engine_cells, alert_cells, _controls)
    return dict(cell for part in parts for cell in part(market))


def shape_of(document: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits that are equal while it is enough to change cells: the same pairs and exchanges, and as
    many rows of everything."""
    market = Market(document)
    controls, engine = market.entry("controls"), market.entry("engine")
    shape = [
        market.pairs, market.exchanges, sorted(market.markets), market.rows_of_portfolio, market.ttl_us,
        bool(engine.raw), [one.text("name") for one in engine.entries("exchanges")],
        bool(controls.texts("strategies")), [controls.raw.get(key) is not None for key in ("latency", "faults")],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:12]


def _controls(market: Market) -> Iterator[tuple[str, Cell]]:
    """``c-strategy``, ``c-latency``, ``c-faults``: what is in force now, for whoever may change it; ``c-strategies``:
    which there are to choose from, a line for each."""
    controls = market.entry("controls")
    if not controls.raw:
        return
    yield "c-strategies", Cell("\n".join(controls.texts("strategies", 80)))
    yield "c-strategy", Cell(market.entry("engine").text("strategy", limit=80))
    yield "c-latency", Cell(controls.text("latency"))
    yield "c-faults", Cell(controls.text("faults"))


def _head(market: Market) -> Iterator[tuple[str, Cell]]:
    """``h-source`` and ``h-said``: where the prices come from, and how far they have come."""
    source, reading = market.entry("source"), market.entry("reading")
    place = source.text("sentence")
    yield "h-source", Cell(f"{place[:1].upper()}{place[1:]}", "real" if source.raw.get("real") is True else "")
    late = reading.texts("late")
    said = (
        reading.text("sentence")
        or f"{counted(len(market.markets), 'price')} of {counted(len(market.exchanges), 'exchange')}"
    )
    yield "h-said", Cell(said, "late" if late else "")
