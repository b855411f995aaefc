"""Numbers in words, the same in tables, charts and sentences."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

from exchanges.units import text_from_price, text_from_ratio, text_from_seconds, text_from_share

NONE: Final = "–"
"""What stands where there is no number."""
_UNIT: Final = re.compile(r"(?<=[0-9]) (?=(?:%|×|[µm]?s|[KMGT]i?B|B)(?!\w))")
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_WRITTEN_OUT: Final = 30
"""No price has more digits than this before or after its point."""
_LARGEST_EXPONENT: Final = 60
_AGES: Final = ((99.5e3, 1e3, 0, "ms"), (9.95e6, 1e6, 1, "s"), (99.5e6, 1e6, 0, "s"), (99.5 * 60e6, 60e6, 0, "min"))
"""Below how many microseconds an age is told in which unit, and with how many digits."""


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


def unbroken(text: str) -> str:
    """The text with no-break spaces between numbers and their units."""
    return _UNIT.sub(_NO_BREAK, text)


def percent(share: float | None, digits: int = 0) -> str:
    return NONE if share is None else text_from_share(share, digits)


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


def extent(values: Sequence[float], write: Callable[[float], str]) -> str:
    """What one value or more lie between: ``50.0 ms to 70.0 ms``, or what they all come out as."""
    return " to ".join(dict.fromkeys((write(min(values)), write(max(values)))))


def not_told_from(names: list[str]) -> str:
    """What stands behind whoever shares a place: ``, not told from a and b``; nothing behind who has it alone."""
    return f", not told from {listing(names)}" if names else ""


def listing(names: list[str], most: int = 3) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 4 more``."""
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def exact_price(text: str) -> str:
    """A price as the console shows it. An exponent, which a very small Decimal prints itself with, is written out; what
    is no price stays as it is."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        return text
    return text_from_price(f"{price:f}") if price.is_finite() and abs(price.adjusted()) <= _WRITTEN_OUT else text


def exact(text: str) -> Fraction | None:
    """A decimal as a number; None where it is none, or out of this world."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return Fraction(number) if number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def minus(text: str) -> str:
    """A number that was written already, with a minus sign that can be told from a hyphen."""
    return text.replace("-", "−")


def age_text(age_us: float) -> str:
    """How old something is, as short as it tells: ``28 ms``, ``0.3 s``, ``12 s``, ``4 min``, ``2 h``. live.js writes
    ages in the same way."""
    age_us = max(0.0, age_us)
    for limit, scale, digits, unit in _AGES:
        if age_us < limit:
            return f"{age_us / scale:.{digits}f} {unit}"
    return f"{age_us / 3600e6:.0f} h"
