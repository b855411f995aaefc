"""Finding in a body the very characters that say the bid, whatever the exchange's format is.

The exchange's own reader tells which bid the sound body has; every JSON literal of that value, in or out of quotation
marks, is then replaced. So one function spoils the same thing at every exchange, in tickers, batches and books, and can
write what no Decimal would. A body that has no price (instruments, the server's clock, a refusal) stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from exchanges.book import Book
from exchanges.errors import BadReply, ExchangeError
from exchanges.exchange import Exchange
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.wire import Response
from mock_server.fault import Context
from mock_server.faults.changing import with_body
from mock_server.reply import Reply


def bid_in(reply: Reply, context: Context) -> Decimal | None:
    """The bid of the first pair that was asked for; None where the body has none."""
    response = Response(reply.status, reply.body, reply.headers)
    try:
        read = _read(context.exchange, context.exchange.pairs_from(context.request)[0], response)
    except (ExchangeError, LookupError):
        return None
    if isinstance(read, Quote):
        return read.bid
    return read.bids[0].price if isinstance(read, Book) and read.bids else None


def bid_replaced(reply: Reply, context: Context, new: Callable[[str], str]) -> Reply:
    """The reply with ``new(literal)`` for the bid: from a JSON literal, as the exchange wrote it, to another."""
    bid = bid_in(reply, context)
    if bid is None:
        return reply
    return with_body(reply, _literal_of(bid).sub(lambda match: new(match[0].decode()).encode(), reply.body))


def _read(exchange: Exchange, pair: Pair, response: Response) -> object:
    try:
        return exchange.quote_from(pair, response)
    except BadReply:
        return exchange.book_from(pair, response)


def _literal_of(price: Decimal) -> re.Pattern[bytes]:
    whole, _, decimals = f"{price:f}".partition(".")
    decimals = decimals.rstrip("0")
    number = rf"{whole}\.{decimals}0*" if decimals else rf"{whole}(?:\.0*)?"
    return re.compile(rf'"{number}"|(?<![0-9.\-"]){number}(?![0-9.eE"])'.encode())
