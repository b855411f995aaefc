"""A quote as a row of plain values, prices in text and exact: how it crosses process lines and lies in files.

[exchange, pair, bid, ask, last, bid size, ask size, time in microseconds]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from exchanges.pair import Pair
from exchanges.quote import Quote


def row_from_quote(quote: Quote) -> list[Any]:
    """The row of a quote; what the exchange did not send is None."""
    money = (quote.bid, quote.ask, quote.last, quote.bid_size, quote.ask_size)
    return [quote.exchange, str(quote.pair), *(None if x is None else str(x) for x in money), quote.time_us]


def quotes_from_rows(rows: Iterable[Sequence[Any]]) -> list[Quote]:
    """The quotes of rows, whatever follows in them. A later row of a market takes the place of an earlier one."""
    found: dict[tuple[str, str], Quote] = {}
    for exchange, pair, bid, ask, last, bid_size, ask_size, time_us, *_ in rows:
        sizes = _money(bid_size), _money(ask_size)
        quote = Quote(exchange, Pair.parse(pair), Decimal(bid), Decimal(ask), _money(last), *sizes, time_us)
        found[exchange, pair] = quote
    return list(found.values())


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
