"""Seconds and bytes inside, words at the edge: ``"50ms"`` is read and printed here and nowhere else."""

from __future__ import annotations

import re
from decimal import Decimal

_DURATION = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([A-Za-zµ]*)")


def seconds_from(text: str) -> float:
    """Read a duration with its unit: ``20ms``, ``1.5s``, ``500us``, ``2min``. ``0`` needs none.

    Raises:
        ValueError: with a sentence that names the expected form.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match and match[2] in _DURATION:
        return float(match[1]) * _DURATION[match[2]]
    if match and not match[2] and float(match[1]) == 0:
        return 0.0
    raise ValueError(f"expected a duration such as 20ms, 1.5s or 500us, found {text!r}")


def text_from_seconds(seconds: float) -> str:
    """Print a duration in the unit that reads best, with three significant digits: ``23.4 ms``."""
    if seconds == 0:
        return "0 ms"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        # 0.9995: what would round up to a thousand of the smaller unit is one of this unit.
        if abs(seconds) >= 0.9995 * scale or unit == "µs":
            value = seconds / scale
            digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
            return f"{value:.{digits}f} {unit}"
    raise AssertionError("unreachable")


def bytes_from(text: str) -> int:
    """Read a size such as ``4MiB``, ``500KB`` or ``1024``.

    Raises:
        ValueError: with a sentence that names the expected form.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match and (not match[2] or match[2] in _SIZE):
        return int(float(match[1]) * _SIZE.get(match[2], 1))
    raise ValueError(f"expected a size such as 4MiB, 500KB or 1024, found {text!r}")


def counted(number: int, noun: str) -> str:
    """``1 block``, ``5 blocks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def text_from_bytes(size: float) -> str:
    """Print a size in binary units: ``43.1 MiB``."""
    for unit, scale in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size:.0f} B"


def text_from_price(text: str) -> str:
    """An exact price without the zeros that an exchange pads it with, two decimals at least: ``91191.50``."""
    whole, _, decimals = f"{Decimal(text):f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def text_from_ratio(ratio: float) -> str:
    """A ratio with the digits that tell 0.98 from 1.02 and no more: ``0.98``, ``3.25``, ``18.3``."""
    return f"{ratio:.2f}" if ratio < 9.995 else f"{ratio:.1f}"


def text_from_share(share: float, digits: int = 0) -> str:
    """A share in percent, with the space that belongs before the sign: ``81 %``."""
    return f"{100 * share:.{digits}f} %"
