"""How old a price may be when it is used.

Law: a quote whose exchange time lies further than ``MOST_AGE_S`` from the exchange's clock at that moment, before it or
ahead of it, is ``stale``: no best price and no arbitrage is made of it.

Both times are the exchange's own, so that a wrong clock of this machine ages nothing against the mock: there the clock
is the market's epoch and the time since ``begin`` (``mock_server.market.time_us_at``). A real exchange keeps the time
of day: what it said is to be held against that. A quote without a time is not judged: nobody can tell its age.
"""

from __future__ import annotations

from typing import Final

from exchanges.quote import Quote
from exchanges.units import text_from_seconds

MOST_AGE_S: Final = 30.0
"""Seconds. Prices move by a taker fee in about as long; a sound answer is a second old at most, or as old as the batch
that brought it."""


def why_stale(quote: Quote, now_us: int) -> str | None:
    """Why a quote is too old, or from too far ahead, to be used when its exchange's clock says ``now_us`` (whole
    microseconds since 1970, UTC), in a sentence; None where it is neither, or has no time."""
    if not isinstance(quote.time_us, int):
        return None
    age_s = (now_us - quote.time_us) / 1e6
    if abs(age_s) <= MOST_AGE_S:
        return None
    off, most = text_from_seconds(abs(age_s)), text_from_seconds(MOST_AGE_S)
    side = "behind" if age_s > 0 else "ahead of"
    said = f"stale, its time is {off} {side} the exchange's clock, at most {most} are allowed"
    return f"{quote.exchange} {quote.pair}: {said}"
