"""The grid of prices: a row for each pair, a square for each exchange that lists it, the best of the row before them.

Law: a price that is not fresh is never marked as the best, and its square says in a word what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import isfinite
from typing import Final

from exchanges.errors import safe
from exchanges.units import counted
from harness.report.cell import Cell
from harness.report.entries import Entry
from harness.report.market import Market, Place, place_of
from harness.report.wording import exact_price, minus

_WORDS: Final = {"stale": "stale", "dead": "dead", "waiting": "waiting", "failed": "no answer", "unused": "unused"}
_STATES: Final = ("fresh", "stale", "dead", "waiting")
STEPS: Final = 24
_STEP: Final = 4
_HEIGHT: Final = 20
_ACROSS: Final = range(0, _STEP * STEPS, _STEP)
"""A sparkline has so many points, so far apart, and is so high, in units of its drawing."""
MISSING: Final = 6
"""Of so many exchanges it is told why prices are not there, or not used."""


def grid_cells(market: Market) -> Iterator[tuple[str, Cell]]:
    """``m-ROW-COLUMN`` and its parts, ``b-ROW`` and its parts, ``x-COLUMN``, ``n-LINE`` and ``n-more``."""
    best = {place_of("", one.raw.get("pair")): one for one in market.readout.entries("prices")}
    late = set(market.entry("reading").texts("late"))
    for column, name in enumerate(market.exchanges):
        yield f"x-{column}", Cell("late", "late") if name in late else Cell()
    for row, pair in enumerate(market.pairs):
        of_pair = best.get(("", pair), Entry({}))
        yield from _best(market, f"b-{row}", of_pair)
        several = len(of_pair.texts("exchanges")) > 1
        bid_at, ask_at = (of_pair.raw.get(key) if several else None for key in ("bid_exchange", "ask_exchange"))
        for column, name in enumerate(market.exchanges):
            if (name, pair) in market.markets:
                yield from _square(market, (name, pair), f"m-{row}-{column}", (name == bid_at, name == ask_at))
    yield from _missing(market)


def _square(market: Market, at: Place, name: str, best: tuple[bool, bool]) -> tuple[tuple[str, Cell], ...]:
    one = market.markets[at]
    state = _state(market, at)
    error = one.text("error") or market.left_out.get(at, "")
    prices = one.text("bid", limit=40), one.text("ask", limit=40)
    mids = one.raw.get("mids")
    drawn = tuple(map(str, mids[-STEPS:])) if isinstance(mids, list) else ()
    return _drawn(name, state, error, prices, best, market.since(one.number("age_us")), drawn)


@lru_cache(maxsize=1024)
def _drawn(
    name: str, state: str, error: str, prices: tuple[str, str], best: tuple[bool, bool], since_us: int,
    mids: tuple[str, ...],
) -> tuple[tuple[str, Cell], ...]:  # fmt: skip
    """A square's cells. Most squares are as they were an edition ago: only some exchanges have answered since."""
    bid, ask = (
        Cell(_price(price), "best" if is_best and state == "fresh" else "")
        for price, is_best in zip(prices, best, strict=True)
    )
    return (
        (name, Cell(mood=state, title=error)), (f"{name}-bid", bid), (f"{name}-ask", ask),
        (f"{name}-age", Cell(since_us=since_us)), (f"{name}-state", Cell(_WORDS.get(state, ""))),
        (f"{name}-spark", Cell(points=_points(mids))),
    )  # fmt: skip


def _state(market: Market, at: Place) -> str:
    one = market.markets[at]
    state = one.raw.get("freshness")
    if state not in _STATES:
        state = "waiting"
    if state == "waiting" and one.raw.get("error"):
        return "failed"
    return "unused" if state == "fresh" and at in market.left_out else state


def _best(market: Market, name: str, price: Entry) -> Iterator[tuple[str, Cell]]:
    """The best of a pair is as old as the older of its two sides; both are fresh, or they would not be among these."""
    ages = price.raw.get("age_us")
    age = Entry({"": ages[-1]}).number("") if isinstance(ages, list) and ages else None
    yield name, Cell(mood="fresh" if price.raw else "none")
    yield f"{name}-age", Cell(since_us=market.since(age))
    yield f"{name}-state", Cell()
    for side in ("bid", "ask"):
        yield f"{name}-{side}", Cell(_price(price.text(side, limit=40)))
        where = price.text(f"{side}_exchange", limit=20)
        # A long one is cut short beside its price.
        yield f"{name}-{side}-at", Cell(where, title=where)
    gap = price.text("spread_bps", limit=20)
    yield f"{name}-gap", Cell(f"{minus(gap)} bps" if gap else "", "crossed" if gap.startswith("-") else "")


def _missing(market: Market) -> Iterator[tuple[str, Cell]]:
    """Why prices are not there or not used: the first reason of each exchange, and of how many others it has one."""
    told: dict[str, list[str]] = {}
    for at, one in market.markets.items():
        if reason := one.text("error") or market.left_out.get(at, ""):
            told.setdefault(at[0], []).append(_named(at, reason))
    for at, reason in market.left_out.items():
        if at not in market.markets:
            told.setdefault(at[0], []).append(_named(at, reason))
    lines = [f"{first}{f' ({len(more)} more of this exchange)' if more else ''}" for first, *more in told.values()]
    for line in range(MISSING):
        shown = line < len(lines)
        yield f"n-{line}", Cell(lines[line] if shown else "", "" if shown else "none")
    more = len(lines) - MISSING
    yield "n-more", Cell(f"and {counted(more, 'exchange')} more" if more > 0 else "", "" if more > 0 else "none")


def _named(at: Place, reason: str) -> str:
    """The reason with its market before it, where it does not name it itself."""
    name, pair = (safe(part, 40) for part in at)
    return reason if reason.startswith(name) else f"{name} {pair}: {reason}"


@lru_cache(maxsize=4096)
def _price(text: str) -> str:
    return exact_price(text)


def _points(mids: tuple[str, ...]) -> str:
    """A polyline from the left to the right, the lowest price at the bottom; nothing of fewer than two."""
    try:
        values = [float(mid) for mid in mids]
    except ValueError:
        return ""
    if len(values) < 2 or not all(map(isfinite, values)):
        return ""
    low, high = min(values), max(values)
    scale = (_HEIGHT - 2) / (high - low) if high > low else 0.0
    middle = 1 if scale else _HEIGHT // 2
    return " ".join(
        [
            f"{x},{round((high - value) * scale) + middle}"
            for x, value in zip(_ACROSS[-len(values) :], values, strict=True)
        ]
    )
