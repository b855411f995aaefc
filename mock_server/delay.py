"""A delay: one distribution, its words, and its draws.

A draw is a keyed hash of (seed, block, draws, index,
attempt), where ``draws`` is the batch's number unless ``begin`` gave another one. So neither the order in which an
arm asks nor the arm itself has any influence, and whoever knows the seed can compute every delay without the server.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from decimal import Decimal

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import seconds_from
from mock_server.dice import uniform
from mock_server.distribution import SHAPES, Values, interpolated

_QUANTILES = "quantiles"
_MOST_QUANTILES = 201
_NAMES = (*SHAPES, _QUANTILES)
EXPECTED = f"20ms, {', '.join(shape.form for shape in SHAPES.values())}, quantiles:0=10ms,50=20ms,100=90ms"


@dataclass(frozen=True, slots=True)
class Delay:
    """A distribution of delays. ``values`` are seconds: those of the shape (see ``distribution.SHAPES``), or for
    ``quantiles`` one for each of ``percents``, which rise from 0 to 100.

    Raises:
        ValueError: with a sentence that says what was expected, what was found and what to try.
    """

    shape: str
    values: Values
    percents: Values = ()

    def __post_init__(self) -> None:
        if self.shape not in _NAMES:
            raise ValueError(
                f"unknown shape of delay {safe(self.shape, 40)!r}{nearest(self.shape, _NAMES)}; expected {EXPECTED}"
            )
        if not all(0 <= value < math.inf for value in self.values):
            raise ValueError(f"expected delays of zero or more seconds, found {self.values}")
        if self.shape == _QUANTILES:
            _check_quantiles(self.percents, self.values)
            return
        shape = SHAPES[self.shape]
        if len(self.values) != shape.count or self.percents:
            raise ValueError(
                f"expected {shape.count} duration(s) for a {self.shape} delay, found {len(self.values)}; "
                f"the forms are {EXPECTED}"
            )
        wanted = shape.refused(self.values)
        if wanted is not None:
            raise ValueError(f"expected a {self.shape} delay with {wanted}, found {self}; try {self._suggestion()}")

    @classmethod
    def constant(cls, seconds: float) -> Delay:
        return cls("constant", (seconds,))

    @classmethod
    def parse(cls, text: str) -> Delay:
        """Read ``20ms``, ``constant:20ms``, ``uniform:10ms,30ms``, ``normal:20ms,5ms`` (mean, standard deviation),
        ``lognormal:20ms,200ms`` or ``pareto:20ms,200ms`` (median, p99), or ``quantiles:0=10ms,50=20ms,100=90ms``.

        Raises:
            ValueError: with a sentence that says what was expected, what was found and what to try.
        """
        shape, colon, rest = text.strip().partition(":")
        if not colon:
            shape, rest = "constant", shape
        shape = shape.strip().lower()
        if shape not in _NAMES:
            raise ValueError(f"unknown shape of delay {safe(shape, 40)!r}{nearest(shape, _NAMES)}; expected {EXPECTED}")
        parts = [part.strip() for part in rest.split(",")]
        percents: Values = ()
        if shape == _QUANTILES:
            percents, parts = _points_from(parts)
        elif len(parts) != SHAPES[shape].count:
            raise ValueError(
                f"expected {SHAPES[shape].count} duration(s) for a {shape} delay, found {len(parts)} in "
                f"{safe(text)!r}; the forms are {EXPECTED}"
            )
        for part in parts:
            if part.startswith("-"):
                raise ValueError(f"expected a delay of zero or more, found {part!r}: the server cannot answer early")
        return cls(shape, tuple(seconds_from(part) for part in parts), percents)

    def __str__(self) -> str:
        if self.shape == "constant":
            return _text(self.values[0])
        words = [_text(value) for value in self.values]
        if self.percents:
            words = [f"{_plain(percent)}={word}" for percent, word in zip(self.percents, words, strict=True)]
        return f"{self.shape}:{','.join(words)}"

    def quantile(self, u: float) -> float:
        """The delay in seconds below which the share ``u`` of all delays lies, for 0 < u < 1."""
        if self.percents:
            return interpolated(self.percents, self.values, u)
        return SHAPES[self.shape].quantile(self.values, u)

    def draw(self, seed: int, block: int, draws: int, index: int | str, attempt: int = 0) -> float:
        """The delay of one request in seconds. ``index`` is its place in the plan, or any name for a stranger's."""
        if self.shape == "constant":
            return self.values[0]
        return self.quantile(uniform("delay", seed, block, draws, index, attempt))

    def _suggestion(self) -> str:
        if self.shape == "uniform":
            return str(Delay(self.shape, self.values[::-1]))
        return SHAPES[self.shape].form + ", or constant:20ms for no spread"


def _points_from(parts: list[str]) -> tuple[Values, list[str]]:
    percents, durations = [], []
    for part in parts:
        percent, equals, duration = part.partition("=")
        try:
            percents.append(float(percent))
        except ValueError:
            equals = ""
        if not equals:
            raise ValueError(f"expected PERCENT=DURATION such as 50=20ms, found {safe(part, 40)!r}")
        durations.append(duration.strip())
    return tuple(percents), durations


def _check_quantiles(percents: Values, values: Values) -> None:
    if not 2 <= len(percents) == len(values) <= _MOST_QUANTILES:
        raise ValueError(
            f"expected 2 to {_MOST_QUANTILES} quantiles, found {len(percents)} percents and {len(values)} delays"
        )
    if percents[0] != 0 or percents[-1] != 100 or not all(a < b for a, b in itertools.pairwise(percents)):
        raise ValueError("expected quantiles whose percents rise from 0 to 100, such as 0=10ms,50=20ms,100=90ms")
    if any(b < a for a, b in itertools.pairwise(values)):
        raise ValueError("expected quantiles that never fall, such as 0=10ms,50=20ms,100=90ms")


def _text(seconds: float) -> str:
    """A duration that ``seconds_from`` reads back as exactly this number, in as few digits as that takes; among
    those in the largest unit of which it is at least one, else as short as it can be."""
    if seconds == 0:
        return "0ms"
    exact = []
    for order, (unit, scale) in enumerate((("s", 1.0), ("ms", 1e-3), ("us", 1e-6))):
        # Fifteen digits first: division leaves a tail (0.0003 / 1e-6 is 299.99999999999994) that people do not write.
        for value in (float(f"{seconds / scale:.15g}"), seconds / scale):
            text = _plain(value)
            # Reading multiplies, so that 13.062ms is not 0.013062 s, but 13062us is: another unit, and not more digits.
            if seconds_from(text + unit) == seconds:
                digits = len(text.replace(".", "").strip("0"))
                exact.append((digits, value < 1, order if value >= 1 else len(text), text + unit))
    return min(exact)[-1]


def _plain(number: float) -> str:
    """The number in digits, never in scientific notation."""
    text = f"{Decimal(repr(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
