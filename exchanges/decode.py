"""The ``decode`` that strategies are given: from an answer to quotes or a book in hand, or a Rejected; never raises.

It runs wherever a strategy lands the response (a thread, another process, the event loop), so each is a
module-level function of plain values. A guest's adapter may have bugs: they too become a Rejected (``schema``, naming
the adapter), because a batch must not die of one answer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import exchanges
from exchanges.book import Book
from exchanges.errors import BadReply, Rejected, UnknownPair, safe
from exchanges.exchange import Exchange
from exchanges.facts import Facts
from exchanges.quote import Quote
from exchanges.wire import Request, Response

Value = TypeVar("Value")

_exchange: functools._lru_cache_wrapper[Exchange] = functools.lru_cache(maxsize=None)(exchanges.load)


def decode_quotes(request: Request, response: Response) -> tuple[Quote, ...] | Rejected:
    """The quotes of ``request.pairs``, in that order (a tuple of one for a request of one pair)."""
    return _read(request, response, _quotes_from)


def decode_books(request: Request, response: Response) -> Book | Rejected:
    """The book of the one pair of ``request.pairs``."""
    return _read(request, response, _book_from)


def decode_any(request: Request, response: Response) -> tuple[Quote, ...] | Book | Facts | Rejected:
    """What ``request.about`` says: quotes, a book, what the exchange's clock said, or what it lists."""
    return _read(request, response, _READERS.get(request.about, _quotes_from))


def _quotes_from(exchange: Exchange, request: Request, response: Response) -> tuple[Quote, ...] | Rejected:
    if len(request.pairs) != 1:
        return exchange.quotes_from(request.pairs, response)
    quote = exchange.quote_from(request.pairs[0], response)
    return quote if isinstance(quote, Rejected) else (quote,)


def _book_from(exchange: Exchange, request: Request, response: Response) -> Book | Rejected:
    (pair,) = request.pairs
    return exchange.book_from(pair, response)


def _time_from(exchange: Exchange, request: Request, response: Response) -> Facts | Rejected:
    time_us = exchange.time_from(response)
    return time_us if isinstance(time_us, Rejected) else Facts(time_us=time_us)


def _instruments_from(exchange: Exchange, request: Request, response: Response) -> Facts | Rejected:
    found = exchange.instruments_from(response)
    return found if isinstance(found, Rejected) else Facts(instruments=found)


_READERS: Final[Mapping[str, Callable[[Exchange, Request, Response], Any]]] = {
    "book": _book_from, "time": _time_from, "instruments": _instruments_from,
}  # fmt: skip


def _read(
    request: Request, response: Response, read: Callable[[Exchange, Request, Response], Value | Rejected]
) -> Value | Rejected:
    try:
        return read(_exchange(request.exchange), request, response)
    except BadReply as error:
        return Rejected(error.kind, str(error))
    except UnknownPair as error:
        return Rejected("unknown_symbol", str(error))
    except Exception as error:
        return Rejected("schema", f"{safe(request.exchange)} adapter failed: {_described(error)}")


def _described(error: Exception) -> str:
    try:
        text = str(error)
    except Exception:
        text = "it cannot even say why"
    return f"{safe(type(error).__name__)}: {safe(text, 200)}"
