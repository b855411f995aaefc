"""The ``decode`` that strategies are given: from an answer to quotes in hand, or a Rejected; it never raises.

It runs wherever a strategy lands the response (a thread, another process, the event loop), so it is a
module-level function of plain values. A guest's adapter may have bugs: they too become a Rejected (``schema``, naming
the adapter), because a batch must not die of one answer.
"""

from __future__ import annotations

import functools

import exchanges
from exchanges.errors import BadReply, Rejected, UnknownPair, safe
from exchanges.exchange import Exchange
from exchanges.quote import Quote
from exchanges.wire import Request, Response

_exchange: functools._lru_cache_wrapper[Exchange] = functools.lru_cache(maxsize=None)(exchanges.load)


def decode_quotes(request: Request, response: Response) -> tuple[Quote, ...] | Rejected:
    """The quotes of ``request.pairs``, in that order (a tuple of one for a request of one pair)."""
    try:
        exchange = _exchange(request.exchange)
        if len(request.pairs) != 1:
            return exchange.quotes_from(request.pairs, response)
        quote = exchange.quote_from(request.pairs[0], response)
        return quote if isinstance(quote, Rejected) else (quote,)
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
