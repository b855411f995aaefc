"""Coinbase's book, both halves: every level, and what they amount to, in exact decimals.

{"pricebook": {"product_id": "BTC-USD", "bids": [{"price": "30757.85", "size": "0.115"}], "asks": [...],
 "time": "2023-06-30T04:02:40.533606Z"}, "last": "...", "mid_market": "...", "spread_bps": "...", ...}
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from exchanges.book import Book, Level
from exchanges.errors import safe
from exchanges.reading import Unreadable, items, member, time_text_for, time_us_from


class Sides(NamedTuple):
    """The two sides of a book as parsed, and its time in microseconds."""

    bids: list[Any]
    asks: list[Any]
    time_us: int


def sides_in(symbol: str, reply: Any) -> Sides:
    """The sides of a book that has to be that of ``symbol``. Raises Unreadable."""
    book = member(reply, "pricebook")
    same_product(symbol, member(book, "product_id"))
    bids, asks = (items(member(book, side), side) for side in ("bids", "asks"))
    return Sides(bids, asks, time_us_from(member(book, "time"), "the book's time"))


def same_product(symbol: str, found: object) -> None:
    """Raises Unreadable where an answer names another product."""
    if found != symbol:
        raise Unreadable("schema", f"expected the product {symbol}, found {safe(str(found), 40)!r}")


def rows_of(side: list[Any]) -> list[tuple[object, object]]:
    """The (price, size) of each level."""
    return [(member(level, "price"), member(level, "size")) for level in side]


def pricebook_text(symbol: str, book: Book, last: Decimal | None = None) -> str:
    """A book with its last price; where a side is empty, what both are needed for is empty text."""
    middle = spread = relative = ""
    if book.bids and book.asks:
        bid, ask = book.bids[0].price, book.asks[0].price
        middle, spread = f"{(bid + ask) / 2:f}", f"{ask - bid:f}"
        relative = f"{(ask - bid) / (ask + bid) * 20_000:.12f}" if ask + bid else ""
    traded = "" if last is None else f'"last":"{last:f}",'
    return (
        f'{{"pricebook":{{"product_id":"{symbol}","bids":[{_side(book.bids)}],"asks":[{_side(book.asks)}],'
        f'"time":"{time_text_for(book.time_us or 0)}"}},{traded}"mid_market":"{middle}",'
        f'"spread_bps":"{relative}","spread_absolute":"{spread}"}}'
    )


def coarser(book: Book, grain: Decimal, levels: int) -> Book:
    """The book with its prices gathered on multiples of ``grain``: bids downward and asks upward, so that no price
    looks better than it is."""
    bids, asks = _gathered(book.bids, grain, ROUND_FLOOR), _gathered(book.asks, grain, ROUND_CEILING)
    return Book(book.exchange, book.pair, bids[:levels], asks[:levels], book.time_us)


def _gathered(side: Iterable[Level], grain: Decimal, rounding: str) -> tuple[Level, ...]:
    sizes: dict[Decimal, Decimal] = {}
    for level in side:
        price = (level.price / grain).to_integral_value(rounding) * grain
        if price:
            sizes[price] = sizes.get(price, Decimal(0)) + level.size
    return tuple(Level(price, size) for price, size in sizes.items())


def _side(side: Iterable[Level]) -> str:
    return ",".join(f'{{"price":"{level.price:f}","size":"{level.size:f}"}}' for level in side)
