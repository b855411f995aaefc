"""The routes of an exchange that the page shows, each with an example that can be clicked.

They come from the client half of the exchange, so none is written down twice; an exchange that serves more says so in
an optional attribute ``examples``, pairs of what it is and a target.
"""

from __future__ import annotations

from exchanges.exchange import Exchange

_LEVELS = 5


def routes_of(exchange: Exchange) -> list[tuple[str, str]]:
    """What each route is, and a target that the server half answers; every target once."""
    pairs = [instrument.pair for instrument in exchange.instruments]
    first = pairs[0]
    routes = [(f"{first}: best bid and ask", exchange.request_for(first).target)]
    routes += [
        (
            _asked(len(request.pairs)) if len(request.pairs) > 1 else f"{request.pairs[0]}: best bid and ask",
            request.target,
        )
        for request in exchange.requests_for(pairs[:3])
    ]
    every = exchange.market_request()
    if every is not None:
        routes.append(("every market in one body", every.target))
    routes.append((f"{first}: {_LEVELS} levels of its book", exchange.book_request_for(first, _LEVELS).target))
    most = exchange.most_levels
    routes.append((f"{first}: {most:,} levels, the most there are", exchange.book_request_for(first, most).target))
    routes += getattr(exchange, "examples", ())
    once: dict[str, str] = {}
    for what, target in routes:
        once.setdefault(target, what)
    return [(what, target) for target, what in once.items()]


def _asked(pairs: int) -> str:
    return f"{pairs} markets in one body"
