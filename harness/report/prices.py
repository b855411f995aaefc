"""Prices and arbitrage, from a scenario's readout: what the fetched numbers say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from exchanges.errors import safe
from exchanges.units import counted, text_from_price
from harness.report.entries import Entry, ScenarioEntry

_ROWS: Final = 20
_WRITTEN_OUT: Final = 30
"""No price has more digits than this before or after its point."""
_PROFITABLE: Final = ("trade", "size unknown", "no size", "apart", "too thin", "unbelievable")
_PADDED: Final = re.compile(r"(?<![\w.])[0-9]+\.[0-9]{3,}(?![\w]|\.[0-9])")
"""A decimal inside a sentence."""


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
        (_pairs(way), f"{way.text('buy')} → {way.text('sell')}", _money(way, "ask"), _money(way, "bid"),
         _minus(way, "gross_bps"), _minus(way, "fee_bps"), _minus(way, "net_bps"),
         _reason(way))
        for way in ways[:_ROWS]
    ]  # fmt: skip
    counts = readout.entry("routes")
    charged = readout.entry("taker_fees")
    fees = [f"{safe(name)} {_basis_points(charged.text(name))}" for name in charged.raw]
    return Prices(
        readout.text("arm", "an arm", 80), best, chances, max(0, _count(counts, "all", len(ways)) - _ROWS),
        _takeaway(ways, counts) + _not_compared(readout) + _unused(readout.entries("left_out")), ", ".join(fees),
    )  # fmt: skip


def _unused(left_out: list[Entry]) -> str:
    if not left_out:
        return ""
    verb = "is" if len(left_out) == 1 else "are"
    first = "" if len(left_out) == 1 else "the first: "
    return f" {counted(len(left_out), 'quote')} {verb} not used; {first}{left_out[0].text('reason')}."


def _count(counts: Entry, key: str, otherwise: int) -> int:
    """One of the counts of all routes; runs of older versions kept them all and no counts."""
    found = counts.number(key)
    return otherwise if found is None else int(found)


def _not_compared(readout: Entry) -> str:
    told = readout.texts("not_compared", 200)
    return f" {'. '.join(told)}." if told else ""


def _pairs(way: Entry) -> str:
    """BTC/USD, or BTC/USD, paid in USDT, where the sale is in other money."""
    pair, sold = way.text("pair"), way.text("sell_pair")
    return pair if sold in ("", pair) else f"{pair}, paid in {sold.partition('/')[2]}"


def _takeaway(ways: list[Entry], counts: Entry) -> str:
    if not ways:
        return "No pair was quoted by two exchanges, so that there is nothing to compare."
    every = _count(counts, "all", len(ways))
    gross = _count(counts, "gross", sum(_float(way.text("gross_bps")) > 0 for way in ways))
    # The verdict counts as well: a net of 0.004 is printed as 0.00.
    left = [way for way in ways if _float(way.text("net_bps")) > 0 or way.text("verdict") in _PROFITABLE]
    unknown = sum(way.text("verdict") == "size unknown" for way in left)
    empty = sum(way.text("verdict") == "no size" for way in left)
    verb = "leaves" if len(left) == 1 else "leave"
    apart = sum(way.text("verdict") == "apart" for way in left)
    said = f"{len(left)} of {counted(every, 'route')} {verb} something after taker fees"
    said += f", {apart} of them between prices that may never have stood side by side" if apart else ""
    said += f", {unknown} of them of unknown size" if unknown else ""
    said += f", {empty} of them with nothing on offer" if empty else ""
    said += f"; {gross} would without fees"
    top = ways[0]
    best = f"{top.text('pair')}, {top.text('buy')} to {top.text('sell')}: {_minus(top, 'net_bps')} bps net"
    return f"{said}. The best is {best}."


def _reason(way: Entry) -> str:
    lines = way.texts("why", 300) or [way.text("reason") or way.text("verdict")]
    return _PADDED.sub(lambda match: text_from_price(match[0]), "; ".join(lines))


def _money(entry: Entry, key: str) -> str:
    """A price as the console shows it. An exponent, which a very small Decimal prints itself with, is written out."""
    text = entry.text(key)
    try:
        price = Decimal(text)
    except InvalidOperation:
        return text
    return text_from_price(f"{price:f}") if price.is_finite() and abs(price.adjusted()) <= _WRITTEN_OUT else text


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
