"""Back-off: how long an exchange is left alone after it brought nothing.

Law: never shorter than the exchange asked for, up to a cap; otherwise drawn evenly between nothing and a ceiling that
doubles with every failure in a row, up to a cap (M. Brooker, Exponential backoff and jitter, AWS Architecture Blog,
2015: "full jitter"). An answer ends it, unless something was refused beside it.

How it failed decides the ceiling. A request that got lost may be tried again soon. An exchange that counts, and was not
told for how long, is given longer. One that has shut us out will not change its mind within seconds, and asking it only
makes the ban longer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Final

from strategies.strategy import Failed

LONGEST_WAIT_S: Final = 3600.0
"""The longest Retry-After that is obeyed: a clock that is wrong, or a joke, may ask for a hundred years."""

_REFUSED: Final = {"rate_limited": (2.0, 120.0), "banned": (60.0, 3600.0), "blocked": (60.0, 3600.0)}
"""First and last ceiling by kind, in seconds: refusals that hold for all that is asked, whatever else was answered."""

_LOST_CAP_S: Final = 30.0

CONTENT: Final = frozenset({"unknown_symbol", "schema", "bad_value", "protocol", "too_large"})
"""Failures that may be one market's own: the rest of the exchange is asked as before."""


class Backoff:
    """One exchange's. ``base_s`` is the first ceiling after a request that got lost."""

    def __init__(self, dice: random.Random, base_s: float = 1.0) -> None:
        self._dice = dice
        self._base_s = base_s
        self.in_a_row = 0

    def wait_after(self, failures: Iterable[Failed], brought_something: bool) -> tuple[float, str] | None:
        """How long to leave the exchange alone after a batch, in seconds, and why; None: not at all."""
        failures = list(failures)
        grave = [one for one in failures if is_refusal(one)]
        if not failures or (brought_something and not grave):
            self.in_a_row = 0
            return None
        self.in_a_row += 1
        return max((self._wait(one), f"{one.kind}: {one.detail}") for one in grave or failures[:1])

    def after_bug(self, sentence: str) -> tuple[float, str]:
        """The same after the strategy itself broke."""
        self.in_a_row += 1
        return self._drawn(self._base_s, _LOST_CAP_S), sentence

    def _wait(self, failure: Failed) -> float:
        base, cap = _REFUSED.get(failure.kind, (self._base_s, _LOST_CAP_S))
        told = _told(failure)
        if told:
            # A little later than told, and not all at once: others were told the same.
            return told + self._dice.uniform(0.0, min(1.0, told / 10))
        return self._drawn(base, cap)

    def _drawn(self, base_s: float, cap_s: float) -> float:
        return self._dice.uniform(0.0, min(cap_s, math.ldexp(base_s, min(self.in_a_row - 1, 30))))


def is_refusal(failure: Failed) -> bool:
    """Whether the exchange wants to be left alone, whatever else it answered."""
    return failure.kind in _REFUSED or (failure.kind == "server" and _told(failure) > 0)


def _told(failure: Failed) -> float:
    """The Retry-After that is obeyed, 0 where none was told."""
    told = failure.retry_after
    if not isinstance(told, int | float) or not told > 0:
        return 0.0
    return min(float(told), LONGEST_WAIT_S)
