"""How the market moves: in waves, not at all, or along a straight line that a reader can compute by hand.

    waves             coins and money go up and down, each exchange's basis wobbles, and windows are planted
    waves:5           the same waves, five times as high (the wobble and the windows are those of waves)
    still             no price ever changes
    linear:10bp/s     every price on every exchange grows by 10 basis points of its starting price each second

With ``level`` for the price at which a pair starts on an exchange, its middle ``at_s`` seconds after the start is

    waves     level * exp(n * (waves of the base - waves of the quote) + wobble) * (1 + lift of a window)
    still     level
    linear    level * (1 + slope * at_s)

and never less than the exchange's price step. ``last`` and the sizes go on changing in all of them. (Along a line money
grows as coins do, so that what is converted through it is soon out of line; in waves it never is.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import seconds_from

FORMS: Final = "waves, waves:5, still or linear:10bp/s"
_KINDS: Final = ("waves", "still", "linear")
_MOST_WAVES: Final = 100.0
_STEEPEST: Final = 10_000.0
_LONGEST_HOLD_S: Final = 86_400.0
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Motion:
    """``waves`` is by how much the usual waves are multiplied (0: there are none, no wobble and no window either);
    ``slope_bp`` by how many basis points of its starting price every price grows in a second."""

    waves: float = 1.0
    slope_bp: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Motion:
        """Read ``waves``, ``waves:5``, ``still`` or ``linear:10bp/s``. Raises ValueError, with a sentence."""
        kind, colon, size = text.strip().partition(":")
        if kind == "waves" and not colon:
            return cls()
        if kind == "still" and not colon:
            return cls(0.0)
        if kind == "waves" and _NUMBER.fullmatch(size):
            times = float(size)
            if not 0 < times <= _MOST_WAVES:
                none = "; still has no waves" if times == 0 else ""
                raise ValueError(f"expected waves above 0 and up to {_MOST_WAVES:g} times as high, found {size}{none}")
            return cls(times)
        if kind == "linear" and size.endswith("bp/s") and _NUMBER.fullmatch(size.removesuffix("bp/s")):
            slope = float(size.removesuffix("bp/s"))
            if abs(slope) > _STEEPEST:
                raise ValueError(f"expected at most {_STEEPEST:,.0f} basis points a second, found {size}")
            return cls(0.0, slope)
        hint = nearest(kind, _KINDS) if kind not in _KINDS else ""
        raise ValueError(f"expected {FORMS} as the market's motion, found {safe(text, 40)!r}{hint}")

    def __str__(self) -> str:
        if self.waves:
            return "waves" if self.waves == 1 else f"waves:{_digits(self.waves)}"
        return f"linear:{_digits(self.slope_bp)}bp/s" if self.slope_bp else "still"


def _digits(number: float) -> str:
    """A number as ``parse`` reads it, without an exponent."""
    return f"{number:.9f}".rstrip("0").rstrip(".")


WAVES: Final = Motion()


def hold_from(given: Any) -> float:
    """Where the market's clock is to stand still, in seconds since its start. Raises ValueError, with a sentence."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= _LONGEST_HOLD_S:
        raise ValueError(
            f"expected seconds from 0 to {_LONGEST_HOLD_S:,.0f}, or null, as hold (where the market's clock stands), "
            f"found {safe(repr(given), 40)}"
        )
    return float(given)


def held(text: str | None) -> float | None:
    """The same from words such as ``3.2s``; None for a clock that runs. Raises ValueError, with a sentence."""
    return None if text is None else hold_from(seconds_from(text))
