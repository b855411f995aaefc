"""Times that are an hour off.

Each is a sound value to whoever reads it: how old a price may be is for those to judge who use it, and some exchanges
send no time at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from exchanges.quote import Quote
from mock_server.fault import Fault

_HOUR_US: Final = 3_600_000_000


def _moved(by_us: int) -> Callable[[Quote], Quote]:
    return lambda quote: quote if quote.time_us is None else replace(quote, time_us=quote.time_us + by_us)


FAULTS: Final = (
    Fault("stale-time", None, "the exchange's own time an hour before", "B25", quote=_moved(-_HOUR_US)),
    Fault("future-time", None, "the exchange's own time an hour ahead", "B25", quote=_moved(_HOUR_US)),
)
