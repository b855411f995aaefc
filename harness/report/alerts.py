"""Alerts on the market page: from which net on a route is told, and the last that were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.report.cell import Cell
from harness.report.entries import Entry
from harness.report.market import Market

ALERTS: Final = 5
"""As many are kept in sight, the newest first."""


def alert_cells(market: Market) -> Iterator[tuple[str, Cell]]:
    """``l-at`` in words and ``l-bps``; ``a-ROW`` with ``-at`` and ``-said``, the newest first."""
    alerts = market.entry("alerts")
    at = alerts.text("at_bps", limit=40)
    yield "l-bps", Cell(at)
    told = sorted(alerts.entries("told"), key=lambda one: one.text("at"), reverse=True)
    what = f"Routes that leave {at} bps net or more" if at else "No threshold is set: nothing is told."
    ending = "; times are UTC." if told else "; none was seen yet."
    yield "l-at", Cell(f"{what}{ending}" if at else what)
    for row in range(ALERTS):
        one = told[row] if row < len(told) else Entry({})
        yield f"a-{row}", Cell(mood="" if one.raw else "none")
        yield f"a-{row}-at", Cell(one.text("at", limit=40)[11:19])
        yield f"a-{row}-said", Cell(one.text("sentence"))
