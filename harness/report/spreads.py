"""Buy here, sell there: the best routes net of costs, why each is a trade or none, and what they come to in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from exchanges.errors import safe
from exchanges.units import counted, text_from_price
from harness.exact_text import amount_text, money_text
from harness.report.cell import Cell
from harness.report.entries import Entry
from harness.report.market import Market
from harness.report.wording import NONE, exact, exact_price, minus

ROWS: Final = 10
"""As many routes have a row; those that there are not are hidden."""
PARTS: Final = ("pair", "buy", "sell", "gross", "costs", "net", "profit", "verdict", "why", "age")
_PROFITABLE: Final = ("trade", "size unknown", "no size", "apart", "too thin", "unbelievable")
_PADDED: Final = re.compile(r"(?<![\w.])[0-9]+\.[0-9]{3,}(?![\w]|\.[0-9])")
"""A decimal inside a sentence."""


def spread_cells(market: Market) -> Iterator[tuple[str, Cell]]:
    """``t-said``, ``t-more``, ``t-fees``; ``s-ROW`` and its PARTS."""
    readout = market.readout
    ways = readout.entries("arbitrage")
    yield "t-said", Cell(takeaway(readout))
    more = max(0, _count(readout.entry("routes"), "all", len(ways)) - ROWS)
    yield "t-more", Cell(f"{counted(more, 'route')} more with a lower net." if more else "")
    charged = readout.entry("taker_fees")
    fees = ", ".join(f"{safe(name, 40)} {_basis_points(charged.text(name))}" for name in charged.raw)
    yield (
        "t-fees",
        Cell(f"Taker fees in basis points (bps, 100 of them are 1\N{NO-BREAK SPACE}%): {fees}." if fees else ""),
    )
    for row in range(ROWS):
        if row < len(ways):
            yield from _row(market, ways[row], f"s-{row}")
        else:
            yield f"s-{row}", Cell(mood="none")
            yield from ((f"s-{row}-{part}", Cell()) for part in PARTS)


def takeaway(readout: Entry) -> str:
    """What the routes come to, what was not compared, and how many quotes are not used, in a few sentences."""
    said = _routes(readout.entries("arbitrage"), readout.entry("routes"))
    not_compared = readout.texts("not_compared", 200)
    said += f" {'. '.join(not_compared)}." if not_compared else ""
    left_out = readout.entries("left_out")
    if left_out:
        verb = "is" if len(left_out) == 1 else "are"
        first = "" if len(left_out) == 1 else "the first: "
        said += f" {counted(len(left_out), 'quote')} {verb} not used; {first}{left_out[0].text('reason')}."
    return said


def _row(market: Market, way: Entry, name: str) -> Iterator[tuple[str, Cell]]:
    verdict = way.text("verdict", limit=40)
    net = _float(way.text("net_bps"))
    texts = {
        "pair": _pairs(way),
        "buy": f"{way.text('buy', limit=40)} at {exact_price(way.text('ask', limit=40))}",
        "sell": f"{way.text('sell', limit=40)} at {exact_price(way.text('bid', limit=40))}",
        "gross": minus(way.text("gross_bps", limit=40)),
        "costs": _costs(way),
        "net": minus(way.text("net_bps", limit=40)),
        "profit": _profit(way),
        "verdict": verdict,
        "why": _reason(way).removeprefix(f"{verdict}: "),
    }
    mood = "trade" if verdict == "trade" else "doubtful" if net > 0 or verdict in _PROFITABLE else "no"
    yield name, Cell(mood=mood)
    for part, text in texts.items():
        # Of a route that pays nothing the page shows two lines; a pointer is told all of it.
        yield f"{name}-{part}", Cell(text, title=text if part == "why" and mood == "no" else "")
    yield f"{name}-age", Cell(since_us=market.since(way.number("age_us"), "readout"))


def _pairs(way: Entry) -> str:
    """BTC/USD, or BTC/USD, paid in USDT, where the sale is in other money."""
    pair, sold = way.text("pair", limit=60), way.text("sell_pair", limit=60)
    return pair if sold in ("", pair) else f"{pair}, paid in {sold.partition('/')[2]}"


def _costs(way: Entry) -> str:
    """What gross and net are apart by: fees, depth and allowances. Older runs know of fees alone."""
    try:
        return f"{Decimal(way.text('gross_bps', limit=40)) - Decimal(way.text('net_bps', limit=40)):.2f}"
    except (InvalidOperation, OverflowError):
        return way.text("fee_bps", limit=40)


def _profit(way: Entry) -> str:
    profit, size, money = exact(way.text("profit")), exact(way.text("size")), way.text("money", limit=20)
    if profit is None:
        return NONE
    of = "" if size is None else f" on {amount_text(Decimal(way.text('size')))} {way.text('pair').partition('/')[0]}"
    return f"{minus(money_text(profit, money))} {money}{of}"


def _routes(ways: list[Entry], counts: Entry) -> str:
    if not ways:
        return "No pair was quoted by two exchanges, so that there is nothing to compare."
    every = _count(counts, "all", len(ways))
    gross = _count(counts, "gross", sum(_float(way.text("gross_bps")) > 0 for way in ways))
    # The verdict counts as well: a net of 0.004 is printed as 0.00.
    left = [way for way in ways if _float(way.text("net_bps")) > 0 or way.text("verdict") in _PROFITABLE]
    unknown = sum(way.text("verdict") == "size unknown" for way in left)
    empty = sum(way.text("verdict") == "no size" for way in left)
    # Of very many routes only the best are kept, with the count of all.
    paying = max(len(left), _count(counts, "net", 0))
    verb = "leaves" if paying == 1 else "leave"
    apart = sum(way.text("verdict") == "apart" for way in left)
    said = f"{paying} of {counted(every, 'route')} {verb} something after taker fees"
    said += f", {apart} of them between prices that may never have stood side by side" if apart else ""
    said += f", {unknown} of them of unknown size" if unknown else ""
    said += f", {empty} of them with nothing on offer" if empty else ""
    said += f"; {gross} would without fees"
    top = ways[0]
    net = minus(top.text("net_bps"))
    return f"{said}. The best is {top.text('pair')}, {top.text('buy')} to {top.text('sell')}: {net} bps net."


def _count(counts: Entry, key: str, otherwise: int) -> int:
    """One of the counts of all routes; runs of older versions kept them all and no counts."""
    found = counts.number(key)
    return otherwise if found is None else int(found)


def _reason(way: Entry) -> str:
    lines = way.texts("why", 300) or [way.text("reason") or way.text("verdict")]
    return _PADDED.sub(lambda match: text_from_price(match[0]), "; ".join(lines))


def _basis_points(fraction: str) -> str:
    try:
        return f"{float(Decimal(fraction) * 10_000):g}"
    except (InvalidOperation, OverflowError):
        return fraction


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
