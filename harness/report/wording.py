"""Numbers in words, the same in tables, charts and sentences."""

from __future__ import annotations

import math
from typing import Final

from exchanges.units import text_from_ratio, text_from_seconds

NONE: Final = "–"
"""What stands where there is no number."""


def duration(seconds: float | None) -> str:
    return NONE if seconds is None else text_from_seconds(seconds)


def tick(seconds: float) -> str:
    """A duration on an axis: no more digits than it has (``20 ms``)."""
    if seconds == 0:
        return "0"
    scale, unit = (1.0, "s") if seconds >= 0.9995 else (1e-3, "ms") if seconds >= 0.9995e-3 else (1e-6, "µs")
    return f"{seconds / scale:.4g} {unit}"


def times(ratio: float | None) -> str:
    """How many times as fast, or as long: two decimals below 10, one above (``17.1×``)."""
    return NONE if ratio is None else f"{text_from_ratio(ratio)}×"


def times_interval(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"{text_from_ratio(low)}–{text_from_ratio(high)}×"


def duration_interval(low: float | None, high: float | None) -> str:
    """Both ends in the unit of the larger: ``60.1–63.0 ms``."""
    if low is None or high is None:
        return NONE
    number, _, unit = text_from_seconds(high).rpartition(" ")
    scale = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}.get(unit, 1.0)
    digits = len(number.partition(".")[2])
    return f"{low / scale:.{digits}f}–{number} {unit}"


def percent(share: float | None, digits: int = 0) -> str:
    return NONE if share is None else f"{share * 100:.{digits}f} %"


def share_of(share: float) -> str:
    """A share that may be tiny, with two significant digits: ``0.00085 %``."""
    if 0 < share * 100 < 1:
        return f"{share * 100:.{1 - math.floor(math.log10(share * 100))}f} %"
    return percent(share, 1)


def signed_percent(share: float) -> str:
    """A small difference: ``+1.2 %``."""
    text = f"{share * 100:+.1f} %".replace("-", "−")
    return text if text[1:] != "0.0 %" else "0.0 %"


def count(number: float | None) -> str:
    return NONE if number is None else f"{number:,.0f}"


def listing(names: list[str], most: int = 3) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 4 more``."""
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
