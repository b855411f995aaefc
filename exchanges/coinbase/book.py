"""How Coinbase writes a book: every level, and what they amount to, in exact decimals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from exchanges.book import Book, Level
from exchanges.reading import time_text_for


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
