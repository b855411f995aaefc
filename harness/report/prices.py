"""Prices and arbitrage, from a scenario's readout: what the fetched numbers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from exchanges.errors import safe
from harness.report.entries import Entry, ScenarioEntry

_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class Prices:
    """``best`` and ``chances`` are rows of cells, ``more`` the number of chances that are not shown."""

    arm: str
    best: Sequence[tuple[str, ...]]
    chances: Sequence[tuple[str, ...]]
    more: int
    takeaway: str
    fees: str


def prices_of(scenario: ScenarioEntry) -> Prices | None:
    """The readout as tables, opportunities best net first; None where nothing was priced."""
    readout = scenario.entry("readout")
    found = readout.entries("prices")
    if not found:
        return None
    best = [
        (price.text("pair"), _money(price, "bid"), price.text("bid_exchange"), _money(price, "ask"),
         price.text("ask_exchange"), _minus(price, "spread_bps"), str(len(price.texts("exchanges"))))
        for price in found
    ]  # fmt: skip
    ways = readout.entries("arbitrage")
    chances = [
        (way.text("pair"), f"{way.text('buy')} → {way.text('sell')}", _money(way, "ask"), _money(way, "bid"),
         _minus(way, "gross_bps"), _minus(way, "fee_bps"), _minus(way, "net_bps"),
         way.text("reason") or way.text("verdict"))
        for way in ways[:_ROWS]
    ]  # fmt: skip
    charged = readout.entry("taker_fees")
    fees = [f"{safe(name)} {_basis_points(charged.text(name))}" for name in charged.raw]
    return Prices(
        readout.text("arm", "an arm", 80), best, chances, max(0, len(ways) - _ROWS), _takeaway(ways), ", ".join(fees)
    )


def _takeaway(ways: list[Entry]) -> str:
    if not ways:
        return "No pair was quoted by two exchanges, so that there is nothing to compare."
    trades = sum(way.text("verdict") == "trade" for way in ways)
    overlaps = sum((way.number("gross_bps") or _float(way.text("gross_bps"))) > 0 for way in ways)
    top = ways[0]
    said = f"Of {len(ways)} ways to buy here and sell there, {overlaps} overlap before fees and {trades} after them"
    best = f"{top.text('pair')}, {top.text('buy')} to {top.text('sell')}: {_minus(top, 'net_bps')} bps net"
    return f"{said}; the best is {best}."


def _money(entry: Entry, key: str) -> str:
    """An exact decimal without the zeros that an exchange pads it with."""
    text = entry.text(key)
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text.upper() else text


def _minus(entry: Entry, key: str) -> str:
    return entry.text(key).replace("-", "−")


def _basis_points(fraction: str) -> str:
    try:
        return f"{float(Decimal(fraction) * 10_000):g} bps"
    except (InvalidOperation, OverflowError):
        return fraction


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
