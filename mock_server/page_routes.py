"""The routes of an exchange that the page shows, each with an example that can be clicked.

They come from the client half of the exchange, so none is written down twice; an exchange that serves more says so in
an optional attribute ``examples``, pairs of what it is and a target.
"""

from __future__ import annotations

from exchanges.exchange import Exchange
from exchanges.units import counted

_LEVELS = 5


def routes_of(exchange: Exchange) -> list[tuple[str, str]]:
    """What each route is, and a target that the server half answers; every target once."""
    pairs = [instrument.pair for instrument in exchange.instruments]
    first = pairs[0]
    every = exchange.market_request()
    routes = [(f"{first}: best bid and ask", exchange.request_for(first).target)]
    # First, for where there is no list, everything is asked for instead.
    routes += [("every market in one body", every.target)] if every is not None else []
    routes += [
        (
            _asked(len(request.pairs)) if len(request.pairs) > 1 else f"{request.pairs[0]}: best bid and ask",
            request.target,
        )
        for request in exchange.requests_for(pairs[:3])
    ]
    most = exchange.most_levels
    few = min(_LEVELS, most)
    if most:  # none where the exchange gives no books
        book = exchange.book_request_for(first, few)
        # Where the depth cannot be chosen freely, more come than were asked for.
        routes.append((f"{first}: {counted(exchange.entries_in(book), 'level')} of its book", book.target))
        routes.append((f"{first}: {most:,} levels, the most there are", exchange.book_request_for(first, most).target))
    routes += getattr(exchange, "examples", ())
    once: dict[str, str] = {}
    for what, target in routes:
        once.setdefault(target, what)
    return [(what, target) for target, what in once.items()]


def _asked(pairs: int) -> str:
    return f"{pairs} markets in one body"
