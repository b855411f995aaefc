"""Conditions of the road: how long the mock server holds a request, drawn so that every arm faces the same delays.

A Delay is a distribution. Its draw is a keyed hash of (seed, block, draws, index, attempt), where ``draws`` is the
batch's number unless ``begin`` gave another one. So neither the order in which an arm asks nor the arm itself has any
influence, and whoever knows the seed can compute every delay without the server.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from exchanges.plugins import nearest
from exchanges.units import seconds_from
from mock_server.dice import uniform

_NORMAL = NormalDist()
_Z99 = _NORMAL.inv_cdf(0.99)
_SHAPES = {"constant": 1, "uniform": 2, "lognormal": 2}
_EXPECTED = "20ms, constant:20ms, uniform:10ms,30ms or lognormal:20ms,200ms (median, p99)"


@dataclass(frozen=True, slots=True)
class Delay:
    """A distribution of delays, in seconds.

    ``constant`` has its value in ``low`` and in ``high``; ``uniform`` lies between them; ``lognormal`` has its
    median in ``low`` and its 99th percentile in ``high``. A log-normal has no upper end: one draw in a million
    exceeds about median * (p99 / median) ** 2.04.
    """

    shape: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.shape not in _SHAPES:
            raise ValueError(
                f"unknown shape of delay {self.shape!r}{nearest(self.shape, _SHAPES)}; expected {_EXPECTED}"
            )
        if not (0 <= self.low < math.inf and 0 <= self.high < math.inf):
            raise ValueError(f"expected delays of zero or more seconds, found {self.low} and {self.high}")
        if self.shape == "constant" and self.high != self.low:
            raise ValueError(f"expected one value for a constant delay, found {self.low} and {self.high}")
        if self.shape == "uniform" and self.high < self.low:
            raise ValueError(
                f"expected uniform:LOW,HIGH with LOW <= HIGH, found {self}; "
                f"try uniform:{_text(self.high)},{_text(self.low)}"
            )
        if self.shape == "lognormal" and not 0 < self.low < self.high:
            raise ValueError(
                f"expected lognormal:MEDIAN,P99 with a median above 0 and a p99 above the median, found {self}; "
                f"try lognormal:20ms,200ms, or constant:20ms for no spread"
            )

    @classmethod
    def parse(cls, text: str) -> Delay:
        """Read ``20ms``, ``constant:20ms``, ``uniform:10ms,30ms`` or ``lognormal:20ms,200ms`` (median, p99).

        Raises:
            ValueError: with a sentence that says what was expected, what was found and what to try.
        """
        shape, colon, rest = text.strip().partition(":")
        if not colon:
            shape, rest = "constant", shape
        shape = shape.strip().lower()
        if shape not in _SHAPES:
            raise ValueError(f"unknown shape of delay {shape!r}{nearest(shape, _SHAPES)}; expected {_EXPECTED}")
        parts = [part.strip() for part in rest.split(",")]
        if len(parts) != _SHAPES[shape]:
            raise ValueError(
                f"expected {_SHAPES[shape]} duration(s) for a {shape} delay, found {len(parts)} in {text!r}; "
                f"the forms are {_EXPECTED}"
            )
        for part in parts:
            if part.startswith("-"):
                raise ValueError(f"expected a delay of zero or more, found {part!r}: the server cannot answer early")
        values = [seconds_from(part) for part in parts]
        return cls(shape, values[0], values[-1])

    def __str__(self) -> str:
        if self.shape == "constant":
            return _text(self.low)
        return f"{self.shape}:{_text(self.low)},{_text(self.high)}"

    def draw(self, seed: int, block: int, draws: int, index: int | str, attempt: int = 0) -> float:
        """The delay of one request in seconds. ``index`` is its place in the plan, or any name for a stranger's."""
        if self.shape == "constant":
            return self.low
        u = uniform("delay", seed, block, draws, index, attempt)
        if self.shape == "uniform":
            return self.low + u * (self.high - self.low)
        return self.low * math.exp(_NORMAL.inv_cdf(u) / _Z99 * math.log(self.high / self.low))


def _text(seconds: float) -> str:
    """A duration that ``seconds_from`` reads back as exactly this number, in the largest unit of which it is at least
    one where that is exact, else as short as it can be."""
    if seconds == 0:
        return "0ms"
    exact = []
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        # Fifteen digits first: division leaves a tail (0.0003 / 1e-6 is 299.99999999999994) that people do not write.
        for value in (float(f"{seconds / scale:.15g}"), seconds / scale):
            text = _plain(value) + unit
            if seconds_from(text) == seconds:
                if value >= 1:
                    return text
                exact.append(text)
    return min(exact, key=len)


def _plain(number: float) -> str:
    """The number in digits, never in scientific notation."""
    text = f"{Decimal(repr(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
