"""A claim: what the benchmark found, beside what the project promises, and whether that was met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from exchanges.units import text_from_bytes, text_from_ratio, text_from_seconds

_WORDS: dict[str, Callable[[float], str]] = {
    "ratio": text_from_ratio,
    "s": text_from_seconds,
    "bytes": lambda size: "-" * (size < 0) + text_from_bytes(abs(size)),
    "share": lambda share: f"{100 * share:.1f} %",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """``value`` should be at most ``limit``, or at least where ``at_least``. ``unit`` is ratio, s (seconds), bytes or
    share (a fraction, shown as per cent)."""

    name: str
    value: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        words = _WORDS[self.unit]
        bound = f"{'at least' if self.at_least else 'at most'} {words(self.limit)}"
        verdict = "met" if self.met else f"missed by {words(abs(self.value - self.limit))}"
        return f"{self.name}: {words(self.value)} (target: {bound}): {verdict}"

    def plain(self) -> dict[str, Any]:
        """As plain values, in seconds and bytes."""
        return {**asdict(self), "met": self.met}
