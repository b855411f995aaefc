"""A book as little as it can be carried across process lines: its best level as a quote, and a digest of all levels."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from exchanges.book import Book
from exchanges.quote import Quote


def best_of(book: Book) -> Quote | None:
    """The best bid and ask with their sizes; None where a side is empty."""
    if not book.bids or not book.asks:
        return None
    bid, ask = book.bids[0], book.asks[0]
    return Quote(book.exchange, book.pair, bid.price, ask.price, None, bid.size, ask.size, book.time_us)


def digest_of(book: Book) -> str:
    """The same for two books exactly if all levels of both sides are equal in price and size, in their order;
    trailing zeros are no difference, and neither is the time.

    Raises:
        ArithmeticError: a level holds what is no number.
    """
    digest = hashlib.sha256()
    for side in (book.bids, book.asks):
        digest.update(";".join(f"{_plain(price)} {_plain(size)}" for price, size in side).encode() + b"|")
    return digest.hexdigest()


def _plain(number: Decimal) -> str:
    return str(number.normalize())
